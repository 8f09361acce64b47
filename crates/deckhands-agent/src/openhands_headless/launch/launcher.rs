//! The launcher of ours that starts OpenHands: what an app runs, sees and is told because of it.
//!
//! It forwards a loopback port of the app to the attempt's socket; what OpenHands finds there is said
//! by each profile.

use std::path::PathBuf;

use deckhands_runtime::MountAccess;

use super::arguments;
use crate::launch::{LaunchRequest, LauncherAccess};

/// What is the same for every session with a launcher.
const FIXED: &[(&str, &str)] = &[("PYTHONUNBUFFERED", "1"), ("PYTHONDONTWRITEBYTECODE", "1")];

/// Arguments of Python.
pub(super) fn command(request: &LaunchRequest, access: &LauncherAccess) -> Vec<String> {
    let mut command = vec![access.target.clone()];
    command.extend(arguments(request));
    command
}

/// The launcher, and the directory that holds the socket: there the host can make it anew.
pub(super) fn mounts(access: &LauncherAccess) -> [(PathBuf, String, MountAccess); 2] {
    let read_only = |(source, target): (&PathBuf, &String)| {
        (source.clone(), target.clone(), MountAccess::ReadOnly)
    };
    [
        read_only((&access.file, &access.target)),
        read_only((&access.way_out, &access.way_out_target)),
    ]
}

/// Variables beside those of OpenHands.
pub(super) fn environment(access: &LauncherAccess) -> impl Iterator<Item = (&str, &str)> {
    let own = access.env.iter();
    let own = own.map(|(key, value)| (key.as_str(), value.as_str()));
    FIXED.iter().copied().chain(own)
}
