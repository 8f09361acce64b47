//! A hash knows its secret, and nothing else of it is told.

use super::*;

/// SHA-256 of `abc`, as the standard gives it.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

#[test]
fn only_the_secret_itself_is_known() {
    let hash = SecretHash::of("abc");
    for (presented, known) in [("abc", true), ("abd", false), ("ab", false), ("", false)] {
        assert_eq!(hash.is_of(presented), known, "{presented}");
    }
    assert!(!hash.is_of(ABC), "the hash opens nothing");
}

#[test]
fn its_text_form_is_read_back() {
    let hash = SecretHash::of("abc");
    assert_eq!(hash.to_string(), ABC);
    assert_eq!(ABC.parse(), Ok(hash));
    assert_eq!(ABC.to_uppercase().parse(), Ok(hash));
    let json = serde_json::to_string(&hash).unwrap();
    assert_eq!(json, format!("\"{ABC}\""));
    assert_eq!(serde_json::from_str::<SecretHash>(&json).unwrap(), hash);
}

#[test]
fn what_is_no_hash_is_refused() {
    let long = format!("{ABC}00");
    let sign = format!("+{}", &ABC[1..]);
    let wide = "é".repeat(32);
    for text in ["", "abc", &ABC[1..], &long, &sign, &wide] {
        assert_eq!(text.parse::<SecretHash>(), Err(SecretHashError), "{text}");
    }
}

#[test]
fn it_is_not_shown() {
    let shown = format!("{:?}", SecretHash::of("abc"));
    assert!(!shown.contains("ba78"), "{shown}");
}
