//! A program of a few commands that plays an agent's container in tests. Standard library only: it is linked
//! statically and stands alone in its image.
//!
//! It goes by the name it is called by (`sh`, `chown`, …) or by its first argument; `--then` puts commands in a row:
//! `tiny-agent say hello --then sleep 1 --then exit 3`. A failing command does not stop the row; the last one's
//! status is the program's. Status 2 is a command that it does not know or that lacks an argument.

mod chain;
mod commands;
mod files;
mod output;
mod play;
mod sandbox;
mod session;
mod sha256;
mod spew;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words: Vec<String> = std::env::args_os()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let called = if words.is_empty() {
        String::new()
    } else {
        words.remove(0)
    };
    let name = called.rsplit('/').next().unwrap_or_default();
    if commands::is_command(name) {
        words.insert(0, name.to_owned());
    }
    ExitCode::from(chain::run(&words))
}
