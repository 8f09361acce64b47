//! Only the words of the scripted provider count as its address.

use super::port;

#[test]
fn the_port_is_the_last_part_of_the_announced_address() {
    let rows = [
        ("listening on http://172.17.0.1:8123\n", Some(8123)),
        ("listening on http://[::1]:80", Some(80)),
        ("listening on http://172.17.0.1", None),
        ("error: listen on 172.17.0.1:0", None),
        ("", None),
    ];
    for (line, expected) in rows {
        assert_eq!(port(line), expected, "{line}");
    }
}
