//! The `deckhands` command: reads arguments, wires the parts together, prints, returns exit codes.

mod args;
mod calls;
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
        Command::Batch(batch) => commands::batch::run(&args.global, batch, console),
        Command::Gateway(gateway) => commands::gateway::run(&args.global, gateway, console),
        Command::Engine(engine) => commands::engine::run(&args.global, engine, console),
        Command::Submit(submit) => commands::submit::run(&args.global, submit, console),
        Command::Status(status) => commands::status::run(&args.global, status, console),
        Command::List(list) => commands::list::run(&args.global, list, console),
        Command::Watch(watch) => commands::watch::run(&args.global, watch, console),
        Command::Events(id) => commands::events::run(&args.global, id, console),
        Command::Result(id) => commands::result::run(&args.global, id, console),
        Command::Logs(logs) => commands::logs::run(&args.global, logs, console),
        Command::Cancel(ids) => commands::cancel::run(&args.global, ids, console),
        Command::Retry(ids) => commands::retry::run(&args.global, ids, console),
        Command::Hold(ids) => commands::hold::run(&args.global, ids, console),
        Command::Release(ids) => commands::release::run(&args.global, ids, console),
        Command::Stats => commands::stats::run(&args.global, console),
        Command::Metrics(metrics) => commands::metrics::run(&args.global, metrics, console),
        Command::Diff(diff) => commands::diff::run(&args.global, diff, console),
        Command::Apply(apply) => commands::apply::run(&args.global, apply, console),
        Command::Doctor(doctor) => commands::doctor::run(&args.global, doctor, console),
        Command::Reap(reap) => commands::reap::run(&args.global, reap, console),
        Command::Config(config) => commands::config::run(&args.global, config, console),
        Command::Models(models) => commands::models::run(&args.global, models, console),
        Command::SelectModel(select) => commands::models::select(select, console),
        Command::Completions(shell) => commands::shell::completions(shell, console),
        Command::Man => commands::shell::man(console),
    }
}
