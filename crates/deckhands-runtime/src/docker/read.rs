//! The daemon's answers as our types. Pure; a field that is missing reads as its empty value.

mod network;

use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum as Status, ContainerStatsResponse,
    ContainerSummary as DaemonSummary, ContainerSummaryStateEnum as SummaryStatus, NetworkSettings,
    SystemInfo, SystemVersion,
};
use deckhands_model::ByteSize;

use crate::containers::{ContainerState, ContainerStats, ContainerSummary, Phase, RuntimeInfo};
use crate::labels::Labels;
use crate::spec::{ContainerId, ContainerName};

pub(super) use network::{network, network_summary};

/// Memory that the kernel gives back at need, by its name in cgroup v2 and v1; not in use.
const RECLAIMABLE: [&str; 2] = ["inactive_file", "total_inactive_file"];

/// What `inspect` tells about a container.
pub(super) fn container_state(answer: ContainerInspectResponse) -> ContainerState {
    let state = answer.state.unwrap_or_default();
    let phase = phase(state.status);
    let labels = answer.config.and_then(|config| config.labels);
    ContainerState {
        id: ContainerId(answer.id.unwrap_or_default()),
        name: ContainerName(bare_name(&answer.name.unwrap_or_default())),
        phase,
        exit_code: state.exit_code.filter(|_| phase == Phase::Exited),
        oom_killed: state.oom_killed.unwrap_or_default(),
        error: state.error.filter(|text| !text.is_empty()),
        labels: labels_of(labels),
        image: answer.image.and_then(|image| image.parse().ok()),
        published_addresses: published(answer.network_settings),
    }
}

/// One line of the list of containers.
pub(super) fn summary(answer: DaemonSummary) -> ContainerSummary {
    let names = answer.names.unwrap_or_default();
    // Names with a second `/` are links of other containers to it.
    let own = names
        .iter()
        .map(|name| bare_name(name))
        .find(|name| !name.contains('/'));
    ContainerSummary {
        id: ContainerId(answer.id.unwrap_or_default()),
        name: ContainerName(own.unwrap_or_default()),
        phase: summary_phase(answer.state),
        labels: labels_of(answer.labels),
    }
}

/// A reading of a container's use of resources; `None` where it does not run.
pub(super) fn stats(answer: ContainerStatsResponse) -> Option<ContainerStats> {
    let memory = answer.memory_stats?;
    let usage = memory.usage?;
    let details = memory.stats.unwrap_or_default();
    let idle = RECLAIMABLE
        .iter()
        .find_map(|key| details.get(*key))
        .copied()
        .unwrap_or(0);
    let cpu = answer
        .cpu_stats
        .and_then(|cpu| cpu.cpu_usage)
        .and_then(|cpu| cpu.total_usage);
    Some(ContainerStats {
        memory: ByteSize::bytes(usage.saturating_sub(idle)),
        cpu_nanos: cpu.unwrap_or(0),
        processes: answer.pids_stats.and_then(|pids| pids.current),
    })
}

/// Who the daemon says it is.
pub(super) fn runtime_info(
    endpoint: String,
    api_version: String,
    version: SystemVersion,
    info: SystemInfo,
) -> RuntimeInfo {
    let options = info.security_options.unwrap_or_default();
    RuntimeInfo {
        endpoint,
        version: version.version.unwrap_or_default(),
        api_version,
        cpus: info
            .ncpu
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        memory: byte_size(info.mem_total),
        rootless: options
            .iter()
            .any(|o| o == "name=rootless" || o == "name=userns"),
    }
}

/// A size that the daemon tells as a signed number.
pub(super) fn byte_size(size: Option<i64>) -> ByteSize {
    ByteSize::bytes(
        size.and_then(|size| u64::try_from(size).ok())
            .unwrap_or_default(),
    )
}

/// Labels in our order.
fn labels_of(labels: Option<std::collections::HashMap<String, String>>) -> Labels {
    labels.unwrap_or_default().into_iter().collect()
}

fn phase(status: Option<Status>) -> Phase {
    match status {
        None | Some(Status::EMPTY | Status::CREATED) => Phase::Created,
        Some(Status::RUNNING | Status::RESTARTING | Status::STOPPING) => Phase::Running,
        Some(Status::PAUSED) => Phase::Paused,
        Some(Status::REMOVING) => Phase::Removing,
        Some(Status::EXITED | Status::DEAD) => Phase::Exited,
    }
}

fn summary_phase(status: Option<SummaryStatus>) -> Phase {
    match status {
        None | Some(SummaryStatus::EMPTY | SummaryStatus::CREATED) => Phase::Created,
        Some(SummaryStatus::RUNNING | SummaryStatus::RESTARTING | SummaryStatus::STOPPING) => {
            Phase::Running
        }
        Some(SummaryStatus::PAUSED) => Phase::Paused,
        Some(SummaryStatus::REMOVING) => Phase::Removing,
        Some(SummaryStatus::EXITED | SummaryStatus::DEAD) => Phase::Exited,
    }
}

fn bare_name(name: &str) -> String {
    name.strip_prefix('/').unwrap_or(name).to_owned()
}

/// The host addresses of published ports, each once, in order.
fn published(settings: Option<NetworkSettings>) -> Vec<String> {
    let ports = settings
        .and_then(|settings| settings.ports)
        .unwrap_or_default();
    let bindings = ports.into_values().flatten().flatten();
    let mut addresses: Vec<String> = bindings.filter_map(|binding| binding.host_ip).collect();
    addresses.sort();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests;
