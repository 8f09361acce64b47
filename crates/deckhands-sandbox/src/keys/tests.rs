//! Keys are told apart and never shown.

use super::{RuntimeKey, SessionKey};

#[test]
fn a_key_is_the_bytes_in_hexadecimal() {
    let key = RuntimeKey::from_random([0x0f; 32]);
    assert_eq!(key.expose(), "0f".repeat(32));
    assert_eq!(
        SessionKey::from_random([0xa0; 32]).expose(),
        "a0".repeat(32)
    );
    let key = SessionKey::from_random([0xa0; 32]);
    assert_eq!(SessionKey::given_out(key.expose()), key);
}

#[test]
fn no_key_is_shown() {
    let shown = format!(
        "{:?} {:?}",
        RuntimeKey::from_random([0xab; 32]),
        SessionKey::from_random([0xab; 32])
    );
    assert_eq!(shown, "RuntimeKey(***) SessionKey(***)");
}

#[test]
fn a_hash_knows_its_own_key_alone() {
    let key = RuntimeKey::from_random([1; 32]);
    let rows = [
        (key.expose().to_owned(), true),
        (key.expose().to_uppercase() + " ", false),
        (RuntimeKey::from_random([2; 32]).expose().to_owned(), false),
        (key.expose()[1..].to_owned(), false),
        (String::new(), false),
    ];
    for (presented, known) in rows {
        assert_eq!(key.hash().is_of(&presented), known, "{presented}");
    }
}
