//! Lives read from events.

use std::time::Duration;

use super::{Life, read};

const KEY: &str = "deckhands.attempt-dir";

fn event(id: &str, action: &str, nanos: u64, dir: &str) -> String {
    format!(
        r#"{{"Type":"container","Action":"{action}","Actor":{{"ID":"{id}","Attributes":{{"{KEY}":"{dir}"}}}},"timeNano":{nanos}}}"#
    )
}

fn whole(id: &str, dir: &str) -> Vec<String> {
    let rows = [
        ("create", 1_000_000_000),
        ("archive-path", 1_010_000_000),
        ("start", 1_200_000_000),
        ("die", 1_225_000_000),
        ("destroy", 1_300_000_000),
    ];
    rows.map(|(action, nanos)| event(id, action, nanos, dir))
        .to_vec()
}

#[test]
fn a_life_lasts_from_create_to_destroy_and_runs_from_start_to_die() {
    let mut lines = whole("other", "/elsewhere/home/attempts/1/1");
    lines.extend(whole("mine", "/bench/home/attempts/1/1"));
    let life = read(&lines.join("\n"), KEY, "/bench/").ok();
    let expected = Life {
        existed: Duration::from_millis(300),
        ran: Duration::from_millis(25),
    };
    assert_eq!(life, Some(expected));
}

#[test]
fn a_life_that_is_not_told_whole_is_an_error() {
    let lines = whole("mine", "/bench/1");
    for missing in [0, 2, 3, 4] {
        let mut rest = lines.clone();
        rest.remove(missing);
        assert!(read(&rest.join("\n"), KEY, "/bench/").is_err(), "{missing}");
    }
    assert!(read("", KEY, "/bench/").is_err());
    assert!(read("no json", KEY, "/bench/").is_err());
    let mut two = lines;
    two.extend(whole("second", "/bench/2"));
    assert!(read(&two.join("\n"), KEY, "/bench/").is_err());
}

#[test]
fn stamps_out_of_order_are_an_error() {
    let mut lines = whole("mine", "/bench/1");
    lines[4] = event("mine", "destroy", 1, "/bench/1");
    assert!(read(&lines.join("\n"), KEY, "/bench/").is_err());
}
