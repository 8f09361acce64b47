//! Every path and method.

use super::*;

#[test]
fn a_path_is_known_by_its_end() {
    let rows = [
        ("POST", "/v1/chat/completions", Route::Chat),
        ("POST", "/chat/completions", Route::Chat),
        ("POST", "/any/where/chat/completions/", Route::Chat),
        ("GET", "/v1/models", Route::Models),
        ("GET", "/v1/model/info", Route::ModelInfo),
        ("GET", "/v1/v1/model/info", Route::ModelInfo),
        ("GET", "/health", Route::Health),
        ("GET", "/v1/chat/completions", Route::WrongMethod("POST")),
        ("POST", "/v1/models", Route::WrongMethod("GET")),
        ("POST", "/v1/completions", Route::Unknown),
        ("POST", "/v1/embeddings", Route::Unknown),
        ("GET", "/", Route::Unknown),
        ("GET", "", Route::Unknown),
    ];
    for (method, path, wanted) in rows {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        assert_eq!(route(&method, path), wanted, "{method} {path}");
    }
}
