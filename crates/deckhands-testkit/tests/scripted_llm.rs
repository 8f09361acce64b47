//! The `scripted-llm` program: its one line, its port file, its end.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const EXAMPLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../examples/hello/script.json"
);

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scripted-llm"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Sends one request and gives the whole answer.
fn post(addr: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(addr).unwrap();
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.1\r\nhost: t\r\nconnection: close\r\ncontent-length: {length}");
    stream
        .write_all(format!("{head}\r\n\r\n{body}").as_bytes())
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

fn script(dir: &Path, name: &str, text: &str) -> PathBuf {
    let file = dir.join(name);
    fs::write(&file, text).unwrap();
    file
}

#[test]
fn it_serves_until_a_signal_ends_it() {
    let dir = tempfile::tempdir().unwrap();
    let other = script(
        dir.path(),
        "other.json",
        r#"{"steps": [{"text": "other script"}]}"#,
    );
    let port_file = dir.path().join("port");
    for name in ["INT", "TERM"] {
        let mut child = program(&["--script", EXAMPLE, "--bind", "127.0.0.1:0", "-v"])
            .args(["--named".into(), format!("other={}", other.display())])
            .args(["--port-file".into(), port_file.display().to_string()])
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        let addr = line
            .trim()
            .strip_prefix("listening on http://")
            .unwrap()
            .to_owned();
        let port = fs::read_to_string(&port_file).unwrap();
        assert_eq!(addr, format!("127.0.0.1:{}", port.trim()));
        let answer = post(&addr, "/v1/chat/completions", r#"{"model": "m"}"#);
        assert!(answer.contains("<function=str_replace_editor>"), "{answer}");
        let answer = post(&addr, "/s/other/v1/chat/completions", r#"{"model": "m"}"#);
        assert!(answer.contains("other script"), "{answer}");
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        let mut logged = String::new();
        stderr.read_line(&mut logged).unwrap();
        assert!(
            logged.starts_with("1 POST /v1/chat/completions model=m"),
            "{logged}"
        );
        assert!(logged.trim().ends_with("-> step 1"), "{logged}");
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(0), "{name}");
        line.clear();
        stdout.read_line(&mut line).unwrap();
        assert_eq!(line, "", "one line only");
    }
}

#[test]
fn a_faulty_script_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let faulty = script(
        dir.path(),
        "faulty.json",
        r#"{"steps": [{"text": "a"}, {"tex": "b"}]}"#,
    );
    let rows = [
        (
            faulty.display().to_string(),
            "step 2: malformed: unknown field `tex`",
        ),
        ("/no/such".to_owned(), "access `/no/such`"),
    ];
    for (file, wanted) in rows {
        let output = program(&["--script", &file, "--bind", "127.0.0.1:0"])
            .output()
            .unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(wanted), "{stderr}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn measurements_need_no_script() {
    let rows = [
        (vec!["--bench-reply", "2000"], 2000),
        (vec!["--bench-stream", "4,1"], 1000),
        (vec!["--bench-reply", "40", "--bench-stream", "4,1"], 40),
    ];
    for (args, bytes) in rows {
        let mut child = program(&args)
            .args(["--bind", "127.0.0.1:0"])
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let addr = line.trim().strip_prefix("listening on http://").unwrap();
        let path = "/v1/chat/completions";
        let answer = post(addr, path, r#"{"model": "m"}"#);
        let (_, text) = answer.split_once("\"content\":\"").unwrap();
        // The line ends within the text are two characters in JSON.
        let text = text.split('"').next().unwrap().replace("\\n", "\n");
        assert_eq!(text.len(), bytes, "{args:?}");
        let answer = post(addr, path, r#"{"stream": true}"#);
        let chunks = answer.matches("chat.completion.chunk").count();
        let wanted = if args.contains(&"--bench-stream") {
            6
        } else {
            3
        };
        assert_eq!(chunks, wanted, "{args:?}: role, content and end");
        signal(&child, "TERM");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let rows: [&[&str]; 4] = [
        &[],
        &["--bench-reply", "1", "--script", EXAMPLE],
        &["--bench-reply", "1", "--verbose"],
        &["--bench-stream", "0,1"],
    ];
    for args in rows {
        let output = program(args).args(["--bind", "127.0.0.1:0"]).output();
        assert_eq!(output.unwrap().status.code(), Some(2), "{args:?}");
    }
}
