//! The state all connections share: the images, what goes wrong, and the record of requests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::image::{Blob, StubImage};
use super::route::{Route, route};
use super::{RegistryFault, RegistryPlace, RegistryRequest};
use crate::script::Times;

/// Requests remembered; a pull makes some dozens.
const MAX_REQUESTS: usize = 1000;

/// Finds what is asked for and what goes wrong with it.
#[derive(Debug)]
pub(super) struct Desk {
    inner: Mutex<Inner>,
    /// Places asked for since the start, by [`RegistryPlace`].
    asked: watch::Sender<[bool; 4]>,
    /// Counts the releases.
    released: watch::Sender<u64>,
    /// One handle for each answer that is being sent, besides this one.
    transfers: Arc<()>,
}

#[derive(Debug, Default)]
struct Inner {
    images: BTreeMap<(String, String), StubImage>,
    faults: BTreeMap<RegistryPlace, (RegistryFault, Times)>,
    requests: VecDeque<RegistryRequest>,
}

/// What one request gets.
#[derive(Debug)]
pub(super) struct Turn {
    /// What was asked for; none if the path names no such thing.
    pub(super) place: Option<RegistryPlace>,
    /// The content; none for a ping, and where there is none.
    pub(super) blob: Option<Blob>,
    /// What goes wrong.
    pub(super) fault: Option<RegistryFault>,
}

impl Desk {
    pub(super) fn new() -> Self {
        Self {
            inner: Mutex::default(),
            asked: watch::Sender::new([false; 4]),
            released: watch::Sender::new(0),
            transfers: Arc::new(()),
        }
    }

    pub(super) fn add(&self, name: String, tag: String, image: StubImage) {
        self.lock().images.insert((name, tag), image);
    }

    pub(super) fn fail(&self, place: RegistryPlace, fault: RegistryFault, times: Times) {
        self.lock().faults.insert(place, (fault, times));
    }

    pub(super) fn release(&self) {
        self.released.send_modify(|count| *count += 1);
    }

    /// Ends with the next release.
    pub(super) fn next_release(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut released = self.released.subscribe();
        async move {
            // No sender is left after a shutdown, and then nothing is sent any more.
            let _ = released.changed().await;
        }
    }

    pub(super) fn requests(&self) -> Vec<RegistryRequest> {
        self.lock().requests.iter().cloned().collect()
    }

    pub(super) async fn wait_for(&self, place: RegistryPlace) {
        let mut asked = self.asked.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = asked.wait_for(|asked| asked[place as usize]).await;
    }

    /// Something to hold while an answer is being sent.
    pub(super) fn transfer(&self) -> Arc<()> {
        Arc::clone(&self.transfers)
    }

    pub(super) fn under_way(&self) -> usize {
        Arc::strong_count(&self.transfers) - 1
    }

    /// Looks a request's content and fault up and remembers it, under one lock, so that their orders agree.
    pub(super) fn take(&self, method: &str, path: &str, from: usize) -> Turn {
        let mut inner = self.lock();
        let (place, blob) = inner.find(path);
        let fault = place.and_then(|place| inner.next_fault(place));
        inner.remember(RegistryRequest {
            method: method.to_owned(),
            path: path.to_owned(),
            place,
            from,
        });
        drop(inner);
        if let Some(place) = place {
            self.asked.send_modify(|asked| asked[place as usize] = true);
        }
        Turn { place, blob, fault }
    }

    /// A panic while the lock was held leaves the record at worst one request behind, so the state stays usable.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn find(&self, path: &str) -> (Option<RegistryPlace>, Option<Blob>) {
        match route(path) {
            Route::Ping => (Some(RegistryPlace::Ping), None),
            Route::Manifest(name, reference) => {
                let mut of_name = self.images.iter().filter(|((own, _), _)| own == name);
                let found = of_name.find(|((_, tag), image)| {
                    tag == reference || image.manifest.digest == reference
                });
                let blob = found.map(|(_, image)| image.manifest.clone());
                (Some(RegistryPlace::Manifest), blob)
            }
            Route::Blob(name, digest) => {
                let of_name = self.images.iter().filter(|((own, _), _)| own == name);
                let mut blobs = of_name.flat_map(|(_, image)| {
                    let layers = image
                        .layers
                        .iter()
                        .map(|layer| (RegistryPlace::Layer, layer));
                    std::iter::once((RegistryPlace::Config, &image.config)).chain(layers)
                });
                match blobs.find(|(_, blob)| blob.digest == digest) {
                    Some((place, blob)) => (Some(place), Some(blob.clone())),
                    None => (None, None),
                }
            }
            Route::Unknown => (None, None),
        }
    }

    /// What goes wrong with this request; one time less is left of it.
    fn next_fault(&mut self, place: RegistryPlace) -> Option<RegistryFault> {
        let (fault, times) = self.faults.get_mut(&place)?;
        if let Times::Count(left) = times {
            *left = left.checked_sub(1)?;
        }
        Some(*fault)
    }

    fn remember(&mut self, request: RegistryRequest) {
        self.requests.push_back(request);
        if self.requests.len() > MAX_REQUESTS {
            self.requests.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
