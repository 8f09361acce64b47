//! Where output goes: data on stdout, everything else on stderr. A closed pipe is a normal end, any
//! other loss of data is an error.

use std::io::{self, IsTerminal, Write};

use anstream::ColorChoice;
use clap::error::ErrorKind;
use deckhands_model::ErrorReport;
use owo_colors::OwoColorize;
use serde::Serialize;

use crate::args::{Color, Global};
use crate::error::CliError;
use crate::{exit_code, shown};

use stdout::Stdout;

mod stdout;
mod usage;

/// There is one stdout in a process.
static STDOUT: Stdout = Stdout::new();

/// How a command talks to its user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Console {
    /// One JSON document on stdout.
    pub(crate) json: bool,
    /// Nothing but data and errors.
    pub(crate) quiet: bool,
    /// Stderr is a terminal that may be drawn on.
    pub(crate) live: bool,
}

impl Console {
    /// Sets colours, logging and liveliness from the global flags.
    pub(crate) fn new(global: &Global) -> Self {
        match global.color {
            Color::Auto => {}
            Color::Always => ColorChoice::Always.write_global(),
            Color::Never => ColorChoice::Never.write_global(),
        }
        log_to_stderr(global);
        let live = io::stderr().is_terminal() && !global.quiet && global.color != Color::Never;
        Self {
            json: global.json,
            quiet: global.quiet,
            live,
        }
    }

    /// Prints data. A reader that went away ends the process's output, not its work; any other
    /// failure counts in [`settled`].
    pub(crate) fn data(&self, text: &str) {
        STDOUT.write(anstream::stdout().lock(), text.as_bytes());
    }

    /// Prints data byte for byte, for other programs.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        STDOUT.write(io::stdout().lock(), bytes);
    }

    /// Prints a document as JSON.
    pub(crate) fn document(&self, document: &impl Serialize) {
        match serde_json::to_string_pretty(document) {
            Ok(text) => self.data(&format!("{text}\n")),
            Err(error) => STDOUT.keep(Err(error.into())),
        }
    }

    /// Prints a document as JSON on one line, for streams.
    pub(crate) fn line(&self, document: &impl Serialize) {
        match serde_json::to_string(document) {
            Ok(text) => self.data(&format!("{text}\n")),
            Err(error) => STDOUT.keep(Err(error.into())),
        }
    }

    /// Whether nobody reads the output any more, so that what goes on without an end may end.
    pub(crate) fn is_closed(&self) -> bool {
        STDOUT.is_closed(io::stdout())
    }

    /// Prints a line for people, unless they asked for quiet.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet {
            self.stderr(&format!("{text}\n"));
        }
    }

    /// Prints a line that even quiet people want.
    pub(crate) fn stderr(&self, text: &str) {
        let _ = anstream::stderr().lock().write_all(text.as_bytes());
    }

    /// Reports an error in the form that was asked for and returns its exit code.
    pub(crate) fn error(&self, error: &CliError) -> u8 {
        if self.json {
            self.document(&error.0);
        } else {
            self.stderr(&error_text(&error.0));
        }
        error.0.code
    }
}

/// At most: one line what failed, the chain of causes, one hint.
pub(crate) fn error_text(error: &ErrorReport) -> String {
    let message = shown::indented(&error.message);
    let mut text = format!("{} {message}\n", "error:".red().bold());
    for cause in &error.causes {
        text.push_str(&format!("  caused by: {}\n", shown::indented(cause)));
    }
    if let Some(hint) = &error.hint {
        let hint = shown::indented(hint);
        text.push_str(&format!("{} {hint}\n", "hint:".cyan()));
    }
    text
}

/// Reports wrong arguments, as JSON where that was asked for; prints the help, also where it is shown
/// because no command was named.
pub(crate) fn usage_error(error: &clap::Error) -> u8 {
    let json = std::env::args_os().any(|arg| arg == "--json");
    let help = error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !json;
    if error.use_stderr() && !help {
        let console = Console {
            json,
            quiet: true,
            live: false,
        };
        return console.error(&usage::told(error, std::env::args_os()));
    }
    let printed = error.print();
    if error.use_stderr() {
        return exit_code::USAGE;
    }
    STDOUT.keep(printed.and_then(|()| io::stdout().flush()));
    exit_code::OK
}

/// The exit code of the process, once everything is printed: data that was lost is no success. Told
/// on stderr also with `--json`, as stdout is what fails.
pub(crate) fn settled(code: u8) -> u8 {
    let (code, lost) = STDOUT.settled(code);
    if let Some(lost) = lost {
        let _ = anstream::stderr()
            .lock()
            .write_all(error_text(&lost.0).as_bytes());
    }
    code
}

/// Sends the log to stderr, one short line each.
fn log_to_stderr(global: &Global) {
    let colours = match global.color {
        Color::Auto => io::stderr().is_terminal(),
        Color::Always => true,
        Color::Never => false,
    };
    let _ = tracing_subscriber::fmt()
        .with_env_filter(log_filter(global))
        .with_writer(io::stderr)
        .with_ansi(colours)
        .with_target(global.verbose > 0)
        .without_time()
        .try_init();
}

/// What is logged: our own warnings, more with each `-v`, errors only under `-q`. `deckhands`
/// stands for all of our crates, whose names begin with it.
const fn log_filter(global: &Global) -> &'static str {
    match (global.quiet, global.verbose) {
        (true, _) => "error",
        (false, 0) => "error,deckhands=warn",
        (false, 1) => "warn,deckhands=info",
        (false, 2) => "info,deckhands=debug",
        (false, _) => "trace",
    }
}

#[cfg(test)]
mod tests;
