//! Workspaces: the private copy, what changed in it, and the way back to the user.
//!
//! Everything here is plain file work. Git is never run, and nothing under `.git` comes back.

mod change_set;
mod check_tree;
mod conflict;
mod copy;
mod files;
mod git_index;
mod journal;
mod kept;
mod linked_git;
mod manifest;
mod ownership;
mod patch;
mod promote;
mod raw_path;
mod recovery;
mod site;
#[cfg(test)]
mod test_tree;

pub(crate) use change_set::ChangeSet;
pub(crate) use check_tree::check_tree;
pub(crate) use conflict::holds;
pub(crate) use copy::{CopyError, CopyOptions, CopyReport, copy_workspace};
pub(crate) use kept::{read_record, write_record};
pub(crate) use manifest::{Manifest, read_manifest, write_manifest};
pub(crate) use ownership::{foreign_file, is_too_long, open_directories};
pub(crate) use patch::unified_diff;
pub use promote::PromoteError;
pub(crate) use promote::{Promotion, promote};
pub use recovery::{LeftPath, Recovered, recover};

/// The name of git's own directory, which is never promoted at any depth.
const GIT: &str = ".git";

/// What the name of a promotion's stage directory, at the root of the workspace, begins with.
const PROMOTION_PREFIX: &str = ".deckhands-promotion-";
