//! Texts that pass and fail each rule.

use super::{EXCEPTIONS, FORBIDDEN_RUST, FORBIDDEN_TEXT, check_rust, check_text};

const PATH: &str = "crates/deckhands-model/src/lib.rs";

#[test]
fn a_plain_file_passes() {
    let text = "//! What it is for.\n\npub fn answer() -> u8 {\n    42\n}\n";
    assert_eq!(check_rust(PATH, text), Vec::<String>::new());
    assert_eq!(check_text(text), Vec::<String>::new());
}

#[test]
fn every_file_says_what_it_is_for() {
    assert_eq!(
        check_rust(PATH, "fn main() {}\n"),
        ["does not begin with `//!`"]
    );
    assert_eq!(check_rust(PATH, ""), ["does not begin with `//!`"]);
}

#[test]
fn modules_are_named_after_themselves() {
    let findings = check_rust("crates/deckhands-model/src/task/mod.rs", "//! Tasks.\n");
    assert_eq!(findings, ["is a `mod.rs`: name it after the module"]);
}

#[test]
fn forbidden_rust_is_found_with_its_line() {
    for (pattern, instead) in FORBIDDEN_RUST {
        let text = format!("//! Header.\n\n    {pattern}\n");
        assert_eq!(
            check_rust(PATH, &text),
            [format!("line 3: `{pattern}`: {instead}")]
        );
    }
    let fine =
        "//! Header.\n#[expect(dead_code, reason = \"later\")]\ntokio::time::sleep(d).await;\n";
    assert_eq!(check_rust(PATH, fine), Vec::<String>::new());
}

#[test]
fn an_exception_is_for_one_file_and_one_pattern() {
    for (path, pattern, _) in EXCEPTIONS {
        let text = format!("//! Header.\n{pattern}\n");
        assert_eq!(check_rust(path, &text), Vec::<String>::new(), "{path}");
        assert_eq!(check_rust(PATH, &text).len(), 1, "{pattern}");
        let other = FORBIDDEN_RUST.iter().find(|(other, _)| other != pattern);
        let text = format!("//! Header.\n{}\n", other.unwrap().0);
        assert_eq!(check_rust(path, &text).len(), 1, "{path}");
    }
}

#[test]
fn foreign_places_are_found() {
    for pattern in FORBIDDEN_TEXT {
        for before in ["see ", "\"", "=", "(", "../"] {
            let findings = check_text(&format!("{before}{pattern}notes"));
            let expected = format!("contains the foreign place `{pattern}`");
            assert_eq!(findings, [expected], "{before}");
        }
        for before in ["/tmp", "$CACHE", "${CACHE}"] {
            let findings = check_text(&format!("{before}{pattern}notes"));
            assert_eq!(findings, Vec::<String>::new(), "{before}");
        }
    }
    let fine = "mounted at /workspace, shared by both";
    assert_eq!(check_text(fine), Vec::<String>::new());
}

#[test]
fn only_production_lines_count() {
    let header = "//! Header.\n";
    let lines = |count: usize| "// line\n".repeat(count);
    let inline = "#[cfg(test)]\nmod tests {\n";
    let outside = "#[cfg(test)]\nmod tests;\n";
    let rows = [
        (PATH, format!("{header}{}", lines(299)), None),
        (PATH, format!("{header}{}", lines(300)), Some(301)),
        (
            PATH,
            format!("{header}{}{inline}{}", lines(299), lines(500)),
            None,
        ),
        (
            PATH,
            format!("{header}{}{outside}{}", lines(100), lines(200)),
            Some(303),
        ),
        (
            "crates/deckhands-model/src/task/tests.rs",
            format!("{header}{}", lines(500)),
            None,
        ),
        (
            "tests/it/first_run.rs",
            format!("{header}{}", lines(500)),
            None,
        ),
        (
            "crates/deckhands-model/src/test_util.rs",
            format!("{header}{}", lines(500)),
            Some(501),
        ),
    ];
    for (path, text, expected) in rows {
        let expected = expected.map(|count| format!("has {count} production lines, limit 300"));
        assert_eq!(check_rust(path, &text), Vec::from_iter(expected), "{path}");
    }
}
