//! What a client takes for an address and a key. Calls are made in the tests of sessions.

use super::*;
use crate::secret::ProviderKey;

fn upstream(base_url: &str, key: Option<&str>) -> Upstream {
    Upstream {
        base_url: base_url.to_owned(),
        key: key.map(ProviderKey::new),
        model: "m".to_owned(),
        provider: "openrouter".to_owned(),
    }
}

#[test]
fn an_address_is_http_and_nothing_but_an_address() {
    let good = [
        "http://127.0.0.1:1/v1",
        "https://h",
        "http://[::1]:8080/v1/",
        "HTTP://h/v1",
    ];
    for base_url in good {
        assert!(target(&upstream(base_url, None)).is_ok(), "{base_url}");
    }
    for base_url in [
        "",
        "h",
        "/v1",
        "ftp://h",
        "unix:/run/x",
        "http://",
        "http:// h",
        "h:80/v1",
    ] {
        let error = target(&upstream(base_url, None)).unwrap_err();
        assert!(
            matches!(error, RouteError::BadBaseUrl { .. }),
            "{base_url}: {error}"
        );
    }
    for base_url in [
        "http://user:sk-secret@h/v1",
        "http://h/v1?key=sk-secret",
        "http://h/#sk-secret",
    ] {
        let error = target(&upstream(base_url, None)).unwrap_err();
        assert!(
            !format!("{error} {error:?}").contains("sk-secret"),
            "{error}"
        );
    }
}

#[test]
fn the_key_is_sensitive_and_whole() {
    let headers = headers(&upstream("http://h", Some("sk-secret-key"))).unwrap();
    assert_eq!(headers["authorization"], "Bearer sk-secret-key");
    assert!(!format!("{headers:?}").contains("sk-secret"));
    assert_eq!(headers["x-title"], "Deckhands");
    for key in ["", "two words", "line\nbreak", "sk-ä"] {
        let refused = super::headers(&upstream("http://h", Some(key)));
        assert!(matches!(refused, Err(RouteError::BadKey)), "{key}");
    }
    let without = super::headers(&upstream("http://h", None)).unwrap();
    assert!(without.get(AUTHORIZATION).is_none());
}

#[test]
fn the_roots_are_read_once_for_all_routes() {
    let (one, other) = (tls(true).unwrap(), tls(true).unwrap());
    assert!(Arc::ptr_eq(one.crypto_provider(), other.crypto_provider()));
}
