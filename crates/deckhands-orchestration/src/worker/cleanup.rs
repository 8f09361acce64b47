//! Ends everything an attempt made, and proves by listing that nothing is left.

use std::collections::BTreeSet;
use std::time::Duration;

use deckhands_agent::ContainerFacts;
use deckhands_model::AttemptId;
use deckhands_runtime::{
    ContainerState, ContainerSummary, Containers, LabelSelector, Networks, Phase, Removal,
    RuntimeError,
};
use futures::future::join_all;
use tokio::time::{Instant, sleep, timeout};

use crate::labels;
use crate::ports::Ports;

/// How long after the app's death a create call that it had sent may still take effect. The
/// daemon carries such a call out although its caller is gone.
const IN_FLIGHT: Duration = Duration::from_secs(3);

/// Pause between two listings.
const RELIST: Duration = Duration::from_millis(200);

/// What clearing came to.
#[derive(Debug, Default)]
pub(crate) struct Leftovers {
    /// What the daemon told about the containers before they went.
    pub(crate) facts: ContainerFacts,
    /// Names of what could not be removed.
    pub(crate) names: Vec<String>,
    /// Names of what was removed.
    pub(crate) removed: Vec<String>,
}

/// What earlier tries came to.
#[derive(Default)]
struct Tries {
    /// What was told of failed ones: each thing once, however often it is tried.
    told: BTreeSet<String>,
    /// Containers that were looked at. What a later look shows may be our own doing.
    inspected: BTreeSet<String>,
}

impl Tries {
    fn tell(&mut self, what: &str, error: &RuntimeError) {
        let text = format!("{what}: {error}");
        if !self.told.contains(&text) {
            tracing::warn!("{text}; trying again");
            self.told.insert(text);
        }
    }
}

/// Removes everything that carries the attempt's labels.
///
/// `in_flight` says that the app may have been about to create something when it died; then the
/// listing is repeated until such a call must have taken effect.
pub(crate) async fn clear(
    ports: &Ports,
    attempt: AttemptId,
    in_flight: bool,
    deadline: Duration,
) -> Leftovers {
    let selector = labels::select_attempt(attempt);
    let mut leftovers = Leftovers::default();
    let (containers, networks) = (ports.containers.as_ref(), ports.networks.as_ref());
    let work = async {
        clear_selected(containers, &selector, in_flight, &mut leftovers).await;
        clear_networks(networks, &selector, &mut leftovers).await;
    };
    if timeout(deadline, work).await.is_err() {
        tracing::warn!(%attempt, "clean-up did not end in time");
        leftovers.names = still_there(ports, &selector).await;
    }
    leftovers
}

async fn clear_selected(
    containers: &dyn Containers,
    selector: &LabelSelector,
    in_flight: bool,
    leftovers: &mut Leftovers,
) {
    let started = Instant::now();
    let mut tries = Tries::default();
    loop {
        let found = match containers.list(selector).await {
            Ok(found) => found,
            Err(error) => {
                tries.tell("containers cannot be listed", &error);
                leftovers.names = vec![format!("unknown ({error})")];
                sleep(RELIST).await;
                continue;
            }
        };
        leftovers.names = found.iter().map(|c| c.name.to_string()).collect();
        if found.is_empty() && (!in_flight || started.elapsed() >= IN_FLIGHT) {
            return;
        }
        remove_all(containers, found, leftovers, &mut tries).await;
        if in_flight || !leftovers.names.is_empty() {
            sleep(RELIST).await;
        }
    }
}

/// Removes the networks, which nobody is on any more.
async fn clear_networks(
    networks: &dyn Networks,
    selector: &LabelSelector,
    leftovers: &mut Leftovers,
) {
    let mut tries = Tries::default();
    loop {
        let found = match networks.list(selector).await {
            Ok(found) if found.is_empty() => return leftovers.names.clear(),
            Ok(found) => found,
            Err(error) => {
                tries.tell("networks cannot be listed", &error);
                leftovers.names = vec![format!("unknown ({error})")];
                sleep(RELIST).await;
                continue;
            }
        };
        leftovers.names = found.iter().map(|n| n.name.clone()).collect();
        for network in found {
            match networks.remove(&network.id).await {
                Ok(Removal::Removed) => leftovers.removed.push(network.name),
                Ok(Removal::AlreadyGone) => {}
                Err(error) => {
                    tries.tell(&format!("{} stays", network.name), &error);
                    sleep(RELIST).await;
                }
            }
        }
    }
}

