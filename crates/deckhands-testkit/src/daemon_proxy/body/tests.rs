//! Where bodies end, in pieces of every size.

use super::super::head::{Found, find};
use super::*;

fn body(headers: &str) -> Body {
    let head = format!("POST /x HTTP/1.1\r\n{headers}\r\n");
    match find(head.as_bytes()) {
        Found::Head(request, _) => Body::of(&request),
        other => panic!("{head}: {other:?}"),
    }
}

/// Each body is followed by the next request, and comes in pieces of every size.
#[test]
fn ends_where_the_next_request_begins() {
    let rows = [
        ("", ""),
        ("Content-Length: 0\r\n", ""),
        ("Content-Length: 5\r\n", "12345"),
        ("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"),
        ("Transfer-Encoding: Chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
        (
            "Transfer-Encoding: chunked\r\n",
            "b\r\n0\r\n\r\n 67890\r\n10;x=y\r\n0123456789abcdef\r\n0\r\n\r\n",
        ),
        (
            "Transfer-Encoding: chunked\r\n",
            "1\r\na\r\n0\r\nTrailer: t\r\n\r\n",
        ),
    ];
    for (headers, text) in rows {
        let stream = format!("{text}GET /next HTTP/1.1\r\n\r\n").into_bytes();
        for size in 1..=stream.len() {
            let mut body = body(headers);
            let mut taken = 0;
            for piece in stream.chunks(size) {
                if body.is_over() {
                    break;
                }
                taken += body.take(piece);
            }
            assert!(body.is_over(), "{headers}{text} by {size}");
            assert_eq!(taken, text.len(), "{headers}{text} by {size}");
        }
    }
}

#[test]
fn partial_bodies_are_not_over() {
    let rows = [
        ("Content-Length: 5\r\n", "1234"),
        ("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n"),
        ("Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n"),
        ("Upgrade: tcp\r\nContent-Length: 2\r\n", "anything"),
    ];
    for (headers, text) in rows {
        let mut body = body(headers);
        assert_eq!(body.take(text.as_bytes()), text.len(), "{headers}{text}");
        assert!(!body.is_over(), "{headers}{text}");
    }
}
