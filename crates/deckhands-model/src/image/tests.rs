//! Image references and digests: what is taken, completed and refused.

use super::*;

const HEX: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn a_reference_always_has_a_tag_or_digest() {
    let digest = format!("sha256:{HEX}");
    let by_digest = format!("app@{digest}");
    let rows = [
        ("app", "app:latest"),
        ("app:1", "app:1"),
        (
            "registry.example:5000/app",
            "registry.example:5000/app:latest",
        ),
        (
            "registry.example:5000/team/app:1.2",
            "registry.example:5000/team/app:1.2",
        ),
        (by_digest.as_str(), by_digest.as_str()),
        (digest.as_str(), digest.as_str()),
    ];
    for (text, reference) in rows {
        let image: ImageRef = text.parse().unwrap();
        assert_eq!(image.as_str(), reference);
        assert_eq!(image.to_string().parse(), Ok(image), "stays as it is");
    }
}

#[test]
fn what_names_no_image() {
    for text in [
        "",
        "/app",
        "-app",
        ":1",
        "@sha256:00",
        "team/",
        "my app",
        "app\n",
        "app;ls",
        "äpp",
    ] {
        let error = text.parse::<ImageRef>().unwrap_err();
        assert_eq!(
            error,
            ImageError {
                text: text.to_owned(),
                what: "reference"
            }
        );
    }
    for text in [
        "",
        HEX,
        "sha256:",
        &format!("sha256:{}", &HEX[1..]),
        &format!("sha512:{HEX}"),
        &format!("sha256:{}g", &HEX[1..]),
    ] {
        let error = text.parse::<ImageDigest>().unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("`{text}` is not an image digest")
        );
    }
}

#[test]
fn json_is_checked() {
    let digest: ImageDigest = format!("sha256:{HEX}").parse().unwrap();
    let json = serde_json::to_string(&digest).unwrap();
    assert_eq!(json, format!("\"sha256:{HEX}\""));
    assert_eq!(serde_json::from_str::<ImageDigest>(&json).unwrap(), digest);
    assert!(serde_json::from_str::<ImageDigest>("\"latest\"").is_err());
    assert_eq!(
        serde_json::from_str::<ImageRef>("\"app\"")
            .unwrap()
            .as_str(),
        "app:latest"
    );
    assert!(serde_json::from_str::<ImageRef>("\"a b\"").is_err());
}
