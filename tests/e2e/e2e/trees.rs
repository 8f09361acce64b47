//! What an agent may leave in a workspace, and what of it gets out.
//!
//! The agent does whatever a program can do to a tree, in profile `socket` as root. What may be
//! promoted arrives bit for bit, everything else stays away, and nothing of it is ever executed,
//! followed or waited for on the host.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deckhands_e2e::{Bench, Ended, Running, bash, bash_for, by_profile, create_file};
use deckhands_testkit::{AfterEnd, Reply, Script, Step};
use serde_json::{Value, json};

use crate::trust::peak_memory_of;

/// Names that shells, terminals, Git and UTF-8 decoders stumble over.
const NAMES: [&[u8]; 12] = [
    b"two\nlines.txt",
    b"-rf",
    b"--help",
    b"bytes-\xff\xfe.bin",
    b" sp ace ",
    "grüße-☃.txt".as_bytes(),
    &[b'x'; 255],
    b"$(touch here)",
    b"`id`;.txt",
    b"\x1b[31mred\x1b[0m.txt",
    b"quo\"te\\.txt",
    b"deep/er/\r.txt",
];

/// One path as it is, links not followed.
#[derive(Clone, PartialEq, Eq)]
enum Item {
    Directory,
    File { mode: u32, bytes: Vec<u8> },
    Link(PathBuf),
    Other { mode: u32 },
}

/// Contents may be large; their length and beginning tell enough.
impl std::fmt::Debug for Item {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory => f.write_str("directory"),
            Self::File { mode, bytes } => {
                let start = &bytes[..bytes.len().min(60)];
                write!(
                    f,
                    "file {mode:o} of {}: {}",
                    bytes.len(),
                    start.escape_ascii()
                )
            }
            Self::Link(target) => write!(f, "link to {target:?}"),
            Self::Other { mode } => write!(f, "special {mode:o}"),
        }
    }
}

/// Everything below a directory by relative path.
fn snapshot(root: &Path) -> BTreeMap<PathBuf, Item> {
    let mut all = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(dir) = todo.pop() {
        for item in fs::read_dir(&dir).expect("a directory") {
            let path = item.expect("an entry").path();
            let meta = fs::symlink_metadata(&path).expect("a path's kind");
            let kind = if meta.is_dir() {
                todo.push(path.clone());
                Item::Directory
            } else if meta.is_symlink() {
                Item::Link(fs::read_link(&path).expect("a link"))
            } else if meta.is_file() {
                let mode = meta.permissions().mode();
                let bytes = fs::read(&path).expect("a file");
                Item::File { mode, bytes }
            } else {
                Item::Other { mode: meta.mode() }
            };
            let below = path.strip_prefix(root).expect("below the root");
            all.insert(below.to_owned(), kind);
        }
    }
    all
}

/// What differs between two snapshots, for a failing assertion.
fn assert_same(now: &BTreeMap<PathBuf, Item>, expected: &BTreeMap<PathBuf, Item>) {
    let paths = now.keys().chain(expected.keys());
    let differing: BTreeMap<_, _> = paths
        .filter(|path| now.get(*path) != expected.get(*path))
        .map(|path| (path, (now.get(path), expected.get(path))))
        .collect();
    assert!(differing.is_empty(), "(is, expected): {differing:#?}");
}

/// The part of a snapshot below a directory.
fn below(all: &BTreeMap<PathBuf, Item>, dir: &str) -> BTreeMap<PathBuf, Item> {
    let inside = |(path, item): (&PathBuf, &Item)| {
        let path = path.strip_prefix(dir).ok()?;
        let named = !path.as_os_str().is_empty();
        named.then(|| (path.to_owned(), item.clone()))
    };
    all.iter().filter_map(inside).collect()
}

/// The agent writes a Python program and runs it. What it printed is read twice: an agent whose shell is
/// slow may be told of an output with the next command only.
fn program(code: &str) -> [Step; 4] {
    [
        create_file("/tmp/make.py", code),
        bash_for("python3 /tmp/make.py 2>&1 | tee /tmp/made.log", 110),
        bash("cat /tmp/made.log"),
        bash("cat /tmp/made.log"),
    ]
}

