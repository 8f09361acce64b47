//! The times that the library's program tells.

use std::time::Duration;

use super::told;

#[test]
fn a_time_is_read_in_milliseconds() {
    let time = told("{\"milliseconds\": 323.5}\n").ok();
    assert_eq!(time, Some(Duration::from_micros(323_500)));
}

#[test]
fn anything_else_is_an_error() {
    for line in [
        "",
        "324",
        "{}",
        "{\"milliseconds\": -1}",
        "{\"milliseconds\": \"3\"}",
    ] {
        assert!(told(line).is_err(), "{line}");
    }
}
