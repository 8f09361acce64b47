//! `watch` without an id.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::bench::Bench;

/// The first line that is told of all tasks, before anything happens to one of them.
fn first_line(bench: &Bench) -> String {
    let mut command = bench.program(env!("CARGO_BIN_EXE_deckhands"));
    command.args(["watch", "--home"]).arg(bench.home());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    stderr.read_line(&mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    line
}

#[test]
fn it_is_said_at_once_how_much_is_watched() {
    let bench = Bench::new();
    bench.submit("one");
    bench.submit("two");
    assert_eq!(first_line(&bench), "2 tasks have not ended\n");
    assert_eq!(bench.call(&["cancel", "last"]).code, 0);
    assert_eq!(first_line(&bench), "1 task has not ended\n");
    assert_eq!(bench.call(&["cancel", &bench.listed()[0]]).code, 0);
    let ended = bench.call(&["watch"]);
    assert_eq!((ended.code, ended.stdout.as_str()), (0, ""), "{ended:?}");
    assert_eq!(ended.stderr, "0 tasks have not ended\n");
}
