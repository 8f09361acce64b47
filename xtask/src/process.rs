//! Starts other programs: shows what it starts and turns a bad exit into an error.

use std::env;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use anyhow::{Context, Result, bail};

use crate::workspace;

/// `cargo` in the workspace root, the same one that started this program.
///
/// What `cargo run` set for this package is taken out again: build scripts that watch those
/// variables would otherwise run anew in every nested build.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace::root());
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs with the terminal passed on; a nonzero exit is an error that names the command.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs with the terminal passed on and gives back how it ended.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    eprintln!("$ {}", shown(command));
    command
        .status()
        .with_context(|| format!("start `{}`", shown(command)))
}

/// Whether the program exists and ends with 0; nothing is shown.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

/// What the program wrote to stdout, trimmed; its stderr is passed on. A nonzero exit is an error.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let (status, text) = captured(command)?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(text)
}

/// Like [`output`], for programs whose nonzero exit still comes with an answer.
pub(crate) fn captured(command: &mut Command) -> Result<(ExitStatus, String)> {
    let done = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("start `{}`", shown(command)))?;
    Ok((
        done.status,
        String::from_utf8_lossy(&done.stdout).trim().to_owned(),
    ))
}

/// Runs, shows stdout line by line as it comes, and gives it back whole.
pub(crate) fn run_and_keep(command: &mut Command) -> Result<(ExitStatus, String)> {
    eprintln!("$ {}", shown(command));
    let mut child = command
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("start `{}`", shown(command)))?;
    let stdout = child.stdout.take().context("the child has no stdout")?;
    let mut kept = String::new();
    for line in BufReader::new(stdout).lines() {
        let line = line.context("read the child's stdout")?;
        println!("{line}");
        kept.push_str(&line);
        kept.push('\n');
    }
    Ok((child.wait()?, kept))
}

/// The command as a user could type it; arguments with blanks are quoted.
pub(crate) fn shown(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program).to_owned();
    let arguments = command
        .get_args()
        .map(|argument| quoted(&argument.to_string_lossy()));
    std::iter::once(name)
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(argument: &str) -> String {
    if argument.contains(' ') {
        format!("'{argument}'")
    } else {
        argument.to_owned()
    }
}