/// Asserts that the agent's program came to its end: the model was told so.
fn assert_made(bench: &Bench) {
    let requests = bench.requests();
    let bodies = requests.iter().filter_map(|request| request.body());
    let mut told = bodies.map(|body| String::from_utf8_lossy(body).contains("MADE-ALL"));
    assert!(told.any(|told| told), "the agent's program did not end");
}

/// A repository without any help of Git, so that nothing but the test writes into it.
fn make_repository(dir: &Path) {
    for sub in ["objects", "refs/heads", "hooks"] {
        fs::create_dir_all(dir.join(sub)).expect("a directory of the repository");
    }
    fs::write(dir.join("HEAD"), "ref: refs/heads/main\n").expect("HEAD");
    let config = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n";
    fs::write(dir.join("config"), config).expect("the repository's settings");
}

fn mknod(path: &Path, words: &[&str]) {
    let status = Command::new("mknod").arg(path).args(words).status();
    assert!(status.expect("mknod").success(), "mknod {path:?}: root");
}

/// Python that plants commands in every place where Git looks for one.
fn hostile_git(marker: &Path) -> String {
    let marker = marker.display();
    format!(
        r#"
def hostile(git):
    command = 'touch {marker}'
    os.makedirs(git + '/hooks', exist_ok=True)
    with open(git + '/config', 'a') as f:
        f.write('[core]\n\tfsmonitor = "%s"\n\thooksPath = %s/hooks\n\tpager = "%s"\n\teditor = "%s"\n\tsshCommand = "%s"\n'
                % (command, git, command, command, command))
        f.write('[filter "x"]\n\tclean = "%s"\n\tsmudge = "%s"\n\trequired = true\n' % (command, command))
        f.write('[diff "x"]\n\ttextconv = "%s"\n\tcommand = "%s"\n' % (command, command))
        f.write('[alias]\n\tstatus = "!%s"\n\tdiff = "!%s"\n' % (command, command))
    for hook in ['pre-commit', 'post-checkout', 'post-index-change', 'post-merge', 'pre-push']:
        with open(git + '/hooks/' + hook, 'w') as f:
            f.write('#!/bin/sh\n' + command + '\n')
        os.chmod(git + '/hooks/' + hook, 0o755)
"#
    )
}

/// Everything that a program can put into a directory.
const ODD: &str = r#"
import os, socket
os.chdir('/workspace')
@HOSTILE
os.makedirs('deep/er')
for name in @NAMES:
    name = bytes(name)
    with open(name, 'wb') as f:
        f.write(b'content of ' + name + b'\0\xff\r\n')
os.mkfifo('new.fifo')
os.mkfifo(b'new\x1b]0;pwn\x07.fifo')
try:
    os.mknod('new.device', 0o20666, os.makedev(1, 3))
    print('DEVICE-MADE')
except OSError as error:
    print('no device:', error)
socket.socket(socket.AF_UNIX).bind('new.socket')
os.link('README.md', 'hard.md')
try:
    os.link('/etc/hostname', 'hard-outside')
except OSError as error:
    print('no hard link to another file system:', error)
for name, mode in [('new.setuid', 0o4755), ('new.setgid', 0o2755), ('new.sticky', 0o1644)]:
    open(name, 'w').close()
    os.chmod(name, mode)
with open('new.1t', 'w') as f:
    f.truncate(1 << 40)
for name, target in [('new-outward', '/etc/passwd'), ('new-up', '../../../../etc/passwd'),
                     ('new-directory', '/etc'), ('deep/new-up', '../../outside/victim.txt'),
                     ('dangling', 'nowhere'), ('loop-a', 'loop-b'), ('loop-b', 'loop-a'),
                     ('here', '.'), ('inside', 'keep/known.txt')]:
    os.symlink(target, name)
