//! `cargo xtask deny`: cargo-deny over licences, duplicates, sources and known advisories.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::process;

/// The proved version; newer ones may judge differently.
const VERSION: &str = "0.20.2";

/// What needs no database. Naming a crate's door before the crate exists is no fault.
const CHECKS: [&str; 5] = ["--allow", "unused-wrapper", "bans", "licenses", "sources"];

/// Runs all checks. Advisories need a database that may be out of reach: their absence is said
/// loudly and is no failure, because every other check is independent of it.
pub(crate) fn run() -> Result<()> {
    if !process::succeeds(process::cargo().args(["deny", "--version"])) {
        let install = ["install", "cargo-deny", "--locked", "--version", VERSION];
        process::run(process::cargo().args(install))?;
    }
    // With every crate at hand the checks themselves need no network.
    process::run(process::cargo().args(["fetch", "--locked"]))?;
    process::run(deny("--offline check").args(CHECKS))?;
    if !database().is_dir() {
        eprintln!(
            "\nATTENTION: advisories were NOT checked: there is no database in `{}`\n\
             hint: with a network, `cargo deny fetch db` creates it\n",
            database().display()
        );
        return Ok(());
    }
    if process::run(&mut deny("fetch db")).is_err() {
        eprintln!("\nATTENTION: advisories could not be refreshed; the stored ones are used\n");
    }
    process::run(&mut deny("--offline check advisories"))
}

fn deny(arguments: &str) -> Command {
    let mut command = process::cargo();
    command
        .args(["deny", "--locked"])
        .args(arguments.split(' '));
    command
}

/// Where cargo-deny keeps the database when `deny.toml` names no other place.
fn database() -> PathBuf {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|user| user.join(".cargo")));
    home.unwrap_or_default().join("advisory-dbs")
}
