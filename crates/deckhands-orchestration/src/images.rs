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
use futures::StreamExt;

use crate::attempt_dir::write_private;
use crate::failure::RunFailure;
use crate::home::Home;
use crate::observer::{Observer, RunEvent};
use crate::ports::Ports;

/// Makes sure that an image is on the daemon and is the one this home knows.
///
/// # Errors
/// [`Cause::ImageMissing`] where it cannot be had or changed its meaning, [`Cause::PullTimeout`]
/// where pulling takes longer than `deadline`.
pub(crate) async fn ensure(
    ports: &Ports,
    home: &Home,
    image: &ImageRef,
    deadline: Duration,
    observer: &dyn Observer,
) -> Result<ImageReport, RunFailure> {
    let found = match ports.images.inspect(image).await? {
        Some(info) => info.digest,
        None => {
            let pull = pull(ports, image, observer);
            let late = |_elapsed| {
                let text = format!(
                    "pulling `{image}` took longer than {} s",
                    deadline.as_secs()
                );
                RunFailure::new(Cause::PullTimeout, text)
            };
            tokio::time::timeout(deadline, pull).await.map_err(late)??
        }
    };
    require(home, image, &found)?;
    Ok(ImageReport {
        reference: image.clone(),
        digest: found,
    })
}

async fn pull(
    ports: &Ports,
    image: &ImageRef,
    observer: &dyn Observer,
) -> Result<ImageDigest, RunFailure> {
    let mut progress = ports.images.pull(image).await?;
    let zero = ByteSize::bytes(0);
    observer.observe(RunEvent::Pull {
        image,
        done: zero,
        total: zero,
    });
    while let Some(step) = progress.next().await {
        let step = step?;
        observer.observe(RunEvent::Pull {
            image,
            done: step.done,
            total: step.total,
        });
    }
    let info = ports.images.inspect(image).await?;
    let text = || format!("`{image}` is not there after it was pulled");
    info.map(|i| i.digest)
        .ok_or_else(|| RunFailure::new(Cause::ImageMissing, text()))
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
