//! What is refused.

use super::*;

#[test]
fn adoptable_is_refused_with_the_reason() {
    let args = |adoptable| ReapArgs {
        dry_run: false,
        all_homes: false,
        adoptable,
    };
    let error = refuse_adoptable(&args(true)).unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(error.message.contains("later version"), "{}", error.message);
    assert!(refuse_adoptable(&args(false)).is_ok());
}
