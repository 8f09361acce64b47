//! Makes sure of images, and that a name keeps meaning the same image.
//!
//! What a reference meant on first use is written down in the home (`images.json`) and required
//! from then on. Containers are made from the digest, so what was checked is what runs.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_model::{ByteSize, Cause, ImageDigest, ImageRef, ImageReport};
use deckhands_runtime::{Operation, PullProgress, RuntimeError, RuntimeErrorKind};
use futures::StreamExt;
use tokio::time::{Instant, timeout_at};

use crate::attempt_dir::write_private;
use crate::failure::RunFailure;
use crate::home::Home;
use crate::observer::{Observer, RunEvent};
use crate::ports::Ports;
use crate::runner::blocking;

/// Makes sure that an image is on the daemon and is the one this home knows.
///
/// # Errors
/// [`Cause::ImageMissing`] where it cannot be had or changed its meaning, [`Cause::PullTimeout`]
/// where pulling takes longer than `deadline`, [`Cause::BadInput`] where no image can have the name.
pub(crate) async fn ensure(
    ports: &Ports,
    home: &Home,
    image: &ImageRef,
    deadline: Duration,
    observer: &dyn Observer,
) -> Result<ImageReport, RunFailure> {
    let found = match ports.images.inspect(image).await {
        Err(error) => return Err(failure(image, &error)),
        Ok(Some(info)) => info.digest,
        Ok(None) => pull(ports, image, deadline, observer).await?,
    };
    let report = ImageReport {
        reference: image.clone(),
        digest: found,
    };
    let home = home.clone();
    blocking(move || require(&home, &report.reference, &report.digest).map(|()| report)).await?
}

async fn pull(
    ports: &Ports,
    image: &ImageRef,
    deadline: Duration,
    observer: &dyn Observer,
) -> Result<ImageDigest, RunFailure> {
    let until = Instant::now() + deadline;
    let failure = |error: RuntimeError| failure(image, &error);
    let mut here = PullProgress {
        done: ByteSize::bytes(0),
        total: ByteSize::bytes(0),
    };
    let begun = timeout_at(until, ports.images.pull(image)).await;
    let begun = begun.map_err(|_elapsed| late(image, deadline, here))?;
    let mut progress = begun.map_err(failure)?;
    loop {
        let PullProgress { done, total } = here;
        observer.observe(RunEvent::Pull { image, done, total });
        let step = timeout_at(until, progress.next()).await;
        match step.map_err(|_elapsed| late(image, deadline, here))? {
            Some(step) => here = step.map_err(failure)?,
            None => break,
        }
    }
    let info = ports.images.inspect(image).await.map_err(failure)?;
    let text = || format!("`{image}` is not there after it was pulled");
    info.map(|i| i.digest)
        .ok_or_else(|| RunFailure::new(Cause::ImageMissing, text()))
}

/// A pull that was given up at its deadline, with how far it came.
fn late(image: &ImageRef, deadline: Duration, here: PullProgress) -> RunFailure {
    let mib = |size: ByteSize| size.as_u64() >> 20;
    let seconds = deadline.as_secs();
    let came = match here.total.as_u64() {
        0 => "no layer had begun to come".to_owned(),
        _ => format!("{} of {} MiB had come", mib(here.done), mib(here.total)),
    };
    let text = format!("pulling `{image}` took longer than {seconds} s");
    let hint = format!(
        "pull it by hand with `docker pull {image}`, or give it longer with DECKHANDS_PULL_TIMEOUT"
    );
    RunFailure {
        causes: vec![came],
        ..RunFailure::new(Cause::PullTimeout, text).with_hint(hint)
    }
}

/// What a failure at an image means where the general meaning of its kind would lead astray.
fn failure(image: &ImageRef, error: &RuntimeError) -> RunFailure {
    match (error.operation, error.kind, &error.message) {
        // The registry said no. Without words it is the daemon's socket that must not be used.
        (Operation::Pull, RuntimeErrorKind::Denied, Some(_)) => {
            RunFailure::of_error(Cause::ImageMissing, error).with_hint(login_hint(image))
        }
        (_, RuntimeErrorKind::InvalidSpec, _) => RunFailure::of_error(Cause::BadInput, error)
            .with_hint("an image's name is like `registry/name:tag`, the name in lower case"),
        _ => RunFailure::from(error),
    }
}

/// The pull by hand is needed: the daemon keeps no logins, its own command line has them.
fn login_hint(image: &ImageRef) -> String {
    let (first, _rest) = image.as_str().split_once('/').unwrap_or_default();
    // Docker's own rule for what is a registry and what the first part of a name.
    let registry = if first == "localhost" || first.contains(['.', ':']) {
        format!(" {first}")
    } else {
        String::new()
    };
    format!("check the name; if it is right, `docker login{registry}`, then `docker pull {image}`")
}

/// Compares with what this home knows, and writes down what it sees for the first time.
fn require(home: &Home, image: &ImageRef, found: &ImageDigest) -> Result<(), RunFailure> {
    let fail = |error: io::Error| {
        let text = format!("cannot read or write `{}`", lock_path(home).display());
        RunFailure {
            causes: vec![error.to_string()],
            ..RunFailure::new(Cause::PermissionDenied, text)
        }
    };
    let guard = home
        .guard()
        .map_err(|e| RunFailure::of_error(Cause::PermissionDenied, &e))?;
    let mut known = read_lock(home).map_err(fail)?;
    let Some(before) = known.get(image) else {
        known.insert(image.clone(), found.clone());
        let text = serde_json::to_vec_pretty(&known).map_err(|e| fail(e.into()))?;
        write_private(&lock_path(home), &text).map_err(fail)?;
        drop(guard);
        return Ok(());
    };
    if before == found {
        return Ok(());
    }
    let text = format!("`{image}` is {found}, but this state directory knows it as {before}");
    let hint = format!(
        "if you changed the image on purpose, delete `{}`",
        lock_path(home).display()
    );
    Err(RunFailure::new(Cause::ImageMissing, text).with_hint(hint))
}

fn read_lock(home: &Home) -> io::Result<BTreeMap<ImageRef, ImageDigest>> {
    match fs::read(lock_path(home)) {
        Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
        Err(error) => Err(error),
    }
}

fn lock_path(home: &Home) -> PathBuf {
    home.path().join("images.json")
}

/// The digest as something containers can be made from.
pub(crate) fn by_digest(image: &ImageReport) -> ImageRef {
    // A digest is a valid reference: `sha256:` and hexadecimal digits.
    image
        .digest
        .as_str()
        .parse()
        .unwrap_or_else(|_never| image.reference.clone())
}

#[cfg(test)]
mod tests;
