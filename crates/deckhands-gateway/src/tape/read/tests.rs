//! Tapes as files may have them: whole, cut, damaged, foreign.

use super::*;

const FIRST: &str = r#"{"tape":{"version":1}}"#;

/// A call with this answer, written by hand as the module's page has it.
fn call(number: u64, body: &str) -> String {
    format!(
        r#"{{"call":{{"number":{number},"asked":{{"messages":2,"messages_sha256":"00"}},"answer":{{"status":200,"body":"{body}"}}}}}}"#
    )
}

fn read(text: &str) -> Result<Tape, TapeError> {
    Tape::of(text.as_bytes())
}

/// The bodies on a tape.
fn bodies(tape: Tape) -> Vec<String> {
    let text = |call: CallLine| String::from_utf8(call.into_answer().body.to_vec()).unwrap();
    tape.calls.into_iter().map(text).collect()
}

#[test]
fn whole_tapes_are_read_in_their_order() {
    let (one, two) = (call(1, "one"), call(2, "two"));
    let full = r#"{"full":{"bytes":67108864}}"#;
    let rows = [
        (format!("{FIRST}\n{one}\n{two}\n"), TapeEnd::Whole),
        (format!("{FIRST}\r\n{one}\r\n{two}\r\n"), TapeEnd::Whole),
        (format!("{FIRST}\n\n{one}\n{two}\n \n\n"), TapeEnd::Whole),
        // An editor took the last line end away.
        (format!("{FIRST}\n{one}\n{two}"), TapeEnd::Whole),
        (format!("{FIRST}\n{one}\n{two}\n{full}\n"), TapeEnd::Full),
    ];
    for (text, end) in rows {
        let tape = read(&text).unwrap();
        assert_eq!((tape.calls(), tape.end()), (2, end), "{text}");
        assert_eq!(bodies(tape), ["one", "two"]);
    }
}

#[test]
fn wherever_the_last_line_is_cut_all_whole_lines_count() {
    let (one, two) = (call(1, "one"), call(2, "two"));
    let before = format!("{FIRST}\n{one}\n");
    for cut in 1..two.len() {
        let tape = read(&format!("{before}{}", &two[..cut])).unwrap();
        assert_eq!(tape.end(), TapeEnd::Cut, "cut after {cut} bytes");
        assert_eq!(bodies(tape), ["one"]);
    }
}

#[test]
fn fields_of_later_versions_are_passed_over_within_one_version() {
    let first = r#"{"tape":{"version":1,"by":"deckhands 9"}}"#;
    let call = r#"{"call":{"number":1,"asked":{"messages":2,"messages_sha256":"00","more":[1]},"answer":{"status":200,"body":"one","more":{}},"more":null}}"#;
    assert_eq!(
        bodies(read(&format!("{first}\n{call}\n")).unwrap()),
        ["one"]
    );
}

#[test]
fn what_is_no_tape_is_told_by_kind() {
    let one = call(1, "one");
    let rows: Vec<(String, &str)> = vec![
        (String::new(), "Empty"),
        ("\n\r\n".to_owned(), "Empty"),
        (FIRST.to_owned(), "Empty"),
        (format!("{FIRST}\n"), "Empty"),
        (FIRST[..10].to_owned(), "Empty"),
        (format!("{FIRST}\n{}", &one[..20]), "Empty"),
        ("hello".to_owned(), "NotATape"),
        ("hello\n".to_owned(), "NotATape"),
        (format!("{one}\n"), "NotATape"),
        ("[{\"role\":\"user\"}]\n".to_owned(), "NotATape"),
        (r#"{"tape":{"version":0}}"#.to_owned(), "NotATape"),
        (r#"{"tape":{}}"#.to_owned(), "NotATape"),
        (
            format!("{{\"tape\":{{\"version\":2}}}}\n{one}\n"),
            "Newer { version: 2, known: 1 }",
        ),
        (
            format!("{FIRST}\n{}\n{one}\n", &one[..20]),
            "Damaged { line: 2",
        ),
        (
            format!("{FIRST}\n{one}\n{}\n", &one[..20]),
            "Damaged { line: 3",
        ),
        (
            format!("{FIRST}\n{one}\n\n{{\"other\":1}}\n{one}"),
            "Damaged { line: 4",
        ),
        (format!("{FIRST}\n{one}\n{FIRST}\n"), "Damaged { line: 3"),
    ];
    for (text, kind) in rows {
        let error = format!("{:?}", read(&text).unwrap_err());
        assert!(error.starts_with(kind), "{text:?} gave {error}");
    }
}

#[test]
fn bytes_that_are_no_text_are_damage() {
    let mut bytes = format!("{FIRST}\n{}\n", call(1, "one")).into_bytes();
    bytes.extend(b"\xff\xfe\n");
    let error = Tape::of(&bytes[..]).unwrap_err();
    assert!(
        matches!(error, TapeError::Damaged { line: 3, .. }),
        "{error:?}"
    );
    let error = Tape::of(&b"\x7fELF\x02\x01\n"[..]).unwrap_err();
    assert!(matches!(error, TapeError::NotATape), "{error:?}");
}

#[test]
fn files_are_told_apart_by_what_keeps_them_from_being_read() {
    let folder = tempfile::tempdir().unwrap();
    let absent = Tape::read(folder.path().join("absent")).unwrap_err();
    assert!(matches!(absent, TapeError::NotFound), "{absent:?}");
    let directory = Tape::read(folder.path()).unwrap_err();
    assert!(matches!(directory, TapeError::Read { .. }), "{directory:?}");

    let huge = folder.path().join("huge");
    // It takes no room: nothing is in it.
    File::create(&huge).unwrap().set_len((1 << 30) + 1).unwrap();
    let error = Tape::read(&huge).unwrap_err();
    let words = "the recording has 1073741825 bytes, and at most 1073741824 are read";
    assert_eq!(error.to_string(), words);
}

#[test]
fn debug_shows_no_answer() {
    let tape = read(&format!("{FIRST}\n{}\n", call(1, "one"))).unwrap();
    assert_eq!(format!("{tape:?}"), "Tape { calls: 1, end: Whole }");
}
