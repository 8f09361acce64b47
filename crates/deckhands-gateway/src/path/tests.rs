//! Every path and method.

use super::*;

#[test]
fn a_path_is_known_by_its_end() {
    let rows = [
        ("POST", "/v1/chat/completions", Wanted::Chat),
        ("POST", "/chat/completions", Wanted::Chat),
        ("POST", "/any/where/chat/completions/", Wanted::Chat),
        ("GET", "/v1/models", Wanted::Models),
        ("GET", "/v1/model/info", Wanted::ModelInfo),
        ("GET", "/v1/v1/model/info", Wanted::ModelInfo),
        ("GET", "/health", Wanted::Health),
        ("GET", "/v1/chat/completions", Wanted::WrongMethod("POST")),
        ("POST", "/v1/models", Wanted::WrongMethod("GET")),
        ("POST", "/v1/completions", Wanted::Unknown),
        ("POST", "/v1/embeddings", Wanted::Unknown),
        ("GET", "/", Wanted::Unknown),
        ("GET", "", Wanted::Unknown),
    ];
    for (method, path, expected) in rows {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(wanted(&method, path), expected, "{method} {path}");
    }
}
