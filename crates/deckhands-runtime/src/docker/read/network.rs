//! The daemon's answers about networks as our type.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};

use bollard::models::{Ipam, IpamConfig, Network, NetworkInspect};

use super::labels_of;
use crate::docker::translate::INTER_CONTAINER;
use crate::networks::NetworkInfo;

/// What `inspect` tells about a network.
pub(in crate::docker) fn network(answer: NetworkInspect) -> NetworkInfo {
    NetworkInfo {
        id: answer.id.unwrap_or_default(),
        name: answer.name.unwrap_or_default(),
        gateway: gateway(answer.ipam),
        internal: answer.internal.unwrap_or_default(),
        inter_container: inter_container(answer.options),
        labels: labels_of(answer.labels),
    }
}

/// One line of the list of networks.
pub(in crate::docker) fn network_summary(answer: Network) -> NetworkInfo {
    NetworkInfo {
        id: answer.id.unwrap_or_default(),
        name: answer.name.unwrap_or_default(),
        gateway: gateway(answer.ipam),
        internal: answer.internal.unwrap_or_default(),
        inter_container: inter_container(answer.options),
        labels: labels_of(answer.labels),
    }
}

/// Without the option the containers of a network may talk to each other.
fn inter_container(options: Option<HashMap<String, String>>) -> bool {
    let told = options.and_then(|mut options| options.remove(INTER_CONTAINER));
    told.is_none_or(|told| told != "false")
}

/// The gateway that is told, IPv4 first, else the first address of the IPv4 subnet.
fn gateway(ipam: Option<Ipam>) -> Option<IpAddr> {
    let configs = ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let told: Vec<IpAddr> = configs.iter().filter_map(told).collect();
    let first_v4 = told.iter().find(|address| address.is_ipv4());
    first_v4
        .or(told.first())
        .copied()
        .or_else(|| configs.iter().find_map(first_of_subnet))
}

/// Some networks tell it with the prefix of their subnet, `172.17.0.1/16`.
fn told(config: &IpamConfig) -> Option<IpAddr> {
    config.gateway.as_deref()?.split('/').next()?.parse().ok()
}

fn first_of_subnet(config: &IpamConfig) -> Option<IpAddr> {
    let (address, prefix) = config.subnet.as_deref()?.split_once('/')?;
    let address: Ipv4Addr = address.parse().ok()?;
    // A subnet of one or two addresses has no host address to give away.
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 30)?;
    let mask = u32::MAX.checked_shl(32 - prefix).unwrap_or(0);
    Some(IpAddr::V4(Ipv4Addr::from((u32::from(address) & mask) + 1)))
}
