//! The one line the provider says before anything else.

use super::port;

#[test]
fn the_port_is_read_from_the_address() {
    let rows = [
        ("listening on http://172.17.0.1:40123\n", Some(40123)),
        ("listening on http://[::1]:80", Some(80)),
        ("listening on http://172.17.0.1", None),
        ("listening on http://172.17.0.1:70000", None),
        ("error: address in use", None),
        ("", None),
    ];
    for (line, expected) in rows {
        assert_eq!(port(line), expected, "{line}");
    }
}
