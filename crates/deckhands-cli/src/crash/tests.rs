//! What a panic is told as.

use super::*;

#[test]
fn a_bug_says_where_its_report_is() {
    let told = error(Path::new("/tmp/report.txt")).0;
    assert_eq!(told.code, 4);
    assert!(told.hint.is_some_and(|hint| hint.contains("/tmp/report.txt") && hint.contains("deckhands reap")));
}
