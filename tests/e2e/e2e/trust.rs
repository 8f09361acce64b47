//! A repository that somebody else wrote: what its configuration may not do, and where the user's
//! key never turns up.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use deckhands_e2e::{
    Bench, CANARY, Ended, Profile, Running, bash, by_profile, deckhands, one_step, profile,
    wait_for,
};
use deckhands_testkit::{Script, Step, Times};
use serde_json::{Value, json};

/// Longest that a refusal may take, on a busy machine.
const SOON: Duration = Duration::from_secs(5);

/// Longest life of a run that is watched.
const LIFE: Duration = Duration::from_secs(290);

/// The commands that read configuration.
const COMMANDS: [&[&str]; 5] = [
    &["run", "--json", "do it"],
    &["run", "--json", "--dry-run", "do it"],
    &["doctor", "--json"],
    &["config", "show", "--json"],
    &["reap", "--json"],
];

/// A bench with a repository of somebody else's; commands run in a directory inside of it.
struct Foreign {
    bench: Bench,
    dir: PathBuf,
    /// Where the repository would like to see the user's key.
    evil: String,
}

impl Foreign {
    fn new() -> Self {
        let bench = Bench::new(one_step());
        let evil = bench.add_script("evil", one_step());
        let dir = bench.dir.path().join("clone of theirs");
        fs::create_dir_all(dir.join("src")).expect("the repository");
        Self { bench, dir, evil }
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.dir.join(name), text).expect("a file of the repository");
    }

    /// A command of the binary inside the repository. Where the model is, is the user's default, so
    /// that nothing of the user's overrides what the repository says.
    fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command(args);
        command.current_dir(self.dir.join("src"));
        command.env_remove("OPENHANDS_BASE_URL");
        command
    }

    fn call(&self, args: &[&str]) -> Ended {
        Running::start(self.command(args)).end()
    }

    /// Carries out each command that reads configuration: all are refused alike. Returns message,
    /// causes and hint.
    fn refused(&self) -> String {
        let mut told = Vec::new();
        for args in COMMANDS {
            let ended = self.call(args).with_code(2);
            assert!(ended.took < SOON, "{:?}", ended.took);
            assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY));
            let error = ended.json();
            let causes = error["causes"].to_string();
            told.push(format!(
                "{} {causes} {}",
                text(&error["message"]),
                text(&error["hint"])
            ));
        }
        told.dedup();
        assert_eq!(told.len(), 1, "commands differ: {told:#?}");
        assert!(self.bench.requests().is_empty(), "the endpoint was asked");
        assert!(
            !self.bench.home.join("attempts").exists(),
            "an attempt was begun"
        );
        told.remove(0)
    }

    fn shown(&self) -> Value {
        self.call(&["config", "show", "--json"]).with_code(0).json()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Value and origin of a setting as `config show` tells them.
fn setting(shown: &Value, key: &str) -> (String, String) {
    let rows = shown["settings"].as_array().expect("settings");
    let row = rows
        .iter()
        .find(|row| row["key"] == key)
        .expect("the setting");
    (
        text(&row["value"]).to_owned(),
        text(&row["origin"]).to_owned(),
    )
}

#[test]
fn a_foreign_file_may_not_choose_where_keys_go_or_what_runs() {
    let foreign = Foreign::new();
    let evil = &foreign.evil;
    let refused = [
        ("model.base_url", format!("'{evil}'")),
        ("model.api_key_env", "'AWS_SECRET_ACCESS_KEY'".to_owned()),
        ("model.api_key_file", "'/etc/shadow'".to_owned()),
        // The agent's library takes an address out of such a name, and sends the key there.
        ("model.id", format!("'huggingface/{evil}'")),
        (
            "model.id",
            "'bedrock/arn:aws:bedrock:evil.example/#:1:x/y'".to_owned(),
        ),
        ("images.app", "'evil.example/app'".to_owned()),
        ("images.sandbox", "'evil.example/sandbox'".to_owned()),
        ("docker.host", "'tcp://evil.example:2375'".to_owned()),
        ("docker.context", "'evil'".to_owned()),
        ("docker.config", "'.'".to_owned()),
        ("run.profile", "'socket'".to_owned()),
        ("run.network", "'open'".to_owned()),
        ("run.workspace", "'/'".to_owned()),
        ("run.workspace_root", "'/'".to_owned()),
        ("run.home", "'/tmp'".to_owned()),
        ("limits.workspace_bytes", "'1t'".to_owned()),
    ];
    for (key, value) in refused {
        foreign.write("deckhands.toml", format!("# theirs\n\n{key} = {value}\n"));
        let told = foreign.refused();
        let place = format!("{}:3", foreign.dir.join("deckhands.toml").display());
        let hint = format!("deckhands config trust '{}'", foreign.dir.display());
        for part in [&format!("`{key}`"), &place, &hint] {
            assert!(told.contains(part), "`{part}` is not in: {told}");
        }
    }
    // What can only be said on the command line, or not at all, is no setting of any file.
    for line in [
        "run.yes = true",
        "run.unproved_version = true",
        "run.mounts = ['/:/host']",
    ] {
        foreign.write("deckhands.toml", line);
        let told = foreign.refused();
        assert!(
            told.contains("is not a setting") && told.contains("deckhands.toml:1"),
            "{told}"
        );
    }
}

#[test]
fn foreign_variables_may_not_either() {
    let foreign = Foreign::new();
    let refused = [
        (
            "OPENHANDS_BASE_URL",
            foreign.evil.as_str(),
            "model.base_url",
        ),
        ("DECKHANDS_BASE_URL", &foreign.evil, "model.base_url"),
        (
            "DECKHANDS_API_KEY_FILE",
            "/etc/shadow",
            "model.api_key_file",
        ),
        ("OPENHANDS_WORKSPACE", "/", "run.workspace"),
        ("OPENHANDS_WORKSPACE_ROOT", "/", "run.workspace_root"),
        ("OPENHANDS_DOCKER_IMAGE", "evil.example/app", "images.app"),
        (
            "OPENHANDS_DOCKER_RUNTIME_IMAGE",
            "evil.example/sandbox",
            "images.sandbox",
        ),
        ("DOCKER_HOST", "tcp://evil.example:2375", "docker.host"),
        ("DOCKER_CONTEXT", "evil", "docker.context"),
        ("DOCKER_CONFIG", ".", "docker.config"),
        ("DECKHANDS_HOME", "/tmp", "run.home"),
        ("DECKHANDS_PROFILE", "socket", "run.profile"),
        ("DECKHANDS_NETWORK", "open", "run.network"),
        ("DECKHANDS_CONFIG", "theirs.toml", "DECKHANDS_CONFIG"),
    ];
    foreign.write(
        "theirs.toml",
        format!("model.base_url = '{}'\n", foreign.evil),
    );
    for (variable, value, key) in refused {
        foreign.write(
            ".env",
            format!("SOMETHING=else\nexport {variable}=\"{value}\"\n"),
        );
        let told = foreign.refused();
        let file = foreign.dir.join(".env").display().to_string();
        for part in [key, &format!("`{variable}`"), &file] {
            assert!(told.contains(part), "`{part}` is not in: {told}");
        }
        let hint = told.contains("deckhands config trust ");
        assert_eq!(hint, variable != "DECKHANDS_CONFIG", "{told}");
    }
}

#[test]
fn trust_is_for_one_directory_whatever_its_files_say() {
    let foreign = Foreign::new();
    let evil = &foreign.evil;
    let settings = format!("model.base_url = '{evil}'\n");
    foreign.write("deckhands.toml", &settings);
    let _ = foreign.refused();
    let dir = foreign.dir.to_string_lossy().into_owned();
    let trusted = foreign.call(&["config", "trust", &dir]).with_code(0);
    assert!(trusted.stdout.contains("trusted"), "{}", trusted.shown());
    let plan = foreign.call(COMMANDS[1]).with_code(0).json();
    assert_eq!(plan["route"]["base_url"], evil.as_str(), "{plan:#}");
    assert_eq!(plan["route"]["key"], "set", "the user trusts the directory");
    // Its files may change: the directory is trusted, not a text.
    foreign.write("deckhands.toml", settings + "deadlines.work = 77\n");
    let shown = foreign.shown();
    assert_eq!(setting(&shown, "deadlines.work").0, "77s");
    assert_eq!(setting(&shown, "model.base_url").0, *evil);
    // A clone inside of it is somebody else's, and so is a directory that only looks like it.
    fs::write(
        foreign.dir.join("src/deckhands.toml"),
        format!("model.base_url = '{evil}'\n"),
    )
    .expect("a file");
    assert!(foreign.refused().contains("src/deckhands.toml:1"));
    fs::remove_file(foreign.dir.join("src/deckhands.toml")).expect("remove it");
    fs::rename(&foreign.dir, foreign.bench.dir.path().join("elsewhere")).expect("move it");
    let mut command = foreign.command(&["config", "show", "--json"]);
    command.current_dir(foreign.bench.dir.path().join("elsewhere/src"));
    let _ = Running::start(command).end().with_code(2);
}

#[test]
fn a_key_goes_only_where_its_owner_said() {
    let foreign = Foreign::new();
    let key_of = |plan: &Value| text(&plan["route"]["key"]).to_owned();
    // The repository chooses another provider: the user's key for everything stays at home.
    foreign.write("deckhands.toml", "model.id = 'xai/grok'\n");
    let mut command = foreign.command(COMMANDS[0]);
    command
        .env_remove("OPENROUTER_API_KEY")
        .env("DECKHANDS_API_KEY", CANARY);
    let error = Running::start(command).end().with_code(2).json();
    assert!(
        text(&error["message"]).contains("`xai`, which the project chose"),
        "{error:#}"
    );
    // The same provider is fine: the model is a matter of taste.
    foreign.write("deckhands.toml", "model.id = 'openrouter/some/model'\n");
    assert_eq!(
        key_of(&foreign.call(COMMANDS[1]).with_code(0).json()),
        "set"
    );
    fs::remove_file(foreign.dir.join("deckhands.toml")).expect("remove it");
    // A key that the repository brings may go to the user's endpoint, not the other way round, and
    // does not displace the user's own.
    foreign.write(".env", "DECKHANDS_API_KEY=sk-theirs\n");
    let shown = foreign.shown();
    assert!(
        setting(&shown, "model.api_key")
            .1
            .contains("`OPENROUTER_API_KEY`"),
        "{shown:#}"
    );
    let mut command = foreign.command(&["config", "show", "--json"]);
    command.env_remove("OPENROUTER_API_KEY");
    let shown = Running::start(command).end().with_code(0).json();
    assert!(
        setting(&shown, "model.api_key")
            .1
            .contains("`DECKHANDS_API_KEY`"),
        "{shown:#}"
    );
    assert!(!shown.to_string().contains("sk-theirs"));
}

/// Asserts how files that are none are taken, and that nobody waits for them.
fn check_odd(name: &str, make: impl Fn(&Path), code: i32, part: &str) {
    let foreign = Foreign::new();
    let path = foreign.dir.join(name);
    make(&path);
    let ended = foreign.call(&["config", "show", "--json"]).with_code(code);
    assert!(ended.took < SOON, "{name}, {part}: {:?}", ended.took);
    let told = ended.json().to_string();
    assert!(told.contains(part), "`{part}` is not in {told}");
    assert!(told.len() < 16 << 10, "{} bytes about {name}", told.len());
    // Nothing of another file's content is told.
    assert!(!told.contains("root:"), "{told}");
}

#[test]
fn files_that_are_none_are_told_and_nobody_waits() {
    let fifo = |path: &Path| {
        let status = Command::new("mkfifo").arg(path).status();
        assert!(status.expect("mkfifo").success());
    };
    let link = |target: &'static str| {
        move |path: &Path| std::os::unix::fs::symlink(target, path).expect("a link")
    };
    let sparse = |path: &Path| {
        let file = fs::File::create(path).expect("a file");
        file.set_len(100 << 20).expect("100 MiB");
    };
    let bytes = |bytes: Vec<u8>| move |path: &Path| fs::write(path, &bytes).expect("a file");
    let toml = "deckhands.toml";
    check_odd(toml, fifo, 2, "not a plain file");
    check_odd(
        toml,
        |path| fs::create_dir(path).expect("a directory"),
        0,
        "settings",
    );
    check_odd(toml, sparse, 2, "over 1 MiB");
    check_odd(toml, bytes(b"[run]\n\xff\xfe".to_vec()), 2, "UTF-8");
    check_odd(
        toml,
        bytes(format!("a = {}", "[".repeat(500_000)).into()),
        2,
        "deckhands.toml:1",
    );
    check_odd(
        toml,
        bytes((["a"; 300_000].join(".") + " = 1").into()),
        2,
        "deckhands.toml:1",
    );
    check_odd(
        toml,
        bytes(b"model.id = \"\x1b[31m\"\n".to_vec()),
        2,
        "deckhands.toml:1",
    );
    check_odd(toml, link("/etc/passwd"), 2, "deckhands.toml:1");
    check_odd(toml, link("nowhere"), 2, "No such file");
    check_odd(toml, link("deckhands.toml"), 2, "deckhands.toml");
    check_odd(toml, link("/dev/zero"), 2, "not a plain file");
    check_odd(toml, link("/proc/kmsg"), 2, "deckhands.toml");
    // Other programs keep other things under this name.
    check_odd(".env", fifo, 0, "not a plain file");
    check_odd(
        ".env",
        |path| fs::create_dir(path).expect("a directory"),
        0,
        "settings",
    );
    check_odd(".env", sparse, 2, "over 1 MiB");
    check_odd(".env", bytes(b"A=\xff\xfe".to_vec()), 2, "UTF-8");
    check_odd(".env", link("/etc/passwd"), 0, "is not NAME=value");
    let lines: String = (0..70_000).map(|n| format!("no line {n}\n")).collect();
    check_odd(".env", bytes(lines.clone().into()), 0, "more notes");
    let last = lines + "DECKHANDS_TIMEOUT=5 minutes\n";
    check_odd(".env", bytes(last.into()), 2, ".env:70001");
}

