//! How far the limit of open files is raised.

use super::*;

#[test]
fn a_limit_is_raised_as_far_as_it_may_and_never_lowered() {
    let rows = [
        ((Some(1024), Some(1_048_576)), Some(WANTED)),
        ((Some(1024), None), Some(WANTED)),
        ((Some(1024), Some(2000)), Some(2000)),
        ((Some(2000), Some(2000)), None),
        ((Some(WANTED), None), None),
        ((Some(20_000), Some(20_000)), None),
        ((None, None), None),
    ];
    for ((current, maximum), expected) in rows {
        let limit = Rlimit { current, maximum };
        let seen = raised(limit);
        assert_eq!(seen.and_then(|limit| limit.current), expected, "{limit:?}");
        assert!(seen.is_none_or(|limit| limit.maximum == maximum));
    }
}
