//! A Docker daemon that has nothing.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;

/// Answers at a socket for as long as the test's process lives.
pub(crate) fn start(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let client = client.unwrap();
            thread::spawn(move || serve(&client));
        }
    });
}

fn serve(client: &UnixStream) {
    let mut lines = BufReader::new(client).lines().map_while(Result::ok);
    while let Some(asked) = lines.next() {
        // The head; nothing that is asked here has a body.
        while lines.next().is_some_and(|line| !line.is_empty()) {}
        let body = if asked.contains("/version") {
            r#"{"Version":"28.0.0","ApiVersion":"1.47","MinAPIVersion":"1.24"}"#
        } else {
            "[]"
        };
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
        let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        if (&mut { client }).write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}
