//! Which containers are a measurement's.

use std::path::Path;

use super::matching;

#[test]
fn only_containers_of_the_folder_are_taken() {
    let listing = "a1 /t/bench-lifecycle/home/attempts/1/1\n\
                   b2 /t/bench-lifecycle-2/home/attempts/1/1\n\
                   c3 /home/me/.local/state/deckhands/attempts/1/1\n\
                   d4 /t/bench-lifecycle\n\
                   e5 \n\
                   f6";
    assert_eq!(
        matching(listing, Path::new("/t/bench-lifecycle")),
        ["a1", "d4"]
    );
    assert!(matching("", Path::new("/t")).is_empty());
}
