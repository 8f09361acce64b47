//! Which failures of the output count, and what they come to.

use std::fs::File;

use super::*;

/// A device that is always full.
fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

#[test]
fn data_that_was_lost_is_an_error() {
    let stdout = Stdout::new();
    stdout.write(full(), b"x");
    for (code, expected) in [(0, 3), (1, 1), (2, 2), (130, 130)] {
        let (code, lost) = stdout.settled(code);
        assert_eq!(code, expected);
        let lost = lost.unwrap().0;
        let message = "cannot write to stdout: No space left on device";
        assert!(lost.message.starts_with(message), "{}", lost.message);
        assert!(lost.causes.is_empty() && lost.hint.is_some());
    }
}

#[test]
fn what_is_lost_stays_lost_when_later_data_arrives() {
    let stdout = Stdout::new();
    stdout.write(full(), b"x");
    stdout.write(Vec::new(), b"x");
    assert_eq!(stdout.settled(0).0, 3);
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let stdout = Stdout::new();
    let (reader, writer) = io::pipe().unwrap();
    drop(reader);
    stdout.write(writer, b"x");
    let (code, lost) = stdout.settled(0);
    assert_eq!((code, lost.is_none()), (0, true));
}

#[test]
fn what_nobody_reads_any_more_is_told() {
    let (reader, writer) = io::pipe().unwrap();
    for kind in [ErrorKind::BrokenPipe, ErrorKind::StorageFull] {
        let out = Stdout::new();
        out.keep(Ok(()));
        assert!(!out.is_closed(&writer));
        out.keep(Err(kind.into()));
        assert!(out.is_closed(&writer), "{kind:?}");
    }
    let out = Stdout::new();
    assert!(!out.is_closed(&writer) && !out.is_closed(full()));
    drop(reader);
    assert!(out.is_closed(&writer), "nothing was printed");
}
