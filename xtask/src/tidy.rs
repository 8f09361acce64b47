//! `cargo xtask tidy`: the house rules that no compiler checks.
//!
//! The rules are pure and live in the modules below; here the workspace is read and every finding
//! is shown, not only the first. Function length and the like are clippy's.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{process, workspace};

mod arrows;
mod crates;
mod manifest;
mod source;

/// Checks everything; fails after having shown all findings.
pub(crate) fn run() -> Result<()> {
    let mut findings = crate_findings()?;
    let files = files()?;
    for path in &files {
        findings.extend(file_findings(path)?);
    }
    for finding in &findings {
        eprintln!("tidy: {finding}");
    }
    ensure!(findings.is_empty(), "tidy has {} findings", findings.len());
    println!("tidy: {} files, no findings", files.len());
    Ok(())
}

fn crate_findings() -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for member in workspace::members()? {
        findings.extend(placed(&member.name, arrows::check(&member)));
        let place = member.manifest.display().to_string();
        let text =
            fs::read_to_string(&member.manifest).with_context(|| format!("read `{place}`"))?;
        findings.extend(placed(&place, manifest::check(&text)));
    }
    Ok(findings)
}

fn file_findings(path: &str) -> Result<Vec<String>> {
    let bytes = fs::read(workspace::root().join(path)).with_context(|| format!("read `{path}`"))?;
    // What is not UTF-8 is not text; no rule speaks about it.
    let Ok(text) = String::from_utf8(bytes) else {
        return Ok(Vec::new());
    };
    let mut found = source::check_text(&text);
    if path.ends_with(".rs") {
        found.extend(source::check_rust(path, &text));
    }
    Ok(placed(path, found))
}

/// Files that git tracks or would track; git is asked even in a checkout of another owner.
fn files() -> Result<Vec<String>> {
    let mut command = Command::new("git");
    command
        .current_dir(workspace::root())
        .args(["-c", "safe.directory=*"]);
    command.args([
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]);
    let list = process::output(&mut command).context("list the files with git")?;
    let is_file = |path: &&str| {
        let path = workspace::root().join(Path::new(path));
        path.symlink_metadata()
            .is_ok_and(|metadata| metadata.is_file())
    };
    Ok(list
        .split_terminator('\0')
        .filter(is_file)
        .map(str::to_owned)
        .collect())
}

fn placed(place: &str, findings: Vec<String>) -> Vec<String> {
    findings
        .into_iter()
        .map(|finding| format!("{place}: {finding}"))
        .collect()
}