#[test]
fn variables_of_a_project_are_read_and_go_no_further() {
    let foreign = Foreign::new();
    foreign.write(
        ".env",
        "# theirs\r\nexport OPENHANDS_TIMEOUT='77'\r\nDECKHANDS_MAX_ITERATIONS = \"7\" # seven\r\n\
         DECKHANDS_MODEL=openrouter/$HOME/x\r\nOTHER_SECRET=sk-others\r\nLLM_API_KEY=sk-others\r\n\
         LLM_BASE_URL=http://evil.example\r\nRUNTIME=local\r\nHTTPS_PROXY=http://evil.example\r\n",
    );
    let shown = foreign.shown();
    assert_eq!(setting(&shown, "deadlines.work").0, "77s");
    assert_eq!(setting(&shown, "limits.iterations").0, "7");
    assert_eq!(setting(&shown, "model.id").0, "openrouter/$HOME/x");
    let plan = foreign.call(COMMANDS[1]).with_code(0);
    assert!(!plan.stdout.contains("sk-others") && !plan.stdout.contains("evil.example"));
    let plan = plan.json();
    let environment = &plan["app"]["environment"];
    assert_eq!(environment["RUNTIME"], by_profile("remote", "docker"));
    let providers = "https://openrouter.ai/api/v1";
    assert_eq!(plan["route"]["base_url"], providers);
    let relays = "http://127.0.0.1:8079/llm/v1";
    assert_eq!(environment["LLM_BASE_URL"], by_profile(relays, providers));
}

