//! Processes that do as they are told, and others.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Running;

fn shell(script: &str) -> Running {
    let mut command = Command::new("sh");
    command.args(["-c", script]).stdout(Stdio::piped());
    Running::start(&mut command).unwrap()
}

#[test]
fn what_it_prints_is_read_line_by_line() {
    let mut running = shell("echo one; echo two");
    let lines = [(); 3].map(|()| running.line().unwrap());
    assert_eq!(lines, ["one", "two", ""]);
}

#[test]
fn it_is_ended_and_has_used_memory() {
    let mut running = shell("echo ready; exec sleep 60");
    assert_eq!(running.line().unwrap(), "ready");
    assert!(running.peak().unwrap() > 0.0);
    let status = running.terminate().unwrap();
    assert_eq!(status.signal(), Some(15));
}

#[test]
fn a_wait_ends_with_the_process_or_with_its_time() {
    let time = Duration::from_secs(60);
    shell("exec sleep 60").wait_until(time, || true).unwrap();
    let ended = shell("exit 3").wait_until(time, || false).unwrap_err();
    assert!(ended.to_string().contains("ended before"), "{ended}");
    let late = shell("exec sleep 60").wait_until(Duration::ZERO, || false);
    assert!(late.unwrap_err().to_string().contains("not ready after"));
}
