//! Wrong arguments: what clap finds, in the form of every other error.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{Command, CommandFactory};

use crate::args::Args;
use crate::error::CliError;

#[cfg(test)]
mod tests;

/// What clap writes behind the error itself; the hint stands in its place.
const BEHIND: [&str; 2] = ["Usage:", "For more information"];

/// The error of these arguments, the first of which is the program's name.
pub(super) fn told(error: &clap::Error, args: impl Iterator<Item = OsString>) -> CliError {
    let message = match error.kind() {
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => "no command is named".to_owned(),
        _ => message(&error.render().to_string()),
    };
    CliError::usage(message, format!("{} --help", command(args)))
}

/// In one line: what is wrong, what is missing, and what might be meant.
fn message(rendered: &str) -> String {
    let lines = rendered.lines().map(str::trim);
    let own = lines.take_while(|line| !BEHIND.iter().any(|behind| line.starts_with(behind)));
    let mut message = String::new();
    for line in own.filter(|line| !line.is_empty()) {
        let tip = line.strip_prefix("tip: ");
        if !message.is_empty() {
            message.push_str(if tip.is_some() { "; " } else { " " });
        }
        let line = line.strip_prefix("error: ").unwrap_or(line);
        message.push_str(tip.unwrap_or(line));
    }
    message
}

/// The command that arguments name, as far as they name one.
fn command(args: impl Iterator<Item = OsString>) -> String {
    let root = Args::command();
    let mut found: &Command = &root;
    let mut words = found.get_name().to_owned();
    for arg in args.skip(1) {
        if let Some(next) = found.find_subcommand(&arg) {
            found = next;
            words = format!("{words} {}", found.get_name());
        }
    }
    words
}
