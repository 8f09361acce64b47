//! Heads whole, partial and none at all.

use super::*;

#[test]
fn found_when_whole() {
    let text = b"POST /v1.41/containers/create?name=x HTTP/1.1\r\nHost: docker\r\nContent-Length:  2 \r\n\r\n{}";
    let whole = text.len() - 2;
    for cut in 0..whole {
        assert_eq!(find(&text[..cut]), Found::Partly, "{cut} bytes");
    }
    let Found::Head(request, length) = find(text) else {
        panic!("not found")
    };
    assert_eq!(length, whole);
    let shown = (&*request.method, &*request.path, &*request.query);
    assert_eq!(shown, ("POST", "/containers/create", "name=x"));
    assert_eq!(request.header("content-length"), Some("2"));
    assert_eq!(request.header("user-agent"), None);
}

#[test]
fn paths_without_version() {
    let rows = [
        ("/v1.41/info", "/info"),
        ("/v1.41/images/a/b/json", "/images/a/b/json"),
        ("/info", "/info"),
        ("/version", "/version"),
        ("/volumes/x", "/volumes/x"),
        ("/v1.41", "/v1.41"),
    ];
    for (target, path) in rows {
        let text = format!("GET {target} HTTP/1.1\r\n\r\n");
        let Found::Head(request, _) = find(text.as_bytes()) else {
            panic!("{target}")
        };
        assert_eq!(request.path, path);
    }
}

#[test]
fn what_is_no_request_is_told() {
    let endless = [b'a'; MAX_HEAD + 1];
    let rows: [&[u8]; 5] = [
        b"\r\n\r\n",
        b"hello\r\n\r\n",
        b"GET /info\r\n\r\n",
        b"GET /info HTTP/1.1\r\nno colon\r\n\r\n",
        &endless,
    ];
    for bytes in rows {
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(50)]);
        assert_eq!(find(bytes), Found::Nonsense, "{shown}");
    }
}
