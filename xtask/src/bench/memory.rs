//! The most memory that a `deckhands run` ever has while its agent prints a gigabyte.

use std::fs::{self, File};
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use super::stage::Stage;
use super::{now, session};

#[cfg(test)]
mod tests;

/// Time between two looks. What is looked at only rises, so little can happen unseen.
const LOOK: Duration = Duration::from_millis(5);

/// Longest time for one run; the product's own deadline for the agent's work is as long.
const DEADLINE: Duration = Duration::from_secs(300);

/// The play of an agent that prints a GiB in lines of so many bytes.
pub(super) fn flood(line: u64) -> String {
    format!(
        "task print much\n\
         log [runtime played] Container started: openhands-runtime-played. VSCode URL: None\n\
         log [runtime played] Runtime is ready.\n\
         state running\n\
         spew {} {line}\n\
         finish done\n\
         state finished\n",
        1_u64 << 30
    )
}

/// Runs the play to its end; gives the peak of resident memory in MiB.
///
/// The play ends well only after everything was printed and taken off the pipe.
pub(super) fn peak(stage: &Stage, play: &str) -> Result<f64> {
    let mut command = stage.run_command(play)?;
    let errors = stage.folder.join("stderr.txt");
    command.stdin(Stdio::null()).stderr(File::create(&errors)?);
    let (kibibytes, report) = watched(&mut command)?;
    session::completed(&report).with_context(|| fs::read_to_string(&errors).unwrap_or_default())?;
    Ok(f64::from(kibibytes) / 1024.0)
}

/// Runs to the end; gives the high-water mark in KiB and what was printed.
fn watched(command: &mut Command) -> Result<(u32, String)> {
    let began = now();
    let mut child = command.stdout(Stdio::piped()).spawn()?;
    let mut stdout = child.stdout.take().context("the child has no stdout")?;
    let (tell, told) = mpsc::sync_channel(1);
    let reader = thread::spawn(move || {
        let mut text = String::new();
        let read = stdout.read_to_string(&mut text).map(|_bytes| text);
        // Nobody listens any more once the deadline has passed.
        drop(tell.send(read));
    });
    let mut peak = 0;
    let text = loop {
        peak = peak.max(high_water(child.id()).unwrap_or_default());
        match told.recv_timeout(LOOK) {
            Ok(text) => break text?,
            Err(RecvTimeoutError::Timeout) if began.elapsed() < DEADLINE => {}
            Err(_) => {
                child.kill()?;
                child.wait()?;
                bail!("the run did not end in {} s", DEADLINE.as_secs());
            }
        }
    };
    child.wait()?;
    drop(reader.join());
    if peak == 0 {
        bail!("the memory of the process could not be read");
    }
    Ok((peak, text))
}

/// `VmHWM` of a living process in KiB.
pub(super) fn high_water(pid: u32) -> Option<u32> {
    kibibytes(&fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

fn kibibytes(status: &str) -> Option<u32> {
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}
