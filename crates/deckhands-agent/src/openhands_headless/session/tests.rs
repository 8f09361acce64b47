//! Vectors from real sessions, and the shape of every id.

use proptest::prelude::*;

use super::session_id;

#[test]
fn the_names_of_real_sessions_give_their_ids() {
    assert_eq!(session_id("demo"), "demo-a27b58493dc291d0edbf9d10190");
    let name = "5c5c5c5c5c5c4c5c9c5c5c5c5c5c5c5c-1";
    assert_eq!(session_id(name), "5c5c5c5c5c5c4c5c-5859a6a81300697");
}

#[test]
fn long_names_are_cut_and_still_differ() {
    let one = session_id("0123456789abcdef0123456789abcdef-1");
    let two = session_id("0123456789abcdef0123456789abcdef-2");
    assert!(one.starts_with("0123456789abcdef-"), "{one}");
    assert_ne!(one, two);
}

proptest! {
    #[test]
    fn always_32_characters(name in "[a-z0-9-]{1,64}") {
        prop_assert_eq!(session_id(&name).len(), 32);
    }
}
