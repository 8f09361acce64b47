//! Which addresses are taken.

use super::*;

#[test]
fn addresses() {
    for (text, expected) in [
        (
            "https://openrouter.ai/api/v1",
            Some("https://openrouter.ai/api/v1"),
        ),
        (" http://localhost:8000/ ", Some("http://localhost:8000")),
        ("HTTPS://Example.COM/v1/", Some("https://example.com/v1")),
        ("ftp://example.com", None),
        ("example.com/v1", None),
        ("https://", None),
        ("https://user@example.com", None),
        ("https://:word@example.com", None),
        ("https://example.com/?key=1", None),
        ("https://example.com/#a", None),
        ("file:///etc/passwd", None),
    ] {
        assert_eq!(
            BaseUrl::parse(text).as_ref().map(BaseUrl::as_str),
            expected,
            "{text}"
        );
    }
}

#[test]
fn plain_http_to_another_machine_is_readable() {
    for (text, expected) in [
        ("http://localhost:1", false),
        ("http://127.0.0.1", false),
        ("http://[::1]:80", false),
        ("http://10.0.0.1", true),
        ("http://localhost.example.com", true),
        ("https://10.0.0.1", false),
    ] {
        assert_eq!(
            BaseUrl::parse(text).unwrap().is_readable_on_the_way(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn the_known_address_is_of_the_form() {
    assert_eq!(
        BaseUrl::parse(BaseUrl::openrouter().as_str()),
        Some(BaseUrl::openrouter())
    );
}
