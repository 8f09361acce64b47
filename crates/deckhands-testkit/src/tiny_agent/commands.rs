//! The commands by name; the ones that touch files are in `files`, the played agent in `play`
//! and `session`.

use std::io::Read as _;
use std::sync::mpsc;
use std::time::Duration;

use crate::{chain, files, output, play, session, spew};

/// What comes after a command.
pub(crate) enum Flow {
    /// The next command; this one ended with this status.
    Next(u8),
    /// Nothing: the program ends with this status.
    Exit(u8),
}

/// Every name that [`run`] knows.
const NAMES: [&str; 23] = [
    "say",
    "echo",
    "err",
    "exit",
    "sleep",
    "hang",
    "write",
    "append",
    "mkdir",
    "cat",
    "test",
    "env",
    "id",
    "spew",
    "alloc",
    "stdin-closed?",
    "chown",
    "chmod",
    "true",
    "false",
    "sh",
    "openhands-play",
    "python",
];

pub(crate) fn is_command(name: &str) -> bool {
    NAMES.contains(&name)
}

pub(crate) fn run(words: &[String]) -> Flow {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] | ["true"] => Flow::Next(0),
        ["false"] => Flow::Next(1),
        ["say" | "echo", text @ ..] => Flow::Next(output::line(&text.join(" "))),
        ["err", text @ ..] => Flow::Next(output::err_line(&text.join(" "))),
        ["exit"] => Flow::Exit(0),
        ["exit", code] => Flow::Exit(number(code).unwrap_or(2)),
        ["sleep", seconds] => Flow::Next(sleep(seconds)),
        ["hang"] => hang(),
        ["env", name] => Flow::Next(env(name)),
        ["id"] => Flow::Next(files::id()),
        ["spew", bytes, line] => Flow::Next(spew::spew(bytes, line)),
        ["alloc", megabytes] => Flow::Next(alloc(megabytes)),
        ["stdin-closed?"] => Flow::Next(stdin_closed()),
        ["write", path, text @ ..] => Flow::Next(files::write(path, &text.join(" "))),
        ["append", path, text @ ..] => Flow::Next(files::append(path, &text.join(" "))),
        ["mkdir", path] => Flow::Next(files::mkdir(path)),
        ["cat", path] => Flow::Next(files::cat(path)),
        ["test", "-e", path] => Flow::Next(files::exists(path)),
        ["chown", args @ ..] => Flow::Next(files::chown(args)),
        ["chmod", mode, paths @ ..] => Flow::Next(files::chmod(mode, paths)),
        ["sh", "-c", text, ..] => chain::shell(text),
        ["openhands-play", file, session] => play::play(file, session),
        ["python", args @ ..] => session::python(args),
        [unknown, ..] => {
            output::complain(&format!("{unknown}: unknown command or wrong arguments"));
            Flow::Next(2)
        }
    }
}

/// The pause of `sleep` and of a played agent; the status tells whether it was a number.
#[expect(clippy::disallowed_methods, reason = "the pause is the command")]
pub(crate) fn sleep(seconds: &str) -> u8 {
    match number(seconds).and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(time) => {
            std::thread::sleep(time);
            0
        }
        None => 2,
    }
}

/// Waits for ever. As process 1 without a handler it does not notice SIGTERM.
fn hang() -> Flow {
    loop {
        std::thread::park();
    }
}

fn env(name: &str) -> u8 {
    match std::env::var_os(name) {
        Some(value) => output::line(&value.to_string_lossy()),
        None => 1,
    }
}

/// Takes memory, touches every page, and keeps it until the program ends.
fn alloc(megabytes: &str) -> u8 {
    let Some(megabytes) = number::<usize>(megabytes) else {
        return 2;
    };
    for _ in 0..megabytes {
        let block: &'static mut [u8] = Box::leak(vec![0x5a_u8; 1 << 20].into_boxed_slice());
        std::hint::black_box(block);
    }
    0
}

/// Says `closed` if stdin is at its end within a second, else `open`.
fn stdin_closed() -> u8 {
    let (tell, told) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let read = std::io::stdin().read(&mut [0]);
        // Nobody listens any more once the second is over.
        let _ = tell.send(matches!(read, Ok(0) | Err(_)));
    });
    let closed = told.recv_timeout(Duration::from_secs(1)).unwrap_or(false);
    output::line(if closed { "closed" } else { "open" })
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}
