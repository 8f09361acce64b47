//! An agent that looks for a way out of its sandbox: to the host, to other attempts, to the model
//! without the launcher, to the keys.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::time::Duration;

use deckhands_e2e::{Bench, CANARY, Running, bash, bash_for, bridge_address, create_file};
use deckhands_testkit::{Script, Step};
use serde_json::{Value, json};

use super::{LIMIT, both, variable};

const PROBE: &str = include_str!("probe.py");
const TAKEOVER: &str = include_str!("takeover.py");

/// A file of the host that no container may see.
const MARKER: &str = "deckhands-host-only.txt";

/// Where the metadata of a rented machine is served.
const METADATA: &str = "169.254.169.254";

/// Services of this test on the host: one for everybody, one for the host alone.
struct Host {
    public: TcpListener,
    local: TcpListener,
    addresses: Vec<IpAddr>,
}

impl Host {
    fn new() -> Self {
        // Also of IPv4, as the kernel has it.
        let public = TcpListener::bind("[::]:0").expect("a service on every address");
        let local = TcpListener::bind("127.0.0.1:0").expect("a service of the host's own");
        let all = Command::new("hostname").arg("-I").output();
        let all = String::from_utf8(all.expect("the hostname command").stdout).expect("text");
        let bridge = bridge_address();
        let addresses: Vec<IpAddr> = all
            .split_whitespace()
            .chain([bridge.as_str()])
            .filter_map(|address| address.parse().ok())
            .collect();
        let host = Self {
            public,
            local,
            addresses,
        };
        host.assert_reachable_from_here();
        host
    }

    /// Whom the agent tries to reach, each an address and a port.
    fn targets(&self) -> Vec<SocketAddr> {
        let port = self.public.local_addr().expect("its address").port();
        let all = self.addresses.iter();
        let mut targets: Vec<_> = all.map(|ip| SocketAddr::new(*ip, port)).collect();
        targets.push(self.local.local_addr().expect("its address"));
        targets
    }

    /// What the agent is not to reach is there at all.
    fn assert_reachable_from_here(&self) {
        for target in self.targets() {
            let reached = TcpStream::connect_timeout(&target, Duration::from_secs(5));
            assert!(reached.is_ok(), "{target}: {reached:?}");
            let listener = if target.ip().is_loopback() {
                &self.local
            } else {
                &self.public
            };
            let _ = listener.accept().expect("our own call");
        }
    }

    /// Asserts that nobody has called since.
    fn assert_uncalled(&self) {
        for listener in [&self.public, &self.local] {
            listener.set_nonblocking(true).expect("a look, no wait");
            let called = listener.accept();
            assert!(called.is_err(), "somebody reached the host: {called:?}");
        }
    }
}

/// Every door of the launcher, and paths that would lead around one.
fn doors() -> Value {
    json!([
        ["GET", "/api/sessions/x"],
        ["GET", "/api/runtime/x"],
        ["POST", "/api/start"],
        ["POST", "/api/stop"],
        ["GET", "/action/alive"],
        ["POST", "/action/execute_action"],
        ["POST", "/llm/v1/chat/completions"],
        ["GET", "/llm/v1/models"],
        ["GET", "/llm/health"],
        ["POST", "/llm/../api/start"],
        ["POST", "//api/start"],
        ["GET", "/api/../llm/v1/models"],
        ["GET", "/"],
    ])
}

/// A run that has the agent carry out the probe; what it told.
fn probed(bench: &Bench, host: &Host) -> Value {
    let mut targets: Vec<_> = host
        .targets()
        .iter()
        .map(|target| json!([target.ip(), target.port()]))
        .collect();
    let provider = bench.base_url().replace("http://", "").replace("/v1", "");
    let (ip, port) = provider.split_once(':').expect("the provider's address");
    let port: u16 = port.parse().expect("its port");
    targets.extend([json!([ip, port]), json!([METADATA, 80])]);
    targets.extend([json!(["1.1.1.1", 443]), json!(["192.168.0.1", 80])]);
    let asked = json!({
        "targets": targets,
        "names": ["host.docker.internal", "example.com", "metadata.google.internal"],
        "files": [MARKER, "attempt.json", "change.patch", "transcript.log", "host.sock"],
        "doors": doors(),
    });
    let probe = Script::new([
        create_file("/tmp/asked.json", &asked.to_string()),
        create_file("/tmp/probe.py", PROBE),
        bash_for("python3 /tmp/probe.py", 110),
        Step::finish("done"),
    ]);
    let mut command = bench.run_command(&["look around"]);
    command.env("OPENHANDS_BASE_URL", bench.add_script("probe", probe));
    let _ = Running::start(command).end().with_code(0);
    let told = bench.file("told.json").expect("what the probe told");
    serde_json::from_str(&told).expect("JSON")
}

