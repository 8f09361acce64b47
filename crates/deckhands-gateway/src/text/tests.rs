//! What remains of a body.

use std::io;

use super::*;

fn check(body: &[u8], kept: &str) {
    let veil = Veil::over(["sk-secret-key"]);
    assert_eq!(detail(body, &veil), kept);
}

#[test]
fn a_body_becomes_plain_text() {
    check(b" plain \r\n", "plain");
    check(b"a\nb\tc\x00d\x1b[31m\x7f", "a b cd[31m");
    check(b"\xffbroken", "\u{fffd}broken");
    check(b"{\n\t\"a\": \"x\\ny\"\n}", "{  \"a\": \"x\\ny\" }");
    check(b"key sk-secret-key!", "key ***!");
    check(b"hidden sk-\x00secret\x07-key!", "hidden ***!");
}

#[test]
fn a_long_body_is_cut_between_characters_and_not_within_a_secret() {
    let veil = Veil::over(["sk-secret-key"]);
    let kept = detail("ä".repeat(GatewayFact::MAX_DETAIL).as_bytes(), &veil);
    assert_eq!(kept.len(), GatewayFact::MAX_DETAIL);
    let odd = format!("x{}", "ä".repeat(GatewayFact::MAX_DETAIL));
    assert_eq!(
        detail(odd.as_bytes(), &veil).len(),
        GatewayFact::MAX_DETAIL - 1
    );
    let edge = format!("{}sk-secret-key", "x".repeat(GatewayFact::MAX_DETAIL - 5));
    assert!(!detail(edge.as_bytes(), &veil).contains("sk-"));
}

#[test]
fn of_a_huge_body_only_the_beginning_is_read() {
    let veil = Veil::over(["sk-secret-key"]);
    // What is read shrinks to less than what is kept, and its end is within a secret.
    let control = "\0".repeat(LONGEST_READ);
    let secrets = "sk-secret-key".repeat(2 * LONGEST_READ / 13);
    let kept = detail(format!("{control}{secrets}").as_bytes(), &veil);
    assert!(!kept.is_empty());
    assert_eq!(kept.trim_matches('*'), "");
    assert_eq!(detail(" ".repeat(LONGEST_READ + 9).as_bytes(), &veil), "");
    let late = format!("x{}", " ".repeat(LONGEST_READ - 1));
    assert_eq!(detail(late.as_bytes(), &veil), "x");
}

#[test]
fn a_chain_has_every_source() {
    let inner = io::Error::other("inside");
    let outer = crate::RouteError::NoRoots { source: inner };
    assert_eq!(chain(&outer), "load the system's root certificates: inside");
}
