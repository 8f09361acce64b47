//! Which containers are a test's.

use super::of_tests;

#[test]
fn only_containers_of_test_homes_are_taken() {
    let listing = "a1 /tmp/deckhands-e2e-x7/home/attempts/1/1\n\
                   b2 /home/dh-e2e-42/.local/state/deckhands/attempts/1/1\n\
                   c3 /home/me/.local/state/deckhands/attempts/1/1\n\
                   d4 /tmp/deckhands-e2e\n\
                   e5 \n\
                   f6";
    assert_eq!(of_tests(listing), "a1\nb2");
    assert_eq!(of_tests(""), "");
}
