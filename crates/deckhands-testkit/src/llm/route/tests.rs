//! Rows of method and path.

use super::*;

#[test]
fn a_path_decides_what_is_wanted() {
    let rows = [
        (Method::POST, "/v1/chat/completions", Route::Chat(None)),
        (Method::POST, "/chat/completions", Route::Chat(None)),
        (
            Method::POST,
            "/any/pre/fix/chat/completions",
            Route::Chat(None),
        ),
        (
            Method::POST,
            "/s/one/v1/chat/completions",
            Route::Chat(Some("one")),
        ),
        (
            Method::POST,
            "/s/one/again/v1/chat/completions",
            Route::Chat(Some("one")),
        ),
        (Method::GET, "/v1/models", Route::Models),
        (Method::GET, "/s/one/v1/models", Route::Models),
        (Method::GET, "/v1/chat/completions", Route::Unknown),
        (Method::POST, "/v1/completions", Route::Unknown),
        (Method::GET, "/", Route::Unknown),
    ];
    for (method, path, wanted) in rows {
        assert_eq!(route(&method, path), wanted, "{method} {path}");
    }
}
