//! The high-water mark of a process.

use std::process::Command;

use super::{flood, kibibytes, watched};

#[test]
fn the_mark_is_read_in_kibibytes() {
    let status = "Name:\tdeckhands\nVmPeak:\t  210044 kB\nVmHWM:\t   15368 kB\nVmRSS:\t 9000 kB\n";
    assert_eq!(kibibytes(status), Some(15_368));
    for status in [
        "",
        "VmHWM:\t15368\n",
        "VmHWM:\tmany kB\n",
        "VmRSS:\t 1 kB\n",
    ] {
        assert_eq!(kibibytes(status), None, "{status}");
    }
}

#[test]
fn a_process_is_watched_to_its_end() {
    let mut command = Command::new("sh");
    let script = "a=$(head -c 40000000 /dev/zero | tr '\\0' x); echo ${#a}; exec sleep 0.1";
    let (peak, text) = watched(command.args(["-c", script])).unwrap_or_default();
    assert_eq!(text, "40000000\n");
    assert!(peak > 39_000, "{peak}");
}

#[test]
fn the_flood_is_a_gigabyte_before_the_end() {
    let play = flood(120);
    let spew = play.find("spew 1073741824 120\n");
    assert!(
        spew.is_some() && spew < play.find("state finished"),
        "{play}"
    );
}
