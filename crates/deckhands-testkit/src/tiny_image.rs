//! Makes the tiny agent image: compile, pack, import. What the program in it does is `tiny_agent`'s.
//!
//! Needs `rustc` with the host's static C library, and the `docker` command with a daemon. Not for use in async
//! code: it blocks for some seconds.

mod archive;
mod daemon;

use std::ffi::OsString;
use std::io;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use sha2::{Digest, Sha256};

/// Name of the image unless another is asked for.
pub const TAG: &str = "deckhands-test/tiny:1";

/// Raised when the image changes in a way that the program's source does not show.
const RECIPE: &str = "1";

/// The program's source, which the image's content label is made of.
const SOURCES: [&str; 10] = [
    include_str!("tiny_agent/main.rs"),
    include_str!("tiny_agent/chain.rs"),
    include_str!("tiny_agent/commands.rs"),
    include_str!("tiny_agent/files.rs"),
    include_str!("tiny_agent/output.rs"),
    include_str!("tiny_agent/play.rs"),
    include_str!("tiny_agent/sandbox.rs"),
    include_str!("tiny_agent/session.rs"),
    include_str!("tiny_agent/sha256.rs"),
    include_str!("tiny_agent/spew.rs"),
];

/// The program's main file.
const MAIN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/tiny_agent/main.rs");

/// Whether the image had to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Built {
    /// It was made now.
    New,
    /// One with the same content was there.
    Present,
}

/// The image could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{step} tiny image")]
pub struct TinyImageError {
    step: &'static str,
    #[source]
    kind: TinyImageErrorKind,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TinyImageErrorKind {
    /// A program could not be run, or a file not be written.
    #[error("run a program or write a file")]
    Io(#[source] io::Error),
    /// A program ended with an error.
    #[error("`{program}` failed: {stderr}")]
    Failed {
        /// The program.
        program: String,
        /// What it wrote on stderr.
        stderr: String,
    },
}

impl TinyImageError {
    /// Why the step failed.
    #[must_use]
    pub fn kind(&self) -> &TinyImageErrorKind {
        &self.kind
    }
}

/// Makes the image under this tag, or finds it there with the same content; an image that had the tag with other
/// content is removed if nothing uses it.
///
/// # Errors
/// Names the step that failed (`compile`, `pack`, `look for`, `import`) and has the cause as source.
pub fn build(tag: &str) -> Result<Built, TinyImageError> {
    let hash = content_hash().map_err(at("compile"))?;
    let present = daemon::find(tag).map_err(at("look for"))?;
    if present.as_ref().is_some_and(|image| image.content == hash) {
        return Ok(Built::Present);
    }
    let dir = tempfile::tempdir()
        .map_err(TinyImageErrorKind::Io)
        .map_err(at("compile"))?;
    let program = dir.path().join("tiny-agent");
    compile(&program).map_err(at("compile"))?;
    let tar = archive::pack(&program)
        .map_err(TinyImageErrorKind::Io)
        .map_err(at("pack"))?;
    daemon::import(tag, &hash, &tar).map_err(at("import"))?;
    if let Some(old) = present {
        daemon::discard(&old);
    }
    Ok(Built::New)
}

fn at(step: &'static str) -> impl FnOnce(TinyImageErrorKind) -> TinyImageError {
    move |kind| TinyImageError { step, kind }
}

/// Covers everything that decides the image's bytes: recipe, source and compiler.
fn content_hash() -> Result<String, TinyImageErrorKind> {
    let compiler = run(Command::new("rustc").arg("-vV"), &[])?;
    let mut hash = Sha256::new();
    for part in [RECIPE].iter().chain(&SOURCES) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.update(&compiler.stdout);
    Ok(hash
        .finalize()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

/// Calls the compiler itself: the program needs no crates, so it takes seconds and leaves no target directory.
fn compile(to: &Path) -> Result<(), TinyImageErrorKind> {
    let mut out = OsString::from("-o");
    out.push(to);
    let mut rustc = Command::new("rustc");
    rustc.args([
        "--edition=2024",
        "--crate-name=tiny_agent",
        "--cap-lints=allow",
    ]);
    rustc.args([
        "-Copt-level=s",
        "-Cstrip=symbols",
        "-Cpanic=abort",
        "-Ctarget-feature=+crt-static",
    ]);
    run(rustc.arg(MAIN).arg(out), &[]).map(drop)
}

/// Runs a program to its end with this input.
fn run(command: &mut Command, input: &[u8]) -> Result<Output, TinyImageErrorKind> {
    use std::io::Write as _;
    let program = command.get_program().to_string_lossy().into_owned();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().map_err(TinyImageErrorKind::Io)?;
    // A program that stops reading tells why on stderr, so its exit status decides, not the broken pipe.
    let fed = child
        .stdin
        .take()
        .map_or(Ok(()), |mut pipe| pipe.write_all(input));
    let output = child.wait_with_output().map_err(TinyImageErrorKind::Io)?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(TinyImageErrorKind::Failed { program, stderr });
    }
    fed.map_err(TinyImageErrorKind::Io)?;
    Ok(output)
}
