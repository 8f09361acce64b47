//! Secrets do not show, and a veil finds them wherever they stand.

use super::*;

const KEY: &str = "sk-or-v1-real";
const TOKEN: &str = "0123456789abcdef";

#[test]
fn debug_shows_no_secret() {
    let shown = format!("{:?} {:?}", ProviderKey::new(KEY), SessionToken::new(TOKEN));
    assert_eq!(shown, "ProviderKey(***) SessionToken(***)");
}

#[test]
fn a_hash_matches_its_token_only() {
    let kept = SessionToken::new(TOKEN).hash();
    assert!(kept.is_of(TOKEN));
    for other in ["", "0123456789abcdeF", "0123456789abcdef0", KEY] {
        assert!(!kept.is_of(other), "{other}");
    }
}

#[test]
fn a_veil_covers_every_occurrence() {
    let quoted = "with\"quote\\s";
    let veil = Veil::over([KEY, TOKEN, quoted, "ollama", ""]);
    let rows = [
        ("nothing", "nothing"),
        ("sk-or-v1-real and sk-or-v1-real", "*** and ***"),
        ("Bearer 0123456789abcdef.", "Bearer ***."),
        ("in JSON: \"with\\\"quote\\\\s\"", "in JSON: \"***\""),
        ("with\"quote\\s", "***"),
        ("ollama is a placeholder", "ollama is a placeholder"),
    ];
    for (text, veiled) in rows {
        assert_eq!(veil.text(text.to_owned()), veiled);
        assert_eq!(veil.bytes(Bytes::from(text)), veiled);
    }
}

#[test]
fn bytes_without_a_secret_stay_the_same_even_if_they_are_no_text() {
    let bytes = Bytes::from_static(b"\xff\xfe sk-or-v1-rea");
    assert_eq!(Veil::over([KEY]).bytes(bytes.clone()), bytes);
}

#[test]
fn a_stream_hides_a_secret_that_comes_in_parts_and_holds_nothing_else_back() {
    let parts = [
        "data: sk-or-",
        "v1-re",
        "al!\n\n",
        "data: sk-or-v1-other\n\n",
        "0123456789abc",
    ];
    let mut veil = StreamVeil::new(Veil::over([KEY, TOKEN]));
    let shown: Vec<Bytes> = parts.map(|part| veil.part(Bytes::from(part))).into();
    let expected = ["data: ", "", "***!\n\n", "data: sk-or-v1-other\n\n", ""];
    assert_eq!(shown, expected);
    assert_eq!(veil.rest(), "0123456789abc");
    assert_eq!(veil.rest(), "");
}
