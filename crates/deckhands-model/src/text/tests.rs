//! Which texts are tasks.

use super::*;

#[test]
fn a_text_is_taken_as_it_is() {
    for text in [
        "fix it",
        "  padded \n",
        "a\r\nb\tc",
        "Grüße ✓",
        "\u{feff}fix it",
    ] {
        assert_eq!(TaskText::try_new(text).unwrap().as_str(), text);
    }
}

#[test]
fn what_is_no_task() {
    let rows = [
        ("", TaskTextError::Empty),
        (" \t\r\n\u{a0}\u{2003}", TaskTextError::Empty),
        ("\u{feff}", TaskTextError::Empty),
        ("\u{feff}\r\n\u{200b}\u{200d}\u{2060}", TaskTextError::Empty),
        ("\0", TaskTextError::Nul { offset: 0 }),
        ("fix\0it\0", TaskTextError::Nul { offset: 3 }),
        ("ü\0", TaskTextError::Nul { offset: 2 }),
    ];
    for (text, error) in rows {
        assert_eq!(TaskText::try_new(text), Err(error), "{text:?}");
    }
}

#[test]
fn the_bound_is_4_mib_and_counts_bytes() {
    let most = "x".repeat(4 * 1024 * 1024);
    assert!(TaskText::try_new(most.clone()).is_ok());
    let error = TaskText::try_new(most + "x").unwrap_err();
    assert_eq!(error, TaskTextError::TooLong { bytes: 4_194_305 });
    assert_eq!(
        error.to_string(),
        "the task text has 4194305 bytes, more than the 4194304 allowed"
    );
    let wide = "ü".repeat(2 * 1024 * 1024 + 1);
    assert_eq!(
        TaskText::try_new(wide),
        Err(TaskTextError::TooLong { bytes: 4_194_306 })
    );
}
