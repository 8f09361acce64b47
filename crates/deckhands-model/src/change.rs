//! What an attempt changed in its workspace.

use serde::{Deserialize, Serialize};

/// One changed path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// Path below the workspace, `/` separated; bytes that are no UTF-8 are shown escaped.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Size afterwards in bytes; 0 for a deleted path.
    pub bytes: u64,
}

/// What happened to a path.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// It was not there before.
    Created,
    /// Content, mode, kind or link target differ.
    Modified,
    /// It is no longer there.
    Deleted,
}
