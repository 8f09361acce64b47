//! A launcher with everything around it: the stand-in for OpenHands, the host and the action server.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use deckhands_sandbox::{RuntimeKey, SandboxApi, SandboxApiOptions, SessionKey, launchers};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::{TcpSocket, TcpStream, UnixListener};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::server::Server;

/// The session of every stage.
pub(crate) const SESSION: &str = "demo-a27b58493dc291d0edbf9d10190";

/// The runtime of every stage.
pub(crate) const RUNTIME: &str = "demo-1";

/// Longest time that anything may take; nothing waits for it but a failure.
const DEADLINE: Duration = Duration::from_secs(60);

const STAND_IN: &str = include_str!("stand_in.py");

/// A port that is nobody else's. It stays bound, without listening, as long as this lives; who binds
/// it for re-use may listen on it all the same.
pub(crate) struct Port {
    pub(crate) number: u16,
    _bound: TcpSocket,
}

/// The launcher and what is around it.
pub(crate) struct Stage {
    pub(crate) port: Port,
    pub(crate) action_port: Port,
    pub(crate) host: Server,
    pub(crate) api: SandboxApi,
    /// What the stand-in told of its start.
    pub(crate) report: Value,
    pub(crate) dir: TempDir,
    child: Child,
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
}

impl Stage {
    /// Starts a launcher with these variables in addition.
    pub(crate) async fn start(variables: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (port, action_port) = (Port::reserve(), Port::reserve());
        let api = api(port.number);
        let way_out = dir.path().join("host.sock");
        let host = Server::host(UnixListener::bind(&way_out).unwrap(), api.clone());
        let app = launchers::write(dir.path()).unwrap().app;
        let mut command = python(&dir, "openhands/core/main.py");
        command
            .arg(app)
            .args(["-f", "task.md", "-n", "demo"])
            .env("SANDBOX_API_KEY", key().expose())
            .env("LLM_API_KEY", "token")
            .env("DECKHANDS_SOCKET", &way_out)
            .env("DECKHANDS_PORT", port.number.to_string())
            .env("DECKHANDS_ACTION_PORT", action_port.number.to_string())
            .env("STAND_IN_PORT", port.number.to_string())
            .envs(variables.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut stage = Self {
            port,
            action_port,
            host,
            api,
            report: Value::Null,
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            dir,
        };
        stage.report = stage.told().await;
        stage
    }

    /// Starts an action server.
    pub(crate) fn action(&self) -> Server {
        let socket = self.action_port.socket();
        Server::action(socket.listen(64).unwrap())
    }

    /// Starts an action server and lets the launcher see that it is ready.
    pub(crate) async fn ready(&mut self) -> Server {
        let action = self.action();
        action.answer(|_| crate::server::json(r#"{"status":"ok"}"#));
        let path = format!("/api/runtime/{RUNTIME}");
        let answer = self.ask(with_key("GET", &path, "")).await;
        assert_eq!(answer["status"], 200, "{answer}");
        action
    }

    /// Lets the stand-in make a request: what it got.
    pub(crate) async fn ask(&mut self, request: Value) -> Value {
        self.tell(request).await;
        self.told().await
    }

    /// Lets the stand-in begin something.
    pub(crate) async fn tell(&mut self, what: Value) {
        let line = format!("{what}\n");
        let input = self.input.as_mut().unwrap();
        within(input.write_all(line.as_bytes())).await.unwrap();
    }

    /// The next thing that the stand-in tells.
    pub(crate) async fn told(&mut self) -> Value {
        let line = within(self.output.next_line()).await.unwrap();
        let line = line.expect("the stand-in has ended");
        serde_json::from_str(&line).unwrap()
    }

    /// Lets the process end: its exit status, and what else it printed.
    pub(crate) async fn end(&mut self) -> (ExitStatus, String) {
        drop(self.input.take());
        let status = within(self.child.wait()).await.unwrap();
        let mut printed = String::new();
        while let Some(line) = within(self.output.next_line()).await.unwrap() {
            printed += &line;
        }
        let mut errors = self.child.stderr.take().unwrap();
        within(errors.read_to_string(&mut printed)).await.unwrap();
        (status, printed)
    }

    /// Sends these bytes to the launcher, and gives all that comes until it closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = within(TcpStream::connect(self.port.address()))
            .await
            .unwrap();
        within(stream.write_all(bytes)).await.unwrap();
        let mut answer = String::new();
        within(stream.read_to_string(&mut answer)).await.unwrap();
        answer
    }
}

impl Port {
    pub(crate) fn reserve() -> Self {
        let bound = socket(0);
        Self {
            number: bound.local_addr().unwrap().port(),
            _bound: bound,
        }
    }

    fn socket(&self) -> TcpSocket {
        socket(self.number)
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }
}

fn socket(port: u16) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind((Ipv4Addr::LOCALHOST, port).into()).unwrap();
    socket
}

/// The app's key on every stage.
pub(crate) fn key() -> RuntimeKey {
    RuntimeKey::from_random([1; 32])
}

/// The action server's key on every stage.
pub(crate) fn session_key() -> SessionKey {
    SessionKey::from_random([2; 32])
}

/// A request with the app's keys.
pub(crate) fn with_key(method: &str, path: &str, body: &str) -> Value {
    let headers = json!({"X-API-Key": key().expose(), "Authorization": "Bearer token"});
    json!({"method": method, "path": path, "body": body, "headers": headers})
}

/// Python with the stand-in as this module of OpenHands, in the directory of the stage.
pub(crate) fn python(dir: &TempDir, module: &str) -> Command {
    stand_in(dir.path(), module, STAND_IN);
    let mut command = Command::new("python3");
    command
        .current_dir(dir.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Writes a module, and the packages it is in.
pub(crate) fn stand_in(root: &Path, module: &str, text: &str) {
    let path = root.join(module);
    let packages = path.ancestors().skip(1).take_while(|dir| *dir != root);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for package in packages {
        fs::write(package.join("__init__.py"), "").unwrap();
    }
    fs::write(path, text).unwrap();
}

/// What comes of it, unless it takes too long.
pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(DEADLINE, what).await;
    waited.expect("it takes too long")
}

fn api(port: u16) -> SandboxApi {
    SandboxApi::new(SandboxApiOptions {
        session_id: SESSION.to_owned(),
        runtime_id: RUNTIME.to_owned(),
        key: key().hash(),
        session_key: session_key(),
        url: format!("http://127.0.0.1:{port}/action"),
    })
}
