//! The reaper: removes what dead attempts left, and nothing else.
//!
//! An attempt is dead when its lock can be taken. While the reaper holds that lock nobody else
//! clears the same attempt.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use deckhands_model::AttemptId;
use deckhands_runtime::{ContainerSummary, NetworkInfo, Phase};
use deckhands_store::Queries;
use jiff::Timestamp;
use serde::Serialize;

use crate::attempt_dir::{AttemptDir, Claim, claim};
use crate::failure::RunFailure;
use crate::home::Home;
use crate::labels;
use crate::ports::Ports;
use crate::runner::blocking;
use crate::worker;

mod adoptable;
mod close;
mod found;

pub use adoptable::Adoptable;
pub(crate) use close::close_dead;

use close::close;
use found::{attempt_of, by_attempt, dir_of, is_of_attempt, not_seen, unfinished};

/// How far a sweep goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SweepOptions {
    /// Also what other state directories left (containers only; their files stay).
    pub all_homes: bool,
    /// Only tell what would be removed.
    pub dry_run: bool,
    /// Longest time for the containers of one attempt.
    pub deadline: Duration,
    /// What happens to attempts that somebody may still go on with.
    pub adoptable: Adoptable,
    /// The time of day.
    pub now: Timestamp,
}

/// What a sweep found and did.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SweepReport {
    /// Containers and networks that were removed (or would be).
    pub removed: Vec<String>,
    /// Attempts whose files were cleared and which were booked as cancelled (or would be).
    pub cancelled: Vec<String>,
    /// Attempts that had ended, whose remaining working files were cleared (or would be).
    pub cleared: Vec<String>,
    /// Containers and networks of living attempts, left alone.
    pub live: Vec<String>,
    /// Containers and networks of attempts that somebody may still go on with, left alone.
    pub adoptable: Vec<String>,
    /// What could not be removed, each with its reason.
    pub failed: Vec<String>,
    /// What is worth knowing beside.
    pub notes: Vec<String>,
}

/// Removes what dead attempts left.
///
/// # Errors
/// [`RunFailure`] where the daemon or the home cannot be asked at all.
pub async fn sweep(
    ports: &Ports,
    home: &Home,
    options: SweepOptions,
) -> Result<SweepReport, RunFailure> {
    sweep_beside(ports, home, None, options).await
}

/// The same where the record of the home's tasks is at hand: what belongs to an attempt that it says
/// is live is left for whoever goes on with it, and only that.
///
/// # Errors
/// As [`sweep`].
pub async fn sweep_beside(
    ports: &Ports,
    home: &Home,
    record: Option<&dyn Queries>,
    options: SweepOptions,
) -> Result<SweepReport, RunFailure> {
    let mut sweep = Sweep {
        ports,
        home,
        record,
        options,
        report: SweepReport::default(),
        stuck: BTreeSet::new(),
        elsewhere: BTreeSet::new(),
    };
    let scope = (!options.all_homes).then_some(home);
    let mut found = ports.containers.list(&labels::select_home(scope)).await?;
    // A label alone can be inherited from an image; what we made names its attempt and its place.
    found.retain(|c| is_of_attempt(&c.labels));
    for (dir, containers) in by_attempt(found) {
        sweep.containers(AttemptDir::at(dir), &containers).await;
    }
    match ports.networks.list(&labels::select_home(scope)).await {
        Ok(networks) => sweep.networks(networks).await,
        Err(error) => sweep.report.failed.push(format!("networks: {error}")),
    }
    let own = home.clone();
    for dir in blocking(move || unfinished(&own)).await? {
        sweep.directory(&dir).await;
    }
    Ok(sweep.report)
}

/// A sweep under way.
struct Sweep<'a> {
    ports: &'a Ports,
    home: &'a Home,
    record: Option<&'a dyn Queries>,
    options: SweepOptions,
    report: SweepReport,
    /// Attempts whose containers could not all be removed: their files are left as they are.
    stuck: BTreeSet<PathBuf>,
    /// Attempts that may live where nothing of them is to be seen from here.
    elsewhere: BTreeSet<PathBuf>,
}

