//! How figures are read.

use super::Measured;

#[test]
fn a_figure_is_found_at_its_place_or_is_an_error() {
    let measured = Measured::read(r#"{"few":{"p99":1.5},"many":{"p99":null}}"#).unwrap();
    assert!((measured.of("/few/p99").unwrap() - 1.5).abs() < f64::EPSILON);
    assert!(measured.of("/many/p99").is_err());
    assert!(measured.of("/few/p50").is_err());
    assert_eq!(measured.words("/many/p99"), None);
    let measured = Measured::read(r#"{"why":"late"}"#).unwrap();
    assert_eq!(measured.words("/why"), Some("late"));
    assert!(Measured::read("not so after 240s").is_err());
}
