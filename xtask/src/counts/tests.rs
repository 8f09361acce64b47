//! Reports of both runners, word for word, against the figures they carry.

use super::{Counts, junit, libtest};

#[test]
fn junit_root_element_is_counted() {
    let rows = [
        (
            r#"<testsuites name="run" tests="7" failures="0" errors="0" time="1.0">"#,
            Some((7, 0)),
        ),
        (
            r#"<testsuites name="run" tests="7" failures="2" errors="1">"#,
            Some((4, 3)),
        ),
        (
            r#"<testsuites name="run" tests="1" failures="2" errors="0">"#,
            None,
        ),
        (r#"<testsuites name="run" failures="0" errors="0">"#, None),
        (
            r#"<testsuite name="inner" tests="7" failures="0" errors="0">"#,
            None,
        ),
        ("", None),
    ];
    for (xml, expected) in rows {
        let expected = expected.map(|(passed, failed)| Counts { passed, failed });
        assert_eq!(junit(xml), expected, "{xml}");
    }
}

#[test]
fn libtest_lines_are_summed() {
    let stdout = "running 3 tests\n\
        test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
        test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n\
        all doctests ran in 0.3s\n";
    assert_eq!(
        libtest(stdout),
        Counts {
            passed: 4,
            failed: 2
        }
    );
    assert_eq!(libtest("nothing to see"), Counts::default());
}
