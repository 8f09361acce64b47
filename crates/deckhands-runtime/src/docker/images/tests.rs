//! What a daemon that does not show an image means.

use super::*;

#[test]
fn an_impossible_name_is_told_from_a_missing_image() {
    let rows = [
        // Docker 20.10 begins both with the same words.
        (
            400,
            "no such image: r/UPPER:1: invalid reference format: repository name must be lowercase",
            RuntimeErrorKind::InvalidSpec,
        ),
        (
            400,
            "invalid reference format",
            RuntimeErrorKind::InvalidSpec,
        ),
        (
            500,
            "no such image: r/x:1: something broke",
            RuntimeErrorKind::ImageUnavailable,
        ),
        (500, "something broke", RuntimeErrorKind::Protocol),
    ];
    let image = "r/x:1".parse().unwrap();
    for (status_code, words, kind) in rows {
        let error = Error::DockerResponseServerError {
            status_code,
            message: words.to_owned(),
        };
        let error = refused(&image, error);
        assert_eq!((error.kind, error.message.as_deref()), (kind, Some(words)));
    }
}
