//! Promotion, by its ending: applied, conflict, killed, taken back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::super::manifest::Manifest;
use super::super::test_tree::Tree;
use super::*;
use crate::clock::SystemIds;

mod applied;
mod conflict;
mod killed;
mod taken_back;

/// A workspace, the attempt's result of it, and a home.
struct Case {
    home: Home,
    workspace: Tree,
    result: Tree,
    change: ChangeSet,
    _state: Tree,
}

impl Case {
    /// What the agent made of the usual tree.
    fn new(agent: &str) -> Self {
        Self::of(tree(), tree(), |tree| tree.edit(agent))
    }

    fn of(workspace: Tree, result: Tree, agent: impl FnOnce(&Tree)) -> Self {
        let before = Manifest::take(result.path()).unwrap();
        agent(&result);
        let state = Tree::empty();
        Self {
            change: ChangeSet::between(&before, &Manifest::take(result.path()).unwrap()),
            home: Home::open(&state.join("home"), &SystemIds).unwrap(),
            workspace,
            result,
            _state: state,
        }
    }

    fn promote(&self) -> Result<Promotion, PromoteError> {
        promote(
            &self.home,
            task(),
            self.workspace.path(),
            self.result.path(),
            &self.change,
        )
    }

    /// Puts the new contents in place and goes no further.
    fn stage_all(&self) -> Journal {
        let (result, workspace) = (self.result.path(), self.workspace.path());
        stage_all(&self.stage(), result, workspace, &self.change).unwrap()
    }

    fn stage(&self) -> PathBuf {
        self.workspace
            .join(format!(".deckhands-promotion-{}", task()))
    }

    fn pointer(&self) -> PathBuf {
        pointer_to(&self.home, task())
    }

    /// Nothing of a promotion is left beside its effect.
    fn assert_clean(&self) {
        assert!(!self.stage().exists(), "stage left");
        let pointers: Vec<_> = fs::read_dir(self.pointer().parent().unwrap())
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        assert!(pointers.is_empty(), "{pointers:?}");
    }
}

const FILES: [(&str, &str); 4] = [
    ("a", "one"),
    ("sub/b", "two"),
    ("sub/deep/c", "three"),
    ("run", "four"),
];

fn task() -> TaskId {
    TaskId::from_random([7; 16])
}

fn tree() -> Tree {
    let tree = Tree::new(&FILES);
    tree.mode("run", 0o755);
    tree.link("l", "a");
    tree
}

/// An agent's work with something of everything: seven steps.
const MUCH: &str = "a=ONE new/file=five run-x l->run sub/made=six sub/made+x -sub/b -sub/deep/c";

fn listing(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), (*content).to_owned()))
        .collect()
}
