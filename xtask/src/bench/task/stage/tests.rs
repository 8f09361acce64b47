//! Which containers are the prototype's of this measurement.

use super::of_session;

#[test]
fn only_containers_of_the_session_are_taken() {
    let names = "openhands-runtime-dh-bench-1-0123456789abcdef01234\n\
                 openhands-runtime-dh-bench-10-0123456789abcdef0123\n\
                 dh-bench-1\n\
                 dh-bench-database\n\
                 openhands-runtime-demo-0123456789abcdef\n\
                 openhands-runtime-dh-bench-1\n\
                 my-dh-bench-1";
    let first = [
        "openhands-runtime-dh-bench-1-0123456789abcdef01234",
        "dh-bench-1",
    ];
    assert_eq!(of_session(names, Some(1)), first);
    assert_eq!(of_session(names, None).len(), 3);
    assert!(of_session(names, Some(2)).is_empty());
    assert!(of_session("", None).is_empty());
}