/// Removes all at once. What the app creates while it dies is found by the next listing.
async fn remove_all(
    containers: &dyn Containers,
    found: Vec<ContainerSummary>,
    leftovers: &mut Leftovers,
    tries: &mut Tries,
) {
    let removals = found
        .iter()
        .map(|container| remove_one(containers, container));
    for (container, (facts, removal)) in found.iter().zip(join_all(removals).await) {
        if let Some(facts) = facts
            && tries.inspected.insert(container.id.0.clone())
        {
            leftovers.facts = merge(&leftovers.facts, &facts);
        }
        match removal {
            Ok(removal) => {
                leftovers.names.retain(|name| *name != container.name.0);
                if removal == Removal::Removed {
                    leftovers.removed.push(container.name.to_string());
                }
            }
            Err(error) => tries.tell(&format!("{} stays", container.name), &error),
        }
    }
}

/// Looks at a container, then removes it; `None` where it could not be looked at.
async fn remove_one(
    containers: &dyn Containers,
    container: &ContainerSummary,
) -> (Option<ContainerFacts>, Result<Removal, RuntimeError>) {
    let state = containers.inspect(&container.id.0).await.ok();
    let facts = state.map(|state| facts_of(container, &state));
    (facts, containers.remove(&container.id).await)
}

fn facts_of(container: &ContainerSummary, state: &ContainerState) -> ContainerFacts {
    let nothing = ContainerFacts::default();
    if is_role(container, "app") {
        ContainerFacts {
            app_oom: state.oom_killed,
            ..nothing
        }
    } else if is_role(container, "sandbox") {
        let ended = state.phase == Phase::Exited;
        ContainerFacts {
            sandbox_exit: ended.then_some(state.exit_code).flatten(),
            sandbox_oom: state.oom_killed,
            ..nothing
        }
    } else {
        nothing
    }
}

fn merge(a: &ContainerFacts, b: &ContainerFacts) -> ContainerFacts {
    ContainerFacts {
        app_exit: a.app_exit.or(b.app_exit),
        app_oom: a.app_oom || b.app_oom,
        app_vanished: a.app_vanished || b.app_vanished,
        sandbox_exit: a.sandbox_exit.or(b.sandbox_exit),
        sandbox_oom: a.sandbox_oom || b.sandbox_oom,
    }
}

fn is_role(container: &ContainerSummary, role: &str) -> bool {
    container
        .labels
        .get(labels::ROLE)
        .is_some_and(|r| r == role)
}

/// What is still there when the deadline has passed.
async fn still_there(ports: &Ports, selector: &LabelSelector) -> Vec<String> {
    let containers = async {
        let found = ports.containers.list(selector).await?;
        Ok(found.into_iter().map(|c| c.name.0).collect())
    };
    let networks = async {
        let found = ports.networks.list(selector).await?;
        Ok(found.into_iter().map(|n| n.name).collect())
    };
    let (containers, networks) = tokio::join!(named(containers), named(networks));
    let mut names = [containers, networks].concat();
    names.dedup();
    names
}

/// Names that are asked for with a deadline of its own, or why they are not known.
async fn named(names: impl Future<Output = Result<Vec<String>, RuntimeError>>) -> Vec<String> {
    match timeout(Duration::from_secs(2), names).await {
        Ok(Ok(names)) => names,
        Ok(Err(error)) => vec![format!("unknown ({error})")],
        Err(_) => vec!["unknown (the daemon does not answer)".to_owned()],
    }
}

#[cfg(test)]
mod tests;