#[test]
fn an_agent_finds_no_way_out_of_its_sandbox() {
    let host = Host::new();
    // Another attempt of the same home is there to be found, too.
    let bench = Bench::new(Script::new([
        create_file("/workspace/other.txt", "of the other\n"),
        Step::finish("done"),
    ]));
    let _ = bench.run(&["another", "--no-apply"]).with_code(0);
    for dir in [&bench.home, &bench.dir.path().to_owned()] {
        fs::write(dir.join(MARKER), "of the host\n").expect("a file of the host");
    }
    let told = probed(&bench, &host);
    for (target, reached) in told["targets"].as_object().expect("targets") {
        assert_ne!(reached, "reached", "{target}: {told:#}");
    }
    host.assert_uncalled();
    for (name, address) in told["names"].as_object().expect("names") {
        assert!(address.is_null(), "{name} is {address}");
    }
    assert_eq!(told["interfaces"], json!(["lo"]), "{told:#}");
    assert!(told["paths"].as_u64().is_some_and(|count| count > 1000));
    assert_eq!(told["files"], json!([]), "files of the host or of others");
    let sockets = told["sockets"].as_array().expect("sockets");
    let own = |path: &Value| path.as_str().is_some_and(|path| path.starts_with("/tmp/"));
    assert!(sockets.iter().all(own), "{sockets:?}");
    assert_eq!(told["writable"], json!([]), "the root is read-only");
    for (name, value) in told["rights"].as_object().expect("rights") {
        let expected = if name == "NoNewPrivs" {
            "1"
        } else {
            "0000000000000000"
        };
        assert_eq!(value, expected, "{name}");
    }
    let processes = told["processes"].to_string();
    assert!(!processes.contains("openhands.core.main"), "{processes}");
    assert!(!told.to_string().contains(CANARY));
    check_doors(&told);
    bench.assert_nothing_left();
}

/// Whoever has not the right key is refused, also with the one key that the agent can read.
fn check_doors(told: &Value) {
    assert_eq!(told["has_session_key"], true, "{told:#}");
    assert_eq!(told["server"], "reached", "the command server is its own");
    let answers = told["doors"].as_array().expect("doors");
    assert_eq!(answers.len(), 2 * doors().as_array().map_or(0, Vec::len));
    for answer in answers {
        let (path, status) = (answer[2].as_str().expect("a path"), &answer[3]);
        let is_door = ["/api/", "/action/", "/llm/"]
            .iter()
            .any(|door| path.starts_with(door) && !path.contains(".."));
        let there_is_none = !is_door && *status == 404;
        assert!(*status == 403 || there_is_none, "{answer}");
    }
}

#[test]
fn an_agent_in_the_place_of_its_command_server_hears_no_key() {
    let wait = "(nohup python3 /tmp/takeover.py > /workspace/takeover.log 2>&1 &); \
                for n in $(seq 200); do test -e /tmp/taken && break; sleep 0.1; done; \
                ls /tmp/taken";
    let bench = Bench::new(Script::new([
        create_file("/tmp/takeover.py", TAKEOVER),
        bash_for(wait, 60),
        bash("echo to whoever listens"),
        Step::finish("done").after(Duration::from_secs(3)),
    ]));
    let running = bench
        .start(&["take over"])
        .until("the last call", LIMIT, || bench.requests().len() >= 4);
    let (app, _sandbox) = both(&bench);
    let keys = ["SANDBOX_API_KEY", "LLM_API_KEY"].map(|name| variable(&app, name));
    let report = running.end().with_code(0).json();
    let log = bench.file("takeover.log").unwrap_or_default();
    let heard = bench.file("heard.json").unwrap_or_default();
    assert!(!heard.is_empty(), "nothing was heard: {log}\n{report:#}");
    for key in keys {
        assert!(key.len() >= 32, "a key of {} characters", key.len());
        assert!(!heard.contains(&key), "a key was heard: {heard}");
    }
    let heard: Value = serde_json::from_str(&heard).expect("JSON");
    let calls = heard.as_array().expect("calls");
    let commands: Vec<_> = calls
        .iter()
        .filter(|call| call["body"].to_string().contains("to whoever listens"))
        .collect();
    assert_eq!(commands.len(), 1, "{heard:#}");
    for call in calls {
        let headers = call["headers"].as_object().expect("headers");
        for name in ["x-api-key", "authorization", "cookie"] {
            assert!(!headers.contains_key(name), "{name}: {call:#}");
        }
        let opened = call["opened"].as_array().expect("what the words open");
        assert!(!opened.is_empty());
        for answers in opened {
            assert_eq!(*answers, json!([403, 403, 403, 403, 403]), "{call:#}");
        }
    }
    bench.assert_nothing_left();
}
