//! A file that can't be written.

use bytes::Bytes;
use deckhands_model::Usage;

use super::*;
use crate::tape::TapedAnswer;

fn call() -> TapedCall {
    TapedCall {
        request: Bytes::from_static(b"{}"),
        answer: TapedAnswer {
            status: 200,
            content_type: None,
            cost: None,
            body: Bytes::new(),
        },
        served: None,
        usage: Usage::default(),
    }
}

#[test]
fn a_failure_ends_the_recording_and_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calls.jsonl");
    let mut writer = Writer::open(&path, 1 << 20).unwrap();
    let veil = Veil::over([]);
    writer.write(call(), &veil);
    let good = writer.written;
    assert_eq!(good.calls, 1);

    // Open for reading only: every write fails.
    writer.file = File::open(&path).unwrap();
    writer.write(call(), &veil);
    writer.write(call(), &veil);
    let error = writer.close().unwrap_err();
    assert!(matches!(error, TapeError::Write { .. }), "{error:?}");
    let left = Recorded {
        left_out: 2,
        ..good
    };
    assert_eq!(writer.close().unwrap(), left);
    assert_eq!(std::fs::metadata(&path).unwrap().len(), good.bytes);
}

#[test]
fn whatever_the_bound_is_it_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let veil = Veil::over([]);
    // From one that takes the first and the last line to one that takes two calls.
    for most in 60..600 {
        let path = folder.path().join(most.to_string());
        let mut writer = Writer::open(&path, most).unwrap();
        for _ in 0..4 {
            writer.write(call(), &veil);
        }
        let written = writer.close().unwrap();
        assert!(written.bytes <= most, "{written:?} within {most}");
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(u64::try_from(text.len()).unwrap(), written.bytes);
        assert!(text.ends_with(&format!("\n{{\"full\":{{\"bytes\":{most}}}}}\n")));
    }
}
