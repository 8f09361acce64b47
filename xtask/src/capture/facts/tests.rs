//! The facts can be read back, and what differs from the table is said.

use super::{Ended, Facts};
use crate::capture::table::Expect;

fn facts() -> Facts {
    Facts {
        exit: 137,
        ended: Ended::Act,
        app_oom: false,
        sandbox: "running".to_owned(),
        sandbox_oom: true,
        state: "rate_limited".to_owned(),
        events: 9,
        requests: 3,
        changed: vec!["a \"b\".txt".to_owned(), "c".to_owned()],
    }
}

fn expect(lines: &str) -> Expect {
    let rest = "exit = 137\nstate = 'rate_limited'\noutcome = 'failed'\n";
    toml::from_str(&format!("{rest}{lines}")).unwrap()
}

#[test]
fn the_file_holds_every_fact() {
    let table: toml::Table = toml::from_str(&facts().to_toml()).unwrap();
    assert_eq!(table["exit"].as_integer(), Some(137));
    assert_eq!(table["ended"].as_str(), Some("act"));
    assert_eq!(table["app_oom"].as_bool(), Some(false));
    assert_eq!(table["sandbox"].as_str(), Some("running"));
    assert_eq!(table["sandbox_oom"].as_bool(), Some(true));
    assert_eq!(table["state"].as_str(), Some("rate_limited"));
    assert_eq!(table["events"].as_integer(), Some(9));
    assert_eq!(table["requests"].as_integer(), Some(3));
    let changed = table["changed"].as_array().unwrap();
    assert_eq!(changed[0].as_str(), Some("a \"b\".txt"));
    assert_eq!(table.len(), 9);
}

#[test]
fn every_difference_is_named() {
    let same = expect("sandbox_oom = true\nrequests = 3\nchanged = ['a \"b\".txt', 'c']");
    assert_eq!(facts().differences(&same), [""; 0]);
    let other = expect("app_oom = true\nrequests = 4\nchanged = []");
    let found = facts().differences(&other);
    let named: Vec<&str> = found
        .iter()
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(named, ["app_oom", "sandbox_oom", "requests", "changed"]);
    let late = Facts {
        ended: Ended::Limit,
        ..facts()
    };
    assert_eq!(late.differences(&same).len(), 1);
}
