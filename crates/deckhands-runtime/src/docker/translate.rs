//! Our specs as the daemon's request bodies. Pure; what the daemon makes of them is left to it.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, HostConfig, HostConfigLogConfig, Mount as DaemonMount, MountType,
    NetworkCreateRequest,
};

use crate::error::{Operation, RuntimeError, RuntimeErrorKind};
use crate::labels::{LabelSelector, Labels};
use crate::networks::NetworkSpec;
use crate::spec::{
    ContainerSpec, Hardening, HostEntry, Mount, MountAccess, NetworkMode, ResourceLimits, UserSpec,
};

/// The option of a bridge network that says whether containers on it may talk to each other.
pub(super) const INTER_CONTAINER: &str = "com.docker.network.bridge.enable_icc";

/// Nano-processors in a thousandth of a processor.
const NANOS_PER_MILLI: i64 = 1_000_000;

/// The body of a create request.
///
/// # Errors
/// `InvalidSpec` for a mount source that is not an absolute path in UTF-8, and for sizes over `i64`.
pub(super) fn container(spec: &ContainerSpec) -> Result<ContainerCreateBody, RuntimeError> {
    Ok(ContainerCreateBody {
        image: Some(spec.image.as_str().to_owned()),
        entrypoint: spec.entrypoint.clone(),
        cmd: Some(spec.command.clone()),
        env: Some(
            spec.env
                .iter()
                .map(|(key, value)| format!("{key}={}", value.expose()))
                .collect(),
        ),
        working_dir: spec.working_dir.clone(),
        user: user(spec.user),
        labels: Some(label_map(&spec.labels)),
        tty: Some(false),
        open_stdin: Some(false),
        attach_stdin: Some(false),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        host_config: Some(host_config(spec)?),
        ..ContainerCreateBody::default()
    })
}

/// The body of a request for a bridge network.
pub(super) fn network(spec: &NetworkSpec) -> NetworkCreateRequest {
    let icc = (INTER_CONTAINER.to_owned(), spec.inter_container.to_string());
    NetworkCreateRequest {
        name: spec.name.clone(),
        driver: Some("bridge".to_owned()),
        internal: Some(spec.internal),
        options: Some(HashMap::from([icc])),
        labels: Some(label_map(&spec.labels)),
        ..NetworkCreateRequest::default()
    }
}

/// A selector as the daemon's filters.
pub(super) fn filters(selector: &LabelSelector) -> HashMap<String, Vec<String>> {
    let labels = selector
        .equal
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    HashMap::from([("label".to_owned(), labels)])
}

fn host_config(spec: &ContainerSpec) -> Result<HostConfig, RuntimeError> {
    let mounts = spec
        .mounts
        .iter()
        .map(|mount| bind(mount, spec))
        .collect::<Result<_, _>>()?;
    let host = HostConfig {
        mounts: Some(mounts),
        network_mode: Some(network_mode(&spec.network)),
        extra_hosts: Some(spec.hosts.iter().map(host_line).collect()),
        log_config: Some(log(&spec.limits)),
        ..HostConfig::default()
    };
    Ok(HostConfig {
        tmpfs: scratch(spec),
        ..harden(limit(host, spec)?, spec.hardening)
    })
}

fn limit(host: HostConfig, spec: &ContainerSpec) -> Result<HostConfig, RuntimeError> {
    let limits = &spec.limits;
    let memory = limits
        .memory
        .map(|size| i64::try_from(size.as_u64()))
        .transpose();
    let memory = memory.map_err(|_too_large| refuse(spec, "the memory limit is too large"))?;
    Ok(HostConfig {
        memory,
        // The same figure as for memory alone means: no swap on top.
        memory_swap: memory,
        nano_cpus: limits
            .milli_cpus
            .map(|milli| i64::from(milli) * NANOS_PER_MILLI),
        pids_limit: limits.processes.map(i64::from),
        ..host
    })
}

fn harden(host: HostConfig, hardening: Hardening) -> HostConfig {
    HostConfig {
        init: Some(hardening.init),
        cap_drop: hardening.drop_capabilities.then(|| vec!["ALL".to_owned()]),
        security_opt: hardening
            .no_new_privileges
            .then(|| vec!["no-new-privileges".to_owned()]),
        readonly_rootfs: Some(hardening.read_only_root),
        ..host
    }
}

/// The in-memory `/tmp` of a container whose root cannot be written.
fn scratch(spec: &ContainerSpec) -> Option<HashMap<String, String>> {
    let options = match spec.limits.scratch {
        None => "exec".to_owned(),
        Some(size) => format!("exec,mode=1777,size={}", size.as_u64()),
    };
    let read_only = spec.hardening.read_only_root;
    read_only.then(|| HashMap::from([("/tmp".to_owned(), options)]))
}

/// A bind of the kind that refuses a missing source instead of making a directory of it.
fn bind(mount: &Mount, spec: &ContainerSpec) -> Result<DaemonMount, RuntimeError> {
    let source = mount.source.to_str().filter(|_| mount.source.is_absolute());
    let source = source.ok_or_else(|| {
        let path = mount.source.display();
        refuse(
            spec,
            &format!("the mount source `{path}` is not an absolute path in UTF-8"),
        )
    })?;
    Ok(DaemonMount {
        typ: Some(MountType::BIND),
        source: Some(source.to_owned()),
        target: Some(mount.target.clone()),
        read_only: Some(mount.access == MountAccess::ReadOnly),
        ..DaemonMount::default()
    })
}

/// One file of bounded size, or none at all where nothing is to be kept.
fn log(limits: &ResourceLimits) -> HostConfigLogConfig {
    let size = limits.kept_log.as_u64();
    if size == 0 {
        return HostConfigLogConfig {
            typ: Some("none".to_owned()),
            config: None,
        };
    }
    // A single file cannot be compressed, and the driver refuses to start unless told so.
    let settings = [
        ("max-size", size.to_string()),
        ("max-file", "1".to_owned()),
        ("compress", "false".to_owned()),
    ];
    HostConfigLogConfig {
        typ: Some("local".to_owned()),
        config: Some(settings.map(|(key, value)| (key.to_owned(), value)).into()),
    }
}

fn network_mode(network: &NetworkMode) -> String {
    match network {
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Bridge => "bridge".to_owned(),
        NetworkMode::Named(name) => name.clone(),
        NetworkMode::Container(id) => format!("container:{id}"),
    }
}

fn user(user: UserSpec) -> Option<String> {
    match user {
        UserSpec::Image => None,
        UserSpec::Ids { uid, gid } => Some(format!("{uid}:{gid}")),
    }
}

fn host_line(entry: &HostEntry) -> String {
    format!("{}:{}", entry.name, entry.address)
}

fn label_map(labels: &Labels) -> HashMap<String, String> {
    labels
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect()
}

fn refuse(spec: &ContainerSpec, reason: &str) -> RuntimeError {
    RuntimeError::new(
        Operation::Create,
        &spec.name.0,
        RuntimeErrorKind::InvalidSpec,
    )
    .with_message(reason)
}

#[cfg(test)]
mod tests;
