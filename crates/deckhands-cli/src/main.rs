//! The `deckhands` command: reads arguments, wires the parts together, prints, returns exit codes.

mod args;
mod commands;
mod console;
mod crash;
mod error;
mod exit_code;
mod progress;
#[cfg(test)]
mod sample;
mod shown;
mod signals;
mod summary;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::console::Console;
use crate::error::CliError;

fn main() -> ExitCode {
    let code = match Args::try_parse() {
        Ok(args) => carry_out(&args),
        Err(error) => console::usage_error(&error),
    };
    exit_code::of(console::settled(code))
}

/// Carries out the command and tells its error; returns the exit code.
fn carry_out(args: &Args) -> u8 {
    let console = Console::new(&args.global);
    let report = crash::install();
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(args, &console))) {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => console.error(&error),
        Err(_panic) => console.error(&report.error()),
    }
}

/// Carries out the command and returns its exit code.
fn run(args: &Args, console: &Console) -> Result<u8, CliError> {
    match &args.command {
        Command::Run(run) => commands::run::run(&args.global, run, console),
        Command::Diff(diff) => commands::diff::run(&args.global, diff, console),
        Command::Apply(apply) => commands::apply::run(&args.global, apply, console),
        Command::Doctor(doctor) => commands::doctor::run(&args.global, doctor, console),
        Command::Reap(reap) => commands::reap::run(&args.global, reap, console),
        Command::Config(config) => commands::config::run(&args.global, config, console),
        Command::Models(models) => commands::models::run(models, console),
        Command::Completions(shell) => commands::shell::completions(shell, console),
        Command::Man => commands::shell::man(console),
    }
}