try:
    with open('own-directory/victim.txt', 'w') as f:
        f.write('theirs')
except OSError as error:
    print('nothing behind the link:', error)
with open('README.md', 'a') as f:
    f.write('more\n')
open('keep/.gitignore', 'w').write('*\n')
open('keep/known.txt', 'w').write('changed\n')
open('hidden/.gitignore', 'w').write('*\n')
open('hidden/new.txt', 'w').write('new\n')
open('.gitattributes', 'w').write('* filter=x diff=x\n')
hostile('.git')
hostile('sub/.git')
os.makedirs('added/.git')
hostile('added/.git')
print('MADE-' + 'ALL')
"#;

/// A source that is as odd as what an agent could make. The socket lives as long as its listener.
fn odd_source(work: &Path, outside: &Path) -> UnixListener {
    for dir in ["keep", "hidden", "ignored", "sub"] {
        fs::create_dir(work.join(dir)).expect("a directory");
    }
    for (name, text) in [
        ("keep/known.txt", "known\n"),
        ("ignored/private.txt", "private\n"),
        (".gitignore", "/ignored/\n"),
        ("own.setuid", "x\n"),
    ] {
        fs::write(work.join(name), text).expect("a file");
    }
    let mode = fs::Permissions::from_mode(0o4755);
    fs::set_permissions(work.join("own.setuid"), mode).expect("a set-user-id bit");
    symlink("/etc/passwd", work.join("own-outward")).expect("a link");
    symlink(outside, work.join("own-directory")).expect("a link");
    symlink("nowhere", work.join("own-dangling")).expect("a link");
    mknod(&work.join("own.fifo"), &["p"]);
    mknod(&work.join("own.device"), &["c", "1", "3"]);
    make_repository(&work.join(".git"));
    make_repository(&work.join("sub/.git"));
    UnixListener::bind(work.join("own.socket")).expect("a socket")
}

/// What promoting [`ODD`] makes of a workspace: these paths and no other.
fn with_odd(mut all: BTreeMap<PathBuf, Item>) -> BTreeMap<PathBuf, Item> {
    let mut file = |name: &[u8], bytes: &[u8]| {
        let (mode, bytes) = (0o100_644, bytes.to_vec());
        all.insert(path_of(name), Item::File { mode, bytes });
    };
    for name in NAMES {
        file(name, &[b"content of ", name, b"\0\xff\r\n"].concat());
    }
    file(b"README.md", b"# a project\nmore\n");
    file(b"hard.md", b"# a project\nmore\n");
    file(b"keep/known.txt", b"changed\n");
    file(b".gitattributes", b"* filter=x diff=x\n");
    for (name, target) in [
        ("dangling", "nowhere"),
        ("loop-a", "loop-b"),
        ("loop-b", "loop-a"),
        ("here", "."),
        ("inside", "keep/known.txt"),
    ] {
        all.insert(name.into(), Item::Link(target.into()));
    }
    for directory in ["deep", "deep/er"] {
        all.insert(directory.into(), Item::Directory);
    }
    all
}

/// The paths of [`ODD`] that no change may have, as they are shown. A device takes a right that the
/// sandbox of profile `managed` does not have.
const REFUSED: [&str; 11] = [
    "new.fifo",
    r"new\x1b]0;pwn\x07.fifo",
    "new.socket",
    "new.setuid",
    "new.setgid",
    "new.sticky",
    "new.1t",
    "new-outward",
    "new-up",
    "new-directory",
    "deep/new-up",
];

