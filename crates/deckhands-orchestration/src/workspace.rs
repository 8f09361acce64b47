//! Workspaces: the private copy, what changed in it, and the way back to the user.
//!
//! Everything here is plain file work. Git is never run, and nothing under `.git` comes back.

mod change_set;
mod conflict;
mod copy;
mod journal;
mod linked_git;
mod manifest;
mod ownership;
mod patch;
mod promote;
#[cfg(test)]
mod test_tree;

pub(crate) use change_set::ChangeSet;
pub(crate) use copy::{CopyError, CopyOptions, CopyReport, copy_tree, copy_workspace};
pub(crate) use manifest::Manifest;
pub(crate) use ownership::{foreign_file, open_directories};
pub(crate) use patch::unified_diff;
pub use promote::{PromoteError, recover};
pub(crate) use promote::{Promotion, promote};

/// The name of git's own directory, which is never promoted at any depth.
const GIT: &str = ".git";