/// A provider that repeats the key in what it says and in the error that ends the run: the key is
/// nowhere, neither while it runs nor afterwards, but in the app container's environment in profile
/// `socket`.
#[test]
fn a_key_that_the_provider_repeats_is_kept_nowhere() {
    let said = format!("your key is {CANARY}");
    let error = json!({"error": {"message": format!("Incorrect API key provided: {CANARY}."),
        "type": "invalid_request_error", "param": null, "code": "invalid_api_key"}});
    let mut first = bash("echo working");
    if let deckhands_testkit::Reply::Call { text, .. } = &mut first.reply {
        text.clone_from(&said);
    }
    let last = Step::status(401, error).after(Duration::from_secs(4));
    let bench = Bench::new(Script::new([first, last.times(Times::Forever)]));
    let mut arguments = Vec::new();
    let mut containers = Vec::new();
    let running = bench.start(&["-vv", "look for the key"]);
    let ended = watched(running, || {
        arguments.extend(
            processes()
                .into_iter()
                .filter(|(_, line)| line.contains(CANARY)),
        );
        if containers.len() < 2 && bench.requests().len() == 2 {
            containers = bench.containers();
        }
    });
    let ended = ended.with_code(1);
    assert!(arguments.is_empty(), "{arguments:?}");
    assert_eq!(containers.len(), 2, "{containers:?}");
    for container in containers {
        let mut inspect = container.inspect;
        let app = container.name.ends_with("-app");
        let environment = inspect["Config"]["Env"].take();
        let secret = format!("LLM_API_KEY={CANARY}");
        let variables = environment.as_array().expect("an environment").iter();
        let with_key: Vec<_> = variables.map(text).filter(|v| v.contains(CANARY)).collect();
        let has_key = app && profile() == Profile::Socket;
        assert_eq!(with_key, if has_key { vec![secret] } else { vec![] });
        assert!(
            !inspect.to_string().contains(CANARY),
            "{}: {inspect:#}",
            container.name
        );
    }
    assert!(!ended.stdout.contains(CANARY) && !ended.stderr.contains(CANARY));
    let report = ended.json();
    assert_eq!(report["error"]["cause"], "BadKey", "{report:#}");
    assert!(
        text(&report["error"]["message"]).contains("Incorrect API key provided"),
        "{report:#}"
    );
    let transcript = bench.attempt_file("transcript.log").expect("a transcript");
    let transcript = fs::read_to_string(transcript).expect("the transcript");
    assert!(
        transcript.contains("your key is"),
        "the text itself is kept"
    );
    Bench::assert_nowhere_below(bench.dir.path(), CANARY);
    bench.assert_nothing_left();
}

