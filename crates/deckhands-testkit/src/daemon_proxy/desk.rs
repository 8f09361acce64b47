//! The state all connections share: the mode, the rules with their counts, and the record of requests.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::head::ProxiedRequest;
use super::rule::{ProxyAct, ProxyRule, is_request};

/// Requests remembered; a run of an agent makes some hundreds.
const MAX_RECORDS: usize = 10_000;

/// What becomes of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It passes.
    Open,
    /// It waits.
    Hanging,
    /// It is closed.
    Cut,
}

/// What connections watch.
#[derive(Debug, Clone, Copy)]
pub(super) struct Switch {
    pub(super) mode: Mode,
    /// How often all connections were closed; one that began before the last time has ended.
    pub(super) closings: u64,
    /// How often what hangs by a rule was let go.
    pub(super) releases: u64,
}

/// Decides about each request and remembers it.
#[derive(Debug)]
pub(super) struct Desk {
    daemon: PathBuf,
    inner: Mutex<Inner>,
    switch: watch::Sender<Switch>,
    arrived: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    rules: Vec<ProxyRule>,
    records: VecDeque<ProxiedRequest>,
}

impl Desk {
    pub(super) fn new(daemon: PathBuf) -> Self {
        let switch = Switch {
            mode: Mode::Open,
            closings: 0,
            releases: 0,
        };
        Self {
            daemon,
            inner: Mutex::default(),
            switch: watch::Sender::new(switch),
            arrived: watch::Sender::new(0),
        }
    }

    /// The daemon's own socket.
    pub(super) fn daemon(&self) -> &Path {
        &self.daemon
    }

    /// What a connection follows to know what becomes of it.
    pub(super) fn watch(&self) -> watch::Receiver<Switch> {
        self.switch.subscribe()
    }

    pub(super) fn set(&self, mode: Mode) {
        self.switch.send_modify(|switch| switch.mode = mode);
    }

    pub(super) fn close_all(&self) {
        self.switch.send_modify(|switch| switch.closings += 1);
    }

    pub(super) fn release(&self) {
        self.switch.send_modify(|switch| switch.releases += 1);
    }

    pub(super) fn add(&self, rule: ProxyRule) {
        self.lock().rules.push(rule);
    }

    pub(super) fn clear_rules(&self) {
        self.lock().rules.clear();
    }

    /// Remembers a request and says what is to be done with it; `None` for nothing special.
    pub(super) fn take(&self, request: ProxiedRequest) -> Option<ProxyAct> {
        let mut inner = self.lock();
        let act = inner.rules.iter_mut().find_map(|rule| rule.take(&request));
        if inner.records.len() == MAX_RECORDS {
            inner.records.pop_front();
        }
        inner.records.push_back(request);
        drop(inner);
        self.arrived.send_modify(|arrived| *arrived += 1);
        act
    }

    pub(super) fn requests(&self) -> Vec<ProxiedRequest> {
        self.lock().records.iter().cloned().collect()
    }

    pub(super) async fn wait_for(&self, method: &str, pattern: &str, at_least: usize) {
        let mut arrived = self.arrived.subscribe();
        let enough = |_: &u64| {
            let inner = self.lock();
            let matching = inner
                .records
                .iter()
                .filter(|r| is_request(r, method, pattern));
            matching.count() >= at_least
        };
        // The sender lives as long as `self`.
        let _ = arrived.wait_for(enough).await;
    }

    /// A panic under this lock leaves nothing half-done.
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
