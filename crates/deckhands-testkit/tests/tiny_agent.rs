//! The tiny agent's commands, by running the program.

#![expect(clippy::unwrap_used, reason = "a panic is how a test's helper fails")]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Output, Stdio};
use std::thread::JoinHandle;

use sha2::{Digest as _, Sha256};

fn agent(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tiny-agent"));
    command.args(words).stdin(Stdio::null());
    command
}

fn run(words: &[&str]) -> (i32, String, String) {
    told(&agent(words).output().unwrap())
}

fn told(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (
        output.status.code().unwrap(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn commands_say_and_end() {
    let rows: &[(&[&str], i32, &str, &str)] = &[
        (&[], 0, "", ""),
        (&["say", "hello", "you"], 0, "hello you\n", ""),
        (&["err", "oops"], 0, "", "oops\n"),
        (&["exit", "3"], 3, "", ""),
        (&["true"], 0, "", ""),
        (&["false"], 1, "", ""),
        (&["sleep", "0.01"], 0, "", ""),
        (&["sleep", "long"], 2, "", ""),
        (&["alloc", "2"], 0, "", ""),
        (&["stdin-closed?"], 0, "closed\n", ""),
        (&["env", "NO_SUCH_NAME"], 1, "", ""),
        (
            &["say", "a", "--then", "exit", "4", "--then", "say", "b"],
            4,
            "a\n",
            "",
        ),
        (&["false", "--then", "say", "on"], 0, "on\n", ""),
        (
            &["sh", "-c", "say a; false && say b; say 'c d' && exit 5"],
            5,
            "a\nc d\n",
            "",
        ),
        (
            &["sh", "-c", "test -e / && say \"there it is\"\nsay x"],
            0,
            "there it is\nx\n",
            "",
        ),
        (&["sh", "-c", "test -e /no/such"], 1, "", ""),
        (
            &["sh", "-c", "say 'open"],
            1,
            "",
            "tiny-agent: sh: unclosed quote\n",
        ),
        (&["spew", "10", "4"], 0, "000\n000\n00", ""),
        (
            &["dance"],
            2,
            "",
            "tiny-agent: dance: unknown command or wrong arguments\n",
        ),
    ];
    for (words, code, out, err) in rows {
        assert_eq!(
            run(words),
            (*code, (*out).to_owned(), (*err).to_owned()),
            "{words:?}"
        );
    }
}

#[test]
fn spew_numbers_its_lines_and_counts_its_bytes() {
    let (code, out, _) = run(&["spew", "100000", "20"]);
    assert_eq!((code, out.len()), (0, 100_000));
    assert_eq!(out.lines().count(), 5000);
    assert_eq!(out.lines().last(), Some("00004999xxxxxxxxxxx"));
    assert_eq!(run(&["spew", "0", "20"]).1, "");
    // Longer than any buffer in between, and then without an end.
    let (_, out, _) = run(&["spew", "200001", "100000"]);
    let lengths: Vec<usize> = out.split('\n').map(str::len).collect();
    assert_eq!(lengths, [99_999, 99_999, 1]);
    let (_, out, _) = run(&["spew", "50000", "9999999999"]);
    assert_eq!((out.len(), out.contains('\n')), (50_000, false));
    assert!(out.starts_with("00000000x"), "{}", &out[..20]);
}

/// A session as OpenHands is started for it.
fn session(task: &str, name: &str) -> Command {
    agent(&[
        "python",
        "-m",
        "openhands.core.main",
        "-f",
        task,
        "-n",
        name,
    ])
}

#[test]
fn python_plays_the_session_of_a_name() {
    let dir = tempfile::tempdir().unwrap();
    let task = dir.path().join("task.txt");
    fs::write(&task, "task do it\nspew 7 4\nfinish done\n").unwrap();
    let task = task.display().to_string();
    // Names and ids of real sessions.
    let rows = [
        ("demo", "demo-a27b58493dc291d0edbf9d10190"),
        (
            "5c5c5c5c5c5c4c5c9c5c5c5c5c5c5c5c-1",
            "5c5c5c5c5c5c4c5c-5859a6a81300697",
        ),
    ];
    for (name, id) in rows {
        let mut play = session(&task, name);
        let output = play.env("FILE_STORE_PATH", dir.path()).output().unwrap();
        let (code, out, err) = told(&output);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(out.starts_with("000\n000"), "{out}");
        let events = dir.path().join("sessions").join(id).join("events");
        assert!(events.join("1.json").exists(), "{name}");
    }
    for words in [
        &["python", "-V"][..],
        &["python", "-m", "pip", "-f", &task, "-n", "x"],
    ] {
        assert_eq!(run(words).0, 2, "{words:?}");
    }
}

#[test]
fn ids_are_hashes_whatever_the_length_of_the_name() {
    let dir = tempfile::tempdir().unwrap();
    let task = dir.path().join("task.txt");
    fs::write(&task, "task x\n").unwrap();
    let task = task.display().to_string();
    // Around the lengths at which the padding takes another block.
    for length in [1, 16, 44, 45, 46, 53, 54, 55, 118, 119, 200] {
        let name = "n".repeat(length);
        let mut play = session(&task, &name);
        play.env("FILE_STORE_PATH", dir.path());
        assert_eq!(told(&play.output().unwrap()).0, 0);
        let head = &name[..length.min(16)];
        let hash = Sha256::digest(format!("{name}**********"));
        let digits: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let id = format!("{head}-{}", &digits[..31 - head.len()]);
        assert!(dir.path().join("sessions").join(&id).exists(), "{id}");
    }
}

#[test]
fn the_surroundings_are_told() {
    let output = agent(&["env", "SOME_NAME"])
        .env("SOME_NAME", "value")
        .output()
        .unwrap();
    assert_eq!(told(&output).1, "value\n");
    let (uid, gid) = fs::metadata("/proc/self")
        .map(|me| (me.uid(), me.gid()))
        .unwrap();
    assert_eq!(run(&["id"]).1, format!("{uid}:{gid}\n"));
    let open = agent(&["stdin-closed?"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut open = open.unwrap();
    let pipe = open.stdin.take().unwrap();
    let mut out = String::new();
    std::io::Read::read_to_string(&mut open.stdout.take().unwrap(), &mut out).unwrap();
    drop(pipe);
    assert!(open.wait().unwrap().success());
    assert_eq!(out, "open\n");
}

#[test]
fn the_name_it_is_called_by_is_the_command() {
    let mut command = agent(&["-c", "say named"]);
    assert_eq!(
        told(&command.arg0("/bin/sh").output().unwrap()).1,
        "named\n"
    );
    assert_eq!(told(&agent(&[]).arg0("false").output().unwrap()).0, 1);
}

#[test]
fn files_are_written_and_read() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a/b.txt").display().to_string();
    let chain = ["write", &file, "some", "text", "--then", "cat", &file];
    assert_eq!(run(&chain), (0, "some text".to_owned(), String::new()));
    assert_eq!(run(&["chmod", "600", &file]).0, 0);
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let (code, _, err) = run(&["cat", "/no/such"]);
    assert_eq!(code, 1);
    assert!(err.contains("/no/such"), "{err}");
    assert_eq!(run(&["write", &file]).0, 0);
    assert_eq!(fs::read(&file).unwrap(), b"");
    for line in ["one", "two words"] {
        assert_eq!(run(&["append", &file, line]).0, 0);
    }
    assert_eq!(fs::read(&file).unwrap(), b"one\ntwo words\n");
    assert_eq!(run(&["append", "/no/such", "x"]).0, 1);
}

#[test]
fn chown_does_not_follow_links() {
    let dir = tempfile::tempdir().unwrap();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::create_dir(dir.path().join("in")).unwrap();
    fs::write(dir.path().join("in/file"), "").unwrap();
    symlink(outside.path(), dir.path().join("in/link")).unwrap();
    symlink("/no/such", dir.path().join("in/broken")).unwrap();
    let me = fs::metadata(dir.path()).unwrap();
    // Only root can give files away; anybody else can at least give them to himself.
    let (uid, gid) = if me.uid() == 0 {
        (1234, 4321)
    } else {
        (me.uid(), me.gid())
    };
    let before = outside.as_file().metadata().unwrap();
    let root = dir.path().display().to_string();
    assert_eq!(
        run(&["chown", "-h", "-R", &format!("{uid}:{gid}"), &root]).0,
        0
    );
    for path in ["", "in", "in/file", "in/link", "in/broken"] {
        let now = fs::symlink_metadata(dir.path().join(path)).unwrap();
        assert_eq!((now.uid(), now.gid()), (uid, gid), "{path}");
    }
    let after = outside.as_file().metadata().unwrap();
    assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
    let rows: [&[&str]; 2] = [&["chown"], &["chown", "root", "/"]];
    for words in rows {
        assert_eq!(run(words).0, 2, "{words:?}");
    }
    assert_eq!(run(&["chown", "0:0", "/no/such"]).0, 1);
}

#[test]
fn a_play_leaves_the_traces_of_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let made = dir.path().join("ws/hello.txt");
    let mut play = tempfile::NamedTempFile::new_in(dir.path()).unwrap();
    let orders = format!(
        "# a short run\nout Starting OpenHands...\ntask say \"hello\"\nstate running\n\
         event {{\"source\": \"agent\", \"action\": \"think\", \"args\": {{\"thought\": \"hm\"}}}}\n\
         file {} hello\\nyou\nfinish all done\ntorn {{\"id\":\nstate FINISHED\nfail no: \\\\ \nexit 7\nout never\n",
        made.display()
    );
    play.write_all(orders.as_bytes()).unwrap();
    let file = play.path().display().to_string();
    let mut command = agent(&["openhands-play", &file, "sid-1"]);
    let (code, out, err) = told(&command.env("FILE_STORE_PATH", dir.path()).output().unwrap());
    assert_eq!((code, err.as_str()), (7, ""));
    assert_eq!(fs::read_to_string(&made).unwrap(), "hello\nyou");

    let events = dir.path().join("sessions/sid-1/events");
    let event = |n: u32| fs::read_to_string(events.join(format!("{n}.json"))).unwrap();
    let json = |n: u32| serde_json::from_str::<serde_json::Value>(&event(n)).unwrap();
    assert_eq!(json(0)["args"]["content"], "say \"hello\"");
    assert_eq!(json(1)["extras"]["agent_state"], "running");
    assert_eq!(
        (&json(2)["id"], &json(2)["action"]),
        (&2.into(), &"think".into())
    );
    assert_eq!(json(3)["args"]["final_thought"], "all done");
    assert_eq!(json(3)["timestamp"], "2026-01-01T00:00:03.000000");
    assert_eq!(event(4), "{\"id\":");
    assert_eq!(json(5)["extras"]["agent_state"], "finished");

    let mut lines = out.lines();
    assert_eq!(lines.next(), Some("Starting OpenHands..."));
    let messages: Vec<String> = lines
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
        .map(|line| line["message"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(messages.len(), 4);
    assert!(messages[0].ends_with("state from AgentState.LOADING to AgentState.RUNNING"));
    assert!(messages[1].contains("AgentFinishAction(final_thought=\"all done\""));
    assert!(messages[2].ends_with("state from AgentState.RUNNING to AgentState.FINISHED"));
    assert_eq!(
        messages[3],
        "Error while running the agent (session ID: sid-1): no: \\"
    );
}

/// A daemon that notes what it is asked, and answers each with a status and a text.
fn daemon(socket: &std::path::Path, answers: &'static [(u16, &str)]) -> JoinHandle<Vec<String>> {
    let listener = UnixListener::bind(socket).unwrap();
    std::thread::spawn(move || {
        let asked = answers.iter().map(|(status, text)| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).unwrap();
            }
            let length = head
                .lines()
                .find_map(|l| l.strip_prefix("Content-Length: "));
            let mut body = vec![0; length.unwrap().parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.0 {status} X\r\n\r\n{text}").unwrap();
            format!(
                "{} {}",
                head.lines().next().unwrap(),
                String::from_utf8(body).unwrap()
            )
        });
        asked.collect()
    })
}

fn sandboxed(socket: &std::path::Path) -> (i32, String, String) {
    let mut play = tempfile::NamedTempFile::new().unwrap();
    play.write_all(b"sandbox append /workspace/log it's \"me\"\nout done\n")
        .unwrap();
    let file = play.path().display().to_string();
    let mut command = agent(&["openhands-play", &file, "sid"]);
    command
        .env("DOCKER_SOCKET", socket)
        .env("SANDBOX_RUNTIME_CONTAINER_IMAGE", "tiny:1")
        .env("SANDBOX_VOLUMES", "/a b:/workspace:rw")
        .env(
            "SANDBOX_DOCKER_RUNTIME_KWARGS",
            "{'labels': {'a': 'b', 'deckhands.role': 'sandbox'}, 'mem_limit': 5}",
        );
    told(&command.output().unwrap())
}

#[test]
fn a_play_makes_a_sandbox_by_the_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let answers = &[
        (201, "{\"Id\":\"1\"}"),
        (204, ""),
        (200, "{\"StatusCode\":0}"),
    ];
    let asked = daemon(&dir.path().join("sock"), answers);
    assert_eq!(
        sandboxed(&dir.path().join("sock")),
        (0, "done\n".to_owned(), String::new())
    );
    let asked = asked.join().unwrap();
    let (line, body) = asked[0].split_once(" HTTP/1.0 ").unwrap();
    assert_eq!(line, "POST /containers/create?name=openhands-runtime-sid");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    let expected = serde_json::json!({
        "Image": "tiny:1",
        "Entrypoint": ["/bin/sh", "-c"],
        "Cmd": ["append /workspace/log it's \"me\""],
        "Labels": {"a": "b", "deckhands.role": "sandbox"},
        "HostConfig": {"Binds": ["/a b:/workspace:rw"], "NetworkMode": "none"},
    });
    assert_eq!(body, expected);
    assert!(asked[1].starts_with("POST /containers/openhands-runtime-sid/start "));
    assert!(asked[2].starts_with("POST /containers/openhands-runtime-sid/wait "));
}

#[test]
fn a_sandbox_that_cannot_be_made_or_fails_ends_the_play() {
    let rows: [&'static [(u16, &str)]; 2] = [
        &[(409, "in use")],
        &[(201, ""), (204, ""), (200, "{\"StatusCode\":1}")],
    ];
    for answers in rows {
        let dir = tempfile::tempdir().unwrap();
        let asked = daemon(&dir.path().join("sock"), answers);
        let (code, out, err) = sandboxed(&dir.path().join("sock"));
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.contains(answers.last().unwrap().1), "{err}");
        assert_eq!(asked.join().unwrap().len(), answers.len());
    }
}

#[test]
fn a_play_that_cannot_be_carried_out_says_where() {
    let mut play = tempfile::NamedTempFile::new().unwrap();
    play.write_all(b"out one\ndance\n").unwrap();
    let file = play.path().display().to_string();
    let (code, out, err) = run(&["openhands-play", &file, "sid"]);
    assert_eq!((code, out.as_str()), (2, "one\n"));
    assert!(err.contains("line 2"), "{err}");
    assert_eq!(run(&["openhands-play", "/no/such", "sid"]).0, 2);
}