/// Waits for a run's end and looks again and again meanwhile.
pub(crate) fn watched(running: Running, mut look: impl FnMut() + Send) -> Ended {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ended = scope.spawn(|| {
            let ended = running.end();
            done.store(true, Ordering::Relaxed);
            ended
        });
        wait_for("the end of the run", LIFE, || {
            look();
            done.load(Ordering::Relaxed).then_some(())
        });
        ended.join().expect("the run's end")
    })
}

/// Waits for a run's end; also tells the most memory that its process had, in bytes.
pub(crate) fn peak_memory_of(bench: &Bench, running: Running) -> (Ended, u64) {
    let binary = deckhands().to_string_lossy().into_owned();
    let home = bench.home.to_string_lossy().into_owned();
    let mut peak = 0;
    let ended = watched(running, || {
        let mut all = processes().into_iter();
        let ours = all.find(|(_, line)| line.starts_with(&binary) && line.contains(&home));
        peak = peak.max(ours.and_then(|(pid, _)| peak_memory(&pid)).unwrap_or(0));
    });
    assert!(peak > 0, "the process was never seen");
    (ended, peak)
}

fn peak_memory(pid: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib << 10)
}

/// Every process with its arguments, separated by spaces.
pub(crate) fn processes() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for item in fs::read_dir("/proc")
        .expect("the list of processes")
        .flatten()
    {
        let pid = item.file_name().to_string_lossy().into_owned();
        if let Ok(line) = fs::read(item.path().join("cmdline")) {
            all.push((pid, String::from_utf8_lossy(&line).replace('\0', " ")));
        }
    }
    all
}
