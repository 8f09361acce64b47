//! How the gateway's address is read.

use super::address;

#[test]
fn the_address_is_read_from_the_first_line() {
    let rows = [
        (
            "OPENAI_BASE_URL=http://127.0.0.1:4170/v1",
            Some("127.0.0.1:4170"),
        ),
        ("OPENAI_API_KEY=0123", None),
        ("", None),
    ];
    for (line, expected) in rows {
        assert_eq!(address(line), expected, "{line}");
    }
}
