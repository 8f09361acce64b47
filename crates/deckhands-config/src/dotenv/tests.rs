//! The forms of a `.env`, and that nothing is expanded.

use proptest::prelude::*;

use super::*;

/// All values as `name=value`, each on its line.
fn check(text: &str) -> String {
    let lines = read(text)
        .values
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn values() {
    for (text, expected) in [
        ("A=1\n# no\n\nexport B = two", "A=1\nB=two"),
        ("A='x y' # z", "A=x y"),
        ("A=\"x\\ny\"", "A=x\ny"),
        ("A=\"one\ntwo\"\nB=3", "A=one\ntwo\nB=3"),
        ("A=1\nA=2", "A=2"),
        ("\u{feff}A=1", "A=1"),
        ("A=1\r\nB=2\r\n", "A=1\nB=2"),
        ("A=", "A="),
    ] {
        assert_eq!(check(text), expected, "{text:?}");
    }
}

#[test]
fn what_a_name_is_given_in_any_line_is_known() {
    for (text, expected) in [
        ("A=1\nexport B = 'two'", "A B"),
        ("\u{feff}A=1\r\nB=2\r\n", "A B"),
        ("A=x y", "A"),
        ("# A=x\n#B=y", "A B"),
        ("A=1\nA=", "A"),
        ("A=\"one\nB=two", "A B"),
        ("A=\"\none\"", "A"),
        ("A==x", "A"),
        ("A=$X", "A"),
        ("export A=1 B=2", "A B"),
        ("A=\nB=''\nC=\"\" # none\nD= # none\n# text", ""),
    ] {
        let given: Vec<_> = read(text).given.into_iter().collect();
        assert_eq!(given.join(" "), expected, "{text:?}");
    }
}

#[test]
fn nothing_is_expanded() {
    // `PATH` is set wherever tests run, so an expansion would show.
    for (text, expected) in [
        ("A=$PATH", "A=$PATH"),
        ("A=\"x ${PATH} y\"", "A=x ${PATH} y"),
        ("A='$PATH'", "A=$PATH"),
        ("A=\\$PATH", "A=$PATH"),
        ("A=\"\\\\$PATH\"", "A=\\$PATH"),
        ("A=1\nB=$A", "A=1\nB=$A"),
    ] {
        assert_eq!(check(text), expected, "{text:?}");
    }
}

#[test]
fn bad_lines_are_located_and_the_rest_counts() {
    for (text, line, name) in [
        ("A=1\nB=x y\nC=3", 2, Some("B")),
        ("A=1\nexport B=x y\nC=3", 2, Some("B")),
        ("A=1\n\n!!\nC=3", 3, None),
        ("A=1\nnot a line\nC=3", 2, None),
    ] {
        let got = read(text);
        assert_eq!(
            got.bad,
            [BadLine {
                line,
                name: name.map(str::to_owned)
            }],
            "{text:?}"
        );
        assert_eq!(
            got.values.keys().collect::<Vec<_>>(),
            ["A", "C"],
            "{text:?}"
        );
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[A-Z=$'\"\\\\{}\n #é]*") {
        read(&text);
    }

    #[test]
    fn a_simple_value_is_taken_as_it_is(value in "[a-zA-Z0-9$/:._{}-]{1,20}") {
        prop_assert_eq!(check(&format!("A={value}")), format!("A={value}"));
    }
}
