//! A check sees what would be promoted, and no file of the host.

use std::fs;

use super::super::test_tree::Tree;
use super::super::{CopyOptions, copy_workspace};
use super::*;

/// Copies a workspace as a run does, lets the agent work, and makes the tree for a check.
fn checked(user: &Tree, agent: impl FnOnce(&Tree)) -> (Tree, Result<(), CopyError>) {
    let options = CopyOptions {
        include_ignored: false,
        max_bytes: None,
        leave_out: Vec::new(),
    };
    let (result, to) = (Tree::empty(), Tree::empty());
    let copy = copy_workspace(user.path(), result.path(), &options, &|| false).unwrap();
    agent(&result);
    let after = Manifest::of_result(result.path(), &copy.manifest, true).unwrap();
    let change = ChangeSet::between(&copy.manifest, &after);
    let made = check_tree(result.path(), to.path(), (&copy.manifest, &change), &|| {
        false
    });
    (to, made)
}

fn user() -> Tree {
    let tree = Tree::new(&[
        (".gitignore", "*.log\n"),
        (".git/HEAD", "ref: x"),
        ("a", "one"),
        ("sub/b", "two"),
    ]);
    tree.link("out", "/etc");
    fs::create_dir(tree.join("empty")).unwrap();
    tree
}

#[test]
fn it_is_the_state_before_with_the_change() {
    let (to, made) = checked(&user(), |result| {
        result.edit("a=ONE new/c=three -sub/b cache.log=x fifo|");
        result.link("away", "/root");
        result.write(".git/config", "agent");
        result.fifo(".git/pipe");
    });
    made.unwrap();
    let names: Vec<_> = to.listing().into_keys().collect();
    let expected = [
        ".git/",
        ".git/HEAD",
        ".git/config",
        ".gitignore",
        "a",
        "empty/",
        "new/",
        "new/c",
        "out",
    ];
    assert_eq!(names, expected);
    assert_eq!(to.listing()["a"], "ONE");
}

#[test]
fn a_git_file_of_the_agent_s_is_never_looked_up() {
    let secret = Tree::new(&[("id", "secret"), ("config", "worktree = x\n")]);
    let pointing = format!("gitdir: {}\n", secret.path().display());
    let before = secret.listing();
    let agents: [&dyn Fn(&Tree); 4] = [
        &|t| t.write("sub/.git", &pointing),
        &|t| {
            fs::remove_dir_all(t.join(".git")).unwrap();
            t.write(".git", &pointing);
        },
        &|t| {
            fs::remove_dir_all(t.join(".git")).unwrap();
            t.link(".git", secret.path().to_str().unwrap());
        },
        &|t| {
            t.link(".git/config", secret.join("config").to_str().unwrap());
            t.link(".git/objects", secret.path().to_str().unwrap());
        },
    ];
    for (number, agent) in agents.into_iter().enumerate() {
        let (to, made) = checked(&user(), agent);
        made.unwrap();
        assert!(
            !to.listing().values().any(|text| text == "secret"),
            "row {number}"
        );
        assert!(
            !to.join("sub/.git").exists(),
            "row {number}: there was none before"
        );
        assert_eq!(secret.listing(), before, "row {number}");
    }
}

#[test]
fn nothing_is_read_through_a_directory_that_became_a_link() {
    let secret = Tree::new(&[("suid", "secret"), (".git/HEAD", "secret")]);
    let user = user();
    user.write("sub/suid", "x");
    user.mode("sub/suid", 0o4755);
    user.write("sub/.git/HEAD", "x");
    let (to, made) = checked(&user, |result| {
        fs::remove_dir_all(result.join("sub")).unwrap();
        result.link("sub", secret.path().to_str().unwrap());
    });
    made.unwrap();
    assert!(
        !to.listing().values().any(|text| text == "secret"),
        "{:?}",
        to.listing()
    );
}

#[test]
fn a_repository_that_grew_without_bound_is_refused() {
    let (_to, made) = checked(&user(), |result| {
        let file = fs::File::create(result.join(".git/pack")).unwrap();
        file.set_len(1 << 40).unwrap();
    });
    assert!(matches!(made, Err(CopyError::TooLarge { .. })), "{made:?}");
}

#[test]
fn it_stops_when_told_to() {
    let user = user();
    let to = Tree::empty();
    let before = Manifest::take(user.path()).unwrap();
    let made = check_tree(
        user.path(),
        to.path(),
        (&before, &ChangeSet::default()),
        &|| true,
    );
    assert!(matches!(made, Err(CopyError::Stopped)), "{made:?}");
}