impl Sweep<'_> {
    /// Removes an attempt's containers, unless somebody lives in its directory.
    async fn containers(&mut self, dir: AttemptDir, containers: &[ContainerSummary]) {
        let names: Vec<_> = containers.iter().map(|c| c.name.0.clone()).collect();
        let held = match claim(self.home, &dir).await {
            Ok(Claim::Live) => return self.report.live.extend(names),
            Ok(Claim::Ours(held)) => Some(held),
            Ok(Claim::Gone) if self.may_live_elsewhere(containers) => {
                self.elsewhere.insert(dir.root().to_owned());
                return self.report.failed.extend(names.iter().map(not_seen));
            }
            Ok(Claim::Gone) => None,
            Err(error) => {
                self.stuck.insert(dir.root().to_owned());
                let failed = names
                    .iter()
                    .map(|n| format!("{n}: {}: {error}", dir.root().display()));
                return self.report.failed.extend(failed);
            }
        };
        let Some(attempt) = containers.iter().find_map(|c| attempt_of(&c.labels)) else {
            return;
        };
        if self.is_left(&dir, attempt).await {
            return self.report.adoptable.extend(names);
        }
        if self.options.dry_run {
            return self.report.removed.extend(names);
        }
        // An app that runs alone may be about to create its sandbox.
        let starting = containers.len() == 1 && containers[0].phase == Phase::Running;
        self.clear(&dir, attempt, starting).await;
        drop(held);
    }

    /// Most went with the containers on them.
    async fn networks(&mut self, found: Vec<NetworkInfo>) {
        for network in found.iter().filter(|n| is_of_attempt(&n.labels)) {
            self.network(network).await;
        }
    }

    /// Removes a network whose attempt has no container, unless somebody lives in its directory.
    async fn network(&mut self, network: &NetworkInfo) {
        let Some(attempt) = attempt_of(&network.labels) else {
            return;
        };
        let dir = AttemptDir::at(dir_of(&network.labels));
        if self.stuck.contains(dir.root()) {
            return self.stays_with_containers(&network.name);
        }
        let held = match claim(self.home, &dir).await {
            Ok(Claim::Live) => return self.report.live.push(network.name.clone()),
            Ok(Claim::Ours(held)) => Some(held),
            // Clearing it would clear the attempt's containers as well.
            Ok(Claim::Gone) if self.elsewhere.contains(dir.root()) => {
                return self.report.failed.push(not_seen(&network.name));
            }
            Ok(Claim::Gone) => None,
            Err(error) => {
                let failed = format!("{}: {}: {error}", network.name, dir.root().display());
                return self.report.failed.push(failed);
            }
        };
        if self.is_left(&dir, attempt).await {
            return self.report.adoptable.push(network.name.clone());
        }
        if self.options.dry_run {
            return self.report.removed.push(network.name.clone());
        }
        self.clear(&dir, attempt, false).await;
        drop(held);
    }

    fn stays_with_containers(&mut self, network: &str) {
        let told = format!("{network}: ");
        if !self.report.failed.iter().any(|f| f.starts_with(&told)) {
            let failed = format!("{told}containers of its attempt are still there");
            self.report.failed.push(failed);
        }
    }

    async fn clear(&mut self, dir: &AttemptDir, attempt: AttemptId, starting: bool) {
        let cleared = worker::clear(self.ports, attempt, starting, self.options.deadline).await;
        self.report.removed.extend(cleared.removed);
        if !cleared.names.is_empty() {
            self.stuck.insert(dir.root().to_owned());
        }
        let stayed = cleared
            .names
            .into_iter()
            .map(|n| format!("{n}: still there"));
        self.report.failed.extend(stayed);
    }

    /// Clears the files of a dead attempt.
    async fn directory(&mut self, dir: &AttemptDir) {
        let name = dir.root().display().to_string();
        let held = match claim(self.home, dir).await {
            Ok(Claim::Ours(held)) => held,
            Ok(Claim::Live | Claim::Gone) => return,
            Err(error) => return self.report.failed.push(format!("{name}: {error}")),
        };
        // It may have ended well between the look at it and the claim.
        if !dir.is_unfinished() || self.stuck.contains(dir.root()) {
            return;
        }
        if let Some(attempt) = dir.attempt()
            && self.is_left(dir, attempt).await
        {
            return;
        }
        let ended = dir.result().exists();
        if self.options.dry_run {
            return self.report.book(name, ended);
        }
        let closed = close(self.ports, self.home, &held, self.options.deadline);
        match closed.await {
            Ok(()) => self.report.book(name, ended),
            Err(reason) => self.report.failed.push(format!("{name}: {reason}")),
        }
    }

    /// A directory that is not there may be one of another machine or container that shares the
    /// daemon; only of this home it is known to be gone.
    fn may_live_elsewhere(&self, containers: &[ContainerSummary]) -> bool {
        containers.iter().any(|c| {
            c.phase == Phase::Running
                && c.labels
                    .get(labels::HOME)
                    .is_none_or(|id| id != self.home.id())
        })
    }
}

impl SweepReport {
    /// An attempt whose files were cleared: only one without an end of its own is cancelled by it.
    fn book(&mut self, name: String, ended: bool) {
        if ended {
            self.cleared.push(name);
        } else {
            self.cancelled.push(name);
        }
    }
}

#[cfg(test)]
mod tests;