#[test]
fn odd_names_arrive_and_odd_kinds_stay_away() {
    let bench = Bench::new(Script::new([]));
    let marker = bench.dir.path().join("executed");
    let outside = bench.dir.path().join("outside");
    fs::create_dir(&outside).expect("a directory beside the workspace");
    fs::write(outside.join("victim.txt"), "mine\n").expect("a file beside the workspace");
    let _listener = odd_source(&bench.workspace, &outside);
    let (before, beside) = (snapshot(&bench.workspace), snapshot(&outside));

    let names: Vec<Vec<u8>> = NAMES.iter().map(|name| name.to_vec()).collect();
    let code = ODD.replace("@HOSTILE", &hostile_git(&marker));
    let code = code.replace("@NAMES", &json!(names).to_string());
    // Git of the check obeys what the agent wrote; it does so in a container.
    let check = "git status; test -e ./-rf && ! test -e new.1t && ! test -p new.fifo";
    let ended = run_program(
        &bench,
        &code,
        &["--json", "make odd things", "--check", check],
    );
    let ended = ended.with_code(0);
    assert_made(&bench);
    let report = ended.json();
    assert_eq!(report["applied"], true, "{report:#}");
    assert_same(&snapshot(&bench.workspace), &with_odd(before.clone()));
    assert_same(&snapshot(&outside), &beside);
    let mut told = refused_paths(&report);
    told.sort();
    let device: &[&str] = by_profile(&[], &["new.device"]);
    let mut refused = [&REFUSED[..], device].concat();
    refused.sort_unstable();
    assert_eq!(told, refused);
    let notes = report["notes"].to_string();
    for path in ["own.fifo", "own.device", "own.socket"] {
        assert!(notes.contains(path), "{path} is not in {notes}");
    }
    assert_collected_soon(&report);
    let diff = bench.call(&["diff", "last"]).with_code(0);
    assert!(
        diff.stdout.contains(r#""b/two\012lines.txt""#),
        "{}",
        diff.shown()
    );
    assert_clean(&diff);
    let _ = bench.call(&["apply", "last"]).with_code(0);
    let _ = bench.call(&["reap"]).with_code(0);
    assert_same(&snapshot(&bench.workspace), &with_odd(before));
    assert!(!marker.exists(), "a command of the agent ran on the host");
    bench.assert_nothing_left();
}

/// What was there becomes what cannot be promoted.
const BAD: &str = r#"
import os, shutil
os.chdir('/workspace')
@HOSTILE
hostile('.git')
shutil.rmtree('docs')
os.symlink('/etc', 'docs')
try:
    open('docs/deckhands-was-here', 'w').write('x')
except OSError as error:
    print('nothing in a root that is read-only:', error)
shutil.rmtree('lib')
os.symlink('other', 'lib')
open('lib/through.txt', 'w').write('x')
os.remove('pipe.txt')
os.mkfifo('pipe.txt')
os.remove('link.txt')
os.symlink('/etc/passwd', 'link.txt')
os.chmod('tool.sh', 0o6755)
os.truncate('big.bin', 1 << 40)
os.mkfifo(b'\x1b]0;pwn\x07\x1b[2J\xff.fifo')
open('good.txt', 'w').write('good\n')
shutil.rmtree('.git')
os.symlink('/etc', '.git')
print('MADE-' + 'ALL')
"#;

#[test]
fn a_change_that_cannot_be_whole_changes_nothing_and_is_told_cleanly() {
    let bench = Bench::new(Script::new([]));
    let marker = bench.dir.path().join("executed");
    let work = bench.workspace.clone();
    for dir in ["docs", "lib", "other"] {
        fs::create_dir(work.join(dir)).expect("a directory");
        fs::write(work.join(dir).join("a.txt"), "a\n").expect("a file");
    }
    for name in ["data.txt", "tool.sh", "big.bin", "link.txt", "pipe.txt"] {
        fs::write(work.join(name), "mine\n").expect("a file");
    }
    make_repository(&work.join(".git"));
    let before = snapshot(&work);
    let code = BAD.replace("@HOSTILE", &hostile_git(&marker));
    let ended = run_program(&bench, &code, &["-v", "make bad things"]).with_code(1);
    assert_made(&bench);
    assert_clean(&ended);
    assert_same(&snapshot(&work), &before);
    let report = kept_report(&bench);
    assert_eq!(report["state"], "failed", "{report:#}");
    assert_eq!(report["applied"], false);
    assert_eq!(report["error"]["cause"], "CheckFailed", "{report:#}");
    let findings = report["verdict"]["findings"].as_array().expect("findings");
    for path in ["docs", "pipe.txt", "link.txt", "tool.sh", "big.bin"] {
        let path = format!("`{path}`");
        let named =
            |f: &Value| f["message"].to_string().contains(&path) && f["severity"] == "error";
        assert!(findings.iter().any(named), "{path}: {findings:#?}");
        assert!(ended.stdout.contains(&path), "{}", ended.shown());
    }
    let shown = r"`\x1b]0;pwn\x07\x1b[2J\xff.fifo`";
    assert!(ended.stdout.contains(shown), "{}", ended.shown());
    assert_collected_soon(&report);
    assert_clean(&bench.call(&["diff", "last"]).with_code(0));
    assert_clean(&bench.call(&["apply", "last"]).with_code(2));
    assert_same(&snapshot(&work), &before);
    // With the user's word comes what can be promoted, and that follows no link either.
    let _ = bench.call(&["apply", "last", "--yes"]).with_code(0);
    assert_eq!(bench.file("good.txt").as_deref(), Some("good\n"));
    assert_eq!(bench.file("data.txt").as_deref(), Some("mine\n"));
    assert_eq!(snapshot(&work.join(".git")), below(&before, ".git"));
    let _ = bench.call(&["reap"]).with_code(0);
    assert!(!Path::new("/etc/deckhands-was-here").exists());
    assert!(!marker.exists(), "a command of the agent ran on the host");
    bench.assert_nothing_left();
}

/// Depth, length and noise: a chain of directories longer than any path may be and deeper than any
/// stack, arguments nested ten thousand deep, a line of ten megabytes, every kind of byte that a terminal obeys.
#[test]
fn depth_and_noise_end_in_a_typed_outcome() {
    let code = r"
import os, sys
os.chdir('/workspace')
open('good.txt', 'w').write('good\n')
for _ in range(30000):
    os.mkdir('a')
    os.chdir('a')
open('bottom', 'w').close()
sys.stdout.buffer.write(b'\x1b[31mred\x1b]0;title\x07 \x00\xff\xfe\r' + b'x' * 1000000 + b'\n')
print('MADE-' + 'ALL')
";
    let noise = "\u{1b}[2J\u{1b}]0;title\u{7}\u{0}\u{9b}31m".to_owned() + &"y".repeat(10_000_000);
    let steps = program(code).into_iter().chain([
        nested_call(400),
        nested_call(10_000),
        Step::finish(noise),
    ]);
    let bench = Bench::new(Script::new(steps).after_end(AfterEnd::RepeatLast));
    let mut command = bench.command(&[
        "run",
        "-vv",
        "make noise",
        "--model",
        "openrouter/anthropic/claude-sonnet-4",
    ]);
    command.arg("--workspace").arg(&bench.workspace);
    let before = snapshot(&bench.workspace);
    let (ended, peak) = peak_memory_of(&bench, Running::start(command));
    assert_eq!(ended.code, 0, "{}", ended.shown());
    assert_made(&bench);
    assert_clean(&ended);
    assert!(peak < 200 << 20, "{} MiB", peak >> 20);
    assert!(
        ended.stdout.len() + ended.stderr.len() < 1 << 20,
        "{} bytes",
        ended.stdout.len()
    );
    let report = kept_report(&bench);
    // What lies deeper than a path can say is told and stays away; the rest is a change like any.
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["attempts"][0]["outcome"], "finished", "{report:#}");
    assert_eq!(report["applied"], true, "{report:#}");
    let deep = report["verdict"]["findings"][0]["message"].as_str();
    assert!(deep.is_some_and(|m| m.contains("too deep")), "{report:#}");
    assert_eq!(bench.file("good.txt").as_deref(), Some("good\n"));
    fs::remove_file(bench.workspace.join("good.txt")).expect("remove it");
    assert_same(&snapshot(&bench.workspace), &before);
    assert_eq!(bench.attempt_file("workspace"), None, "the tree is removed");
    let _ = bench.call(&["reap"]).with_code(0);
    fs::remove_dir_all(&bench.home).expect("the state directory can be removed");
    bench.assert_nothing_left();
}

