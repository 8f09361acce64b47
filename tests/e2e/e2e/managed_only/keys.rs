//! The real key is at the provider and nowhere else; the attempt's own keys end with it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_e2e::{Bench, CANARY, Container, bash, create_file, docker};
use deckhands_testkit::{Script, Step};

use super::{LIMIT, attempt_dir, both, variable};
use crate::trust::processes;

/// Longest wait for an answer of the socket.
const SOON: Duration = Duration::from_secs(5);

/// Ids of a container's processes on this machine.
fn pids(container: &Container) -> Vec<String> {
    let table = docker(&["top", &container.name, "-eo", "pid"]);
    let lines = table.lines().skip(1);
    lines.map(|line| line.trim().to_owned()).collect()
}

/// Asserts that the key is in nothing that a container has: not in what the daemon knows of it, not
/// in the environment or the files of a process.
pub(crate) fn assert_without_key(container: &Container) {
    let (name, text) = (&container.name, container.inspect.to_string());
    assert!(!text.contains(CANARY), "the key is in {name}: {text}");
    let pids = pids(container);
    assert!(!pids.is_empty(), "{name} has no process");
    for pid in &pids {
        for file in ["environ", "cmdline"] {
            let bytes = fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains(CANARY), "the key is in {file} of {name}");
        }
    }
    for dir in ["tmp", "workspace", ".openhands", "deckhands"] {
        let dir = PathBuf::from(format!("/proc/{}/root/{dir}", pids[0]));
        if dir.is_dir() {
            Bench::assert_nowhere_below(&dir, CANARY);
        }
    }
}

#[test]
fn the_key_is_nowhere_while_it_runs_nor_afterwards() {
    let bench = Bench::new(Script::new([
        // Not as one word, which would be found in the record of the command itself.
        bash("k=sk-canary; grep -raslF \"$k-7f3a9c51e2\" /proc/*/environ /tmp /workspace; env"),
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("done").after(Duration::from_secs(6)),
    ]));
    let running = bench
        .start(&["-vv", "look for the key"])
        .until("the last call", LIMIT, || bench.requests().len() >= 3);
    let (app, sandbox) = both(&bench);
    for container in [app, sandbox] {
        assert_without_key(&container);
    }
    Bench::assert_nowhere_below(&bench.home, CANARY);
    let with_key = |(_pid, line): &(String, String)| line.contains(CANARY);
    let arguments: Vec<_> = processes().into_iter().filter(with_key).collect();
    assert!(arguments.is_empty(), "{arguments:?}");
    let ended = running.end().with_code(0);
    assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY));
    Bench::assert_nowhere_below(bench.dir.path(), CANARY);
    let requests = bench.requests();
    assert_eq!(requests.len(), 3);
    for request in requests {
        assert!(request.bearer_is(CANARY), "{request:?}");
        let model = request.model.as_deref();
        assert_eq!(model, Some("deepseek/deepseek-chat-v3.1:free"));
        let body = request.body().map(|body| String::from_utf8_lossy(body));
        assert!(!body.is_some_and(|body| body.contains(CANARY)));
    }
    bench.assert_nothing_left();
}

/// Asks the way out as somebody with a token; the status, or nothing where nobody answers.
fn status(stream: &mut UnixStream, token: &str) -> Option<u16> {
    let head =
        format!("GET /llm/v1/models HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = [0; 4096];
    let length = stream.read(&mut answer).ok()?;
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    answer.split(' ').nth(1)?.parse().ok()
}

fn connect(socket: &Path) -> Option<UnixStream> {
    let stream = UnixStream::connect(socket).ok()?;
    stream.set_read_timeout(Some(SOON)).ok()?;
    Some(stream)
}

#[test]
fn the_attempts_own_keys_open_nothing_after_its_end() {
    let bench = Bench::new(Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("done").after(Duration::from_secs(6)),
    ]));
    let running = bench
        .start(&["write hello.txt"])
        .until("the last call", LIMIT, || bench.requests().len() >= 2);
    let (app, sandbox) = both(&bench);
    let token = variable(&app, "LLM_API_KEY");
    let keys = [
        token.clone(),
        variable(&app, "SANDBOX_API_KEY"),
        variable(&sandbox, "SESSION_API_KEY"),
    ];
    assert_ne!(keys[0], keys[1]);
    let socket = attempt_dir(&bench).join("way-out/host.sock");
    let mut early = connect(&socket).expect("the way out, for its owner");
    assert_eq!(status(&mut early, &token), Some(200));
    for wrong in ["", "x", &keys[1], &keys[2], CANARY] {
        let mut stream = connect(&socket).expect("the way out, for its owner");
        assert_eq!(status(&mut stream, wrong), Some(401), "{wrong}");
    }
    let _ = running.end().with_code(0);
    assert!(!socket.exists(), "the way out is left");
    assert_eq!(status(&mut early, &token), None, "an old connection");
    for key in &keys {
        assert!(key.len() >= 32, "a key of {} characters", key.len());
        Bench::assert_nowhere_below(&bench.home, key);
    }
    assert_eq!(bench.requests().len(), 2);
    bench.assert_nothing_left();
}

/// Two attempts at once: the token of one is worth nothing at the other.
#[test]
fn no_two_attempts_share_a_key() {
    // Long enough for the other one to start, too.
    let late = || Script::new([Step::finish("done").after(Duration::from_secs(45))]);
    let benches = [Bench::new(late()), Bench::new(late())];
    let running = benches
        .each_ref()
        .map(|bench| bench.start(&["work", "--allow-no-change"]));
    let tokens = benches.each_ref().map(|bench| {
        let (app, _sandbox) = both(bench);
        variable(&app, "LLM_API_KEY")
    });
    assert_ne!(tokens[0], tokens[1]);
    for (bench, other) in benches.iter().zip([&tokens[1], &tokens[0]]) {
        let socket = attempt_dir(bench).join("way-out/host.sock");
        let mut stream = connect(&socket).expect("the way out, for its owner");
        assert_eq!(status(&mut stream, other), Some(401));
    }
    for run in running {
        let _ = run.end().with_code(0);
    }
    for bench in &benches {
        bench.assert_nothing_left();
    }
}
