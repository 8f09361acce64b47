//! A provider on loopback, and the calls that an app of profile `managed` makes to it.
//!
//! The sockets are real, the clock is paused: calls are blocking work, and while such work goes on
//! the clock stands still.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use deckhands_runtime::ContainerSpec;

/// Longest wait for the other end of a connection.
const DEADLINE: Duration = Duration::from_secs(10);

/// An answer of a provider.
pub(crate) const GOOD: &str = r#"{"id": "1", "model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}"#;

/// A provider that takes so many calls and then is gone.
pub(crate) struct Provider {
    port: u16,
    thread: JoinHandle<Vec<String>>,
}

/// What an app got for its calls, in order: the status and the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers(Arc<Mutex<Vec<(u16, String)>>>);

/// A connection whose call is under way.
pub(crate) type Open = Arc<Mutex<Option<UnixStream>>>;

impl Provider {
    /// Answers so many calls in the same way.
    pub(crate) fn answers(times: usize, status: u16, body: &str) -> Self {
        Self::answers_with(times, status, "", body)
    }

    /// The same with more headers, each with its line end.
    pub(crate) fn answers_with(times: usize, status: u16, headers: &str, body: &str) -> Self {
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             {headers}connection: close\r\n\r\n{body}",
            body.len()
        );
        Self::serves(times, move |mut stream| {
            stream.write_all(answer.as_bytes()).unwrap();
        })
    }

    /// Takes one call, says so, and is silent until the other side breaks off.
    pub(crate) fn silent(taken: Sender<()>) -> Self {
        Self::serves(1, move |mut stream| {
            taken.send(()).unwrap();
            // However it ends.
            let _ = stream.read(&mut [0; 1]);
        })
    }

    /// An address at which nobody listens.
    pub(crate) fn nowhere() -> String {
        url(1)
    }

    fn serves(times: usize, serve: impl Fn(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let mut calls = Vec::new();
            while calls.len() < times {
                let (mut stream, _) = listener.accept().unwrap();
                stream.set_read_timeout(Some(DEADLINE)).unwrap();
                let call = request(&mut stream);
                if call.is_empty() {
                    break;
                }
                serve(stream);
                calls.push(call);
            }
            calls
        });
        Self { port, thread }
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// The calls it got, head and body. It takes no more.
    pub(crate) fn calls(self) -> Vec<String> {
        // A connection that says nothing ends it, unless it has ended.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        self.thread.join().unwrap()
    }
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/v1")
}

/// One request with its body, whose length it tells; nothing where none comes.
fn request(stream: &mut impl Read) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).unwrap();
        if count == 0 {
            return text;
        }
        text.push_str(std::str::from_utf8(&piece[..count]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let head = head.to_lowercase();
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        if body.len() >= length {
            return text;
        }
    }
}

impl Answers {
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let answers = self.0.lock().unwrap();
        answers.iter().map(|(status, _)| *status).collect()
    }

    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.0.lock().unwrap())
    }

    /// Calls the model so often from an app, with its own token or another one.
    pub(crate) fn call(&self, spec: &ContainerSpec, times: usize, token: Option<&str>) {
        let (request, dir) = (call_of(spec, token), way_out(spec));
        let answers = self.0.clone();
        // Not waited for: the clock does.
        tokio::task::spawn_blocking(move || {
            for _ in 0..times {
                let mut stream = connect(&dir);
                stream.write_all(request.as_bytes()).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
                answers.lock().unwrap().push((status, answer));
            }
        });
    }
}

/// Asks the remote-runtime API from an app for a session that there is not; gives the status.
pub(crate) fn ask_api(spec: &ContainerSpec) -> u16 {
    let key = spec.env.iter().find(|(name, _)| name == "SANDBOX_API_KEY");
    let request = format!(
        "GET /api/sessions/none HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nconnection: close\r\n\r\n",
        key.unwrap().1.expose()
    );
    let mut stream = connect(&way_out(spec));
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Makes a call from an app, and goes on once the provider has it.
pub(crate) fn call_openly(spec: &ContainerSpec, open: &Open, taken: Receiver<()>) {
    let (request, dir, open) = (call_of(spec, None), way_out(spec), open.clone());
    tokio::task::spawn_blocking(move || {
        let mut stream = connect(&dir);
        stream.write_all(request.as_bytes()).unwrap();
        taken.recv_timeout(DEADLINE).unwrap();
        *open.lock().unwrap() = Some(stream);
    });
}

fn call_of(spec: &ContainerSpec, token: Option<&str>) -> String {
    let own = spec.env.iter().find(|(key, _)| key == "LLM_API_KEY");
    let token = token.unwrap_or_else(|| own.unwrap().1.expose());
    let body = r#"{"model": "openai/m", "messages": [{"role": "user", "content": "hi"}]}"#;
    format!(
        "POST /llm/v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The directory with the socket, open: its path may be too long for the kernel.
fn way_out(spec: &ContainerSpec) -> File {
    let mut mounts = spec.mounts.iter();
    let mount = mounts.find(|mount| mount.target == "/deckhands/way-out");
    File::open(&mount.unwrap().source).unwrap()
}

fn connect(dir: &File) -> UnixStream {
    let socket = format!("/proc/self/fd/{}/host.sock", dir.as_raw_fd());
    UnixStream::connect(socket).unwrap()
}