/// A call of a tool whose list is nested as deep as asked for. As text, for building it as a value
/// would need a stack as deep.
fn nested_call(depth: usize) -> Step {
    let list = "[".repeat(depth) + &"]".repeat(depth);
    let task = format!(r#"{{"id": "1", "title": "t", "status": "todo", "notes": {list}}}"#);
    let arguments = json!(format!(r#"{{"command": "plan", "task_list": [{task}]}}"#));
    let call = format!(
        r#"{{"id": "call_{depth}", "type": "function", "function": {{"name": "task_tracker", "arguments": {arguments}}}}}"#
    );
    Step::new(Reply::Raw(format!(
        r#"{{"id": "chatcmpl-{depth}", "object": "chat.completion", "created": 1, "model": "scripted",
            "choices": [{{"index": 0, "finish_reason": "tool_calls", "message":
                {{"role": "assistant", "content": null, "tool_calls": [{call}]}}}}],
            "usage": {{"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}}}}"#
    )))
}

/// A workspace that would fill the disk is refused before anything of it is read.
#[test]
fn a_source_of_a_terabyte_is_refused_at_once() {
    let bench = Bench::new(Script::new([]));
    let huge = fs::File::create(bench.workspace.join("huge.bin")).expect("a file");
    huge.set_len(1 << 40).expect("a sparse file");
    let ended = bench.run(&["do it"]).with_code(2);
    let report = ended.json();
    assert_eq!(report["error"]["cause"], "BadInput", "{report:#}");
    assert!(ended.took < Duration::from_secs(10), "{:?}", ended.took);
    assert!(bench.requests().is_empty());
    bench.assert_nothing_left();
}

/// `run` with an agent that carries out a program, which may know the bench's own paths.
fn run_program(bench: &Bench, code: &str, args: &[&str]) -> Ended {
    let done = Step::finish("done \u{1b}[31mred");
    let script = Script::new(program(code).into_iter().chain([done]));
    let mut command = bench.command(&["run"]);
    command.arg("--workspace").arg(&bench.workspace).args(args);
    command.env("OPENHANDS_BASE_URL", bench.add_script("program", script));
    Running::start(command).end()
}

/// Asserts that reading what the agent left did not depend on its size.
fn assert_collected_soon(report: &Value) {
    let took = report["timings"]["collect_s"].as_f64().expect("a figure");
    assert!(took < 10.0, "{took} s");
}

fn path_of(name: &[u8]) -> PathBuf {
    PathBuf::from(OsStr::from_bytes(name))
}

/// The same command, killed after so many seconds and with 4 GiB to address.
fn confined(seconds: u32, command: &Command) -> Command {
    let mut killed = Command::new("/usr/bin/prlimit");
    killed.args(["--as=4294967296", "/usr/bin/timeout", "-s", "KILL"]);
    killed.arg(seconds.to_string());
    killed.arg(command.get_program()).args(command.get_args());
    killed.env_clear();
    for (name, value) in command.get_envs() {
        killed.env(name, value.unwrap_or_default());
    }
    killed
}

/// The result document as the state directory keeps it.
fn kept_report(bench: &Bench) -> Value {
    let path = bench.attempt_file("result.json").expect("a kept result");
    let text = fs::read_to_string(path).expect("the kept result");
    serde_json::from_str(&text).expect("JSON")
}

/// The paths that findings name as not taken over.
fn refused_paths(report: &Value) -> Vec<String> {
    let findings = report["verdict"]["findings"].as_array().expect("findings");
    let path = |finding: &Value| {
        let message = finding["message"].as_str()?;
        let (path, _why) = message.strip_prefix('`')?.split_once("` is ")?;
        Some(path.to_owned())
    };
    findings.iter().filter_map(path).collect()
}

/// Asserts that a terminal would obey nothing of what was printed.
fn assert_clean(ended: &Ended) {
    for text in [&ended.stdout, &ended.stderr] {
        let bad = |c: &char| c.is_control() && *c != '\n' && *c != '\t';
        let found: Vec<_> = text.chars().filter(bad).take(9).collect();
        assert!(found.is_empty(), "{found:?} in {}", ended.shown());
    }
}

/// A `.git` file may name any directory; what is not this tree's own repository stays where it is.
/// The image that is missing ends each run after the copy, which is kept to be looked at.
#[test]
fn a_git_file_fetches_nothing_of_the_users() {
    let bench = Bench::new(Script::new([]));
    let work = &bench.workspace;
    let private = bench.dir.path().join("private");
    fs::create_dir_all(private.join("objects")).expect("a directory beside the workspace");
    for (name, text) in [
        ("HEAD", "ref: refs/heads/main\n"),
        ("config", "[core]\n"),
        ("id", "private-key"),
    ] {
        fs::write(private.join(name), text).expect("a file beside the workspace");
    }
    let points_at = |dir: &Path| format!("gitdir: {}\n", dir.display());
    fs::write(work.join(".git"), points_at(&private)).expect("a .git file");
    for sub in ["common", "pipe", "huge"] {
        fs::create_dir_all(work.join(sub).join("fake")).expect("a directory");
        let fake = work.join(sub).join("fake");
        fs::write(fake.join("HEAD"), "ref: refs/heads/main\n").expect("a file");
        let link = work.join(sub).join(".git");
        fs::write(fake.join("gitdir"), link.to_string_lossy().as_bytes()).expect("a file");
        fs::write(link, "gitdir: fake\n").expect("a .git file");
    }
    let common = work.join("common/fake/commondir");
    fs::write(common, private.to_string_lossy().as_bytes()).expect("a file");
    mknod(&work.join("pipe/fake/commondir"), &["p"]);
    fs::remove_file(work.join("huge/.git")).expect("remove it");
    let huge = fs::File::create(work.join("huge/.git")).expect("a file");
    huge.set_len(1 << 40).expect("a sparse file");

    let mut command = bench.run_command(&["do it", "--keep"]);
    command.env("DECKHANDS_APP_IMAGE", "localhost:1/deckhands-no-such-image");
    // Whoever reads the pipe waits for ever.
    let report = Running::start(confined(60, &command))
        .end()
        .with_code(3)
        .json();
    assert_eq!(report["error"]["cause"], "ImageMissing", "{report:#}");
    assert!(
        bench.attempt_file("workspace/README.md").is_some(),
        "the copy is kept"
    );
    Bench::assert_nowhere_below(&bench.home, "private-key");
    bench.assert_nothing_left();
}

/// What takes minutes.
mod full {
    use super::*;

    /// What the agent writes, in a moment.
    const MANY: &str = r"
import os
os.chdir('/workspace')
for d in range(200):
    os.mkdir('d%d' % d)
    for f in range(1000):
        with open('d%d/f%d' % (d, f), 'w') as out:
            out.write('%d %d\n' % (d, f))
";

    /// Many small files: every phase after the agent's work is bounded in time.
    #[test]
    fn two_hundred_thousand_files_are_collected_and_promoted() {
        let steps = program(MANY).into_iter().chain([Step::finish("done")]);
        let bench = Bench::new(Script::new(steps));
        let report = bench.run(&["make many files"]).with_code(0).json();
        assert_eq!(report["applied"], true);
        let changes = report["changes"].as_array().map(Vec::len);
        assert_eq!(changes, Some(200_000));
        assert_eq!(bench.file("d199/f999").as_deref(), Some("199 999\n"));
        let timings = &report["timings"];
        for (phase, bound) in [
            ("collect_s", 60.0),
            ("promote_s", 120.0),
            ("cleanup_s", 60.0),
        ] {
            let took = timings[phase].as_f64().expect("a figure");
            assert!(took < bound, "{phase}: {timings:#}");
        }
        bench.assert_nothing_left();
    }
}
