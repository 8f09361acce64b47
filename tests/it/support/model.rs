//! A provider on loopback, and the calls that an app makes to it.
//!
//! The sockets are real, the clock is paused, and both ends are tasks of the test's own runtime: what
//! one end writes is there for the other at once, so that time passes only where somebody waits for it.

use std::fs::File;
use std::os::fd::AsRawFd;
use std::sync::{Arc, Mutex};

use deckhands_runtime::ContainerSpec;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, UnixStream};
use tokio::task::JoinSet;

/// An answer of a provider.
pub(crate) const GOOD: &str = r#"{"id": "1", "model": "m-1", "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 7, "completion_tokens": 3}}"#;

/// A provider that takes so many calls and then is gone.
pub(crate) struct Provider {
    port: u16,
    calls: Arc<Mutex<Vec<String>>>,
    _serving: JoinSet<()>,
}

/// What an app got for its calls, in order: the status and the rest.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    got: Arc<Mutex<Vec<(u16, String)>>>,
    /// What goes on beside the app's script; it ends with the test.
    beside: Arc<Mutex<JoinSet<()>>>,
}

impl Provider {
    /// Answers so many calls in the same way.
    pub(crate) fn answers(times: usize, status: u16, body: &str) -> Self {
        Self::answers_with(times, status, "", body)
    }

    /// The same with more headers, each with its line end.
    pub(crate) fn answers_with(times: usize, status: u16, headers: &str, body: &str) -> Self {
        Self::answers_each(vec![answer(status, headers, body); times])
    }

    /// Gives these answers, one for each call.
    pub(crate) fn answers_each(answers: Vec<String>) -> Self {
        Self::serves(answers.into_iter().map(Some).collect())
    }

    /// Takes so many calls, and is silent until the other side breaks off.
    pub(crate) fn silent(times: usize) -> Self {
        Self::serves(vec![None; times])
    }

    /// An address at which nobody listens.
    pub(crate) fn nowhere() -> String {
        url(1)
    }

    fn serves(answers: Vec<Option<String>>) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let listener = TcpListener::from_std(listener).unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let seen = calls.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let call = request(&mut stream).await;
                seen.lock().unwrap().push(call);
                match answer {
                    Some(answer) => stream.write_all(answer.as_bytes()).await.unwrap(),
                    // However it ends.
                    None => drop(stream.read(&mut [0; 1]).await),
                }
            }
        });
        Self {
            port,
            calls,
            _serving: serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        url(self.port)
    }

    /// The calls that it got, head and body.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

/// An answer with more headers, each with its line end.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         {headers}connection: close\r\n\r\n{body}",
        body.len()
    )
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/v1")
}

/// One request with its body, whose length it tells; what came, where the other side breaks off.
async fn request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let (mut text, mut piece) = (String::new(), [0; 4096]);
    loop {
        let count = stream.read(&mut piece).await.unwrap();
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
        let answers = self.got.lock().unwrap();
        answers.iter().map(|(status, _)| *status).collect()
    }

    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.got.lock().unwrap())
    }

    /// Does something beside the app's script, which does not wait for it.
    pub(crate) fn beside(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.beside.lock().unwrap().spawn(work);
    }

    /// Calls the model so often from an app, one call after the other, with its own token or another
    /// one. A call that is broken off is the last.
    pub(crate) fn call(&self, spec: &ContainerSpec, times: usize, token: Option<&str>) {
        let (request, dir) = (call_of(spec, token), way_out(spec));
        let answers = self.got.clone();
        self.beside(async move {
            for _ in 0..times {
                let Some(answer) = ask(&dir, &request).await else {
                    return;
                };
                answers.lock().unwrap().push(answer);
            }
        });
    }
}

/// Asks the remote-runtime API from an app for a session that there is not; gives the status.
pub(crate) async fn ask_api(spec: &ContainerSpec) -> Option<u16> {
    let key = spec.env.iter().find(|(name, _)| name == "SANDBOX_API_KEY");
    let request = format!(
        "GET /api/sessions/none HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\nconnection: close\r\n\r\n",
        key.unwrap().1.expose()
    );
    let answer = ask(&way_out(spec), &request).await;
    answer.map(|(status, _)| status)
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

/// Sends a request over a connection of its own; the status and the whole answer, if there is one.
async fn ask(dir: &File, request: &str) -> Option<(u16, String)> {
    let socket = format!("/proc/self/fd/{}/host.sock", dir.as_raw_fd());
    let mut stream = UnixStream::connect(socket).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    Some((status, answer))
}
