//! Promotion: applied whole, refused whole, and completed or taken back after a death at any step.

use std::collections::BTreeMap;
use std::path::PathBuf;

use proptest::prelude::*;

use super::super::manifest::Manifest;
use super::super::test_tree::{Tree, is_root};
use super::*;
use crate::clock::SystemIds;

/// A workspace, the attempt's result of it, and a home.
struct Case {
    home: Home,
    workspace: Tree,
    result: Tree,
    change: ChangeSet,
    _state: Tree,
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

    fn stage(&self) -> PathBuf {
        self.workspace
            .join(format!(".deckhands-promotion-{}", task()))
    }

    fn pointer(&self) -> PathBuf {
        promotions_dir(&self.home).join(task().to_string())
    }

    /// Nothing of a promotion is left beside its effect.
    fn assert_clean(&self) {
        assert!(!self.stage().exists(), "stage left");
        let pointers: Vec<_> = fs::read_dir(promotions_dir(&self.home))
            .into_iter()
            .flatten()
            .flatten()
            .collect();
        assert!(pointers.is_empty(), "{pointers:?}");
    }
}

/// An agent's work with something of everything: seven steps.
const MUCH: &str = "a=ONE new/file=five run-x l->run sub/made=six sub/made+x -sub/b -sub/deep/c";

fn listing(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), (*content).to_owned()))
        .collect()
}

#[test]
fn an_accepted_change_is_applied_whole() {
    let case = Case::new(MUCH);
    assert_eq!(case.promote().unwrap(), Promotion::Applied);
    let expected = [
        ("a", "ONE"),
        ("l", "-> run"),
        ("new/", ""),
        ("new/file", "five"),
        ("run", "four"),
        ("sub/", ""),
        ("sub/made", "x six"),
    ];
    assert_eq!(
        case.workspace.listing(),
        listing(&expected),
        "emptied directories go, too"
    );
    case.assert_clean();
}

#[test]
fn what_the_user_did_elsewhere_stays() {
    let case = Case::new("a=ONE -sub/deep/c");
    case.workspace
        .edit("mine=user sub/b=user sub/deep/mine=user");
    assert_eq!(case.promote().unwrap(), Promotion::Applied);
    let expected = [
        ("a", "ONE"),
        ("l", "-> a"),
        ("mine", "user"),
        ("run", "x four"),
        ("sub/", ""),
        ("sub/b", "user"),
        ("sub/deep/", ""),
        ("sub/deep/mine", "user"),
    ];
    assert_eq!(case.workspace.listing(), listing(&expected));
}

#[test]
fn what_the_user_did_likewise_is_no_conflict() {
    let case = Case::new(MUCH);
    case.workspace.edit("a=ONE -sub/b new/file=five");
    assert_eq!(case.promote().unwrap(), Promotion::Applied);
    assert_eq!(
        case.workspace.listing().get("a").map(String::as_str),
        Some("ONE")
    );
}

#[test]
fn each_way_of_moving_on_is_a_conflict_and_nothing_is_applied() {
    // What the agent did, what the user did meanwhile, and where they meet.
    let rows: [(&str, &str, &[&str]); 14] = [
        ("a=ONE", "a=user", &["a"]),
        ("a=ONE", "-a", &["a"]),
        ("a=ONE", "a+x", &["a"]),
        ("a+x", "a=user", &["a"]),
        ("-a", "a=user", &["a"]),
        ("-a", "a+x", &["a"]),
        ("new=agent", "new=user", &["new"]),
        ("new=agent", "new/below=user", &["new"]),
        ("new/x=agent", "new=user", &["new/x"]),
        ("a=ONE", "a->run", &["a"]),
        ("l->run", "l->sub/b", &["l"]),
        ("a=ONE", "a|", &["a"]),
        ("-a a/below=x", "a=user", &["a"]),
        ("a=ONE sub/b=TWO -run", "a=user run=user", &["a", "run"]),
    ];
    for (agent, user, paths) in rows {
        let case = Case::new(agent);
        case.workspace.edit(user);
        let before = case.workspace.listing();
        let paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let promoted = case.promote().unwrap();
        assert_eq!(promoted, Promotion::Conflict(paths), "{agent} / {user}");
        assert_eq!(case.workspace.listing(), before, "{agent} / {user}");
        case.assert_clean();
    }
}

#[test]
fn a_directory_that_became_a_link_is_never_written_through() {
    let outside = Tree::new(&[("b", "two"), ("deep/c", "three")]);
    let rows = ["sub/b=TWO", "sub/new=x", "-sub/deep/c"];
    for agent in rows {
        let case = Case::new(agent);
        fs::remove_dir_all(case.workspace.join("sub")).unwrap();
        case.workspace.link("sub", outside.path().to_str().unwrap());
        let before = outside.listing();
        assert!(matches!(case.promote().unwrap(), Promotion::Conflict(_)));
        assert_eq!(outside.listing(), before);
    }
}

/// Dies after every step in turn; each time the recovery makes the result of it.
fn assert_recovers_always(case: impl Fn() -> Case, what: &str) {
    let steps = die_after(&case(), 0);
    for done in 0..=steps {
        let case = case();
        let conflicts = conflicts(case.workspace.path(), &case.change);
        assert_eq!(conflicts, Vec::<String>::new(), "{what}");
        die_after(&case, done);
        assert_recovers(
            &case,
            &case.result.listing(),
            &format!("{what} after {done}"),
        );
    }
}

#[test]
fn a_directory_takes_the_place_of_a_file_or_link() {
    for agent in ["-a a/now/below=x", "-l l/below=x", "-run run/run=x a=ONE"] {
        assert_recovers_always(|| Case::new(agent), agent);
    }
}

#[test]
fn a_file_or_link_takes_the_place_of_a_directory() {
    for made in ["sub=x", "sub->other"] {
        let case = || {
            let (workspace, result) = (tree(), tree());
            fs::create_dir_all(workspace.join("sub/empty/dir")).unwrap();
            Case::of(workspace, result, |tree| {
                fs::remove_dir_all(tree.join("sub")).unwrap();
                tree.edit(made);
                tree.edit("other/b=kept");
            })
        };
        assert_recovers_always(case, made);
        let moved_on = case();
        moved_on.workspace.write("sub/mine", "user");
        let promoted = moved_on.promote().unwrap();
        assert_eq!(
            promoted,
            Promotion::Conflict(vec!["sub".to_owned()]),
            "{made}"
        );
    }
}

#[test]
fn only_the_executable_bit_comes_from_the_agent() {
    let mode = |case: &Case, path: &str| {
        fs::metadata(case.workspace.join(path))
            .unwrap()
            .permissions()
            .mode()
            & 0o7777
    };
    let case = Case::new("a=ONE a+x run=FOUR run-x sub/b=TWO");
    case.workspace.mode("a", 0o640);
    case.workspace.mode("sub/b", 0o600);
    assert_eq!(case.promote().unwrap(), Promotion::Applied);
    assert_eq!(
        [mode(&case, "a"), mode(&case, "run"), mode(&case, "sub/b")],
        [0o750, 0o644, 0o600]
    );
}

#[test]
fn a_change_that_cannot_be_staged_changes_nothing() {
    let case = Case::new("a=ONE sub/b=TWO");
    case.result.remove("sub/b");
    let before = case.workspace.listing();
    let error = case.promote().unwrap_err();
    assert_eq!(error.action, "stage the change in");
    assert_eq!(case.workspace.listing(), before);
    case.assert_clean();
}

/// Does what a promotion does, up to and with `steps` steps after the journal, and dies.
fn die_after(case: &Case, steps: usize) -> usize {
    let (workspace, stage) = (case.workspace.path(), case.stage());
    write_pointer(&case.pointer(), workspace).unwrap();
    let journal = stage_all(&stage, case.result.path(), workspace, &case.change).unwrap();
    journal.commit(&stage).unwrap();
    let deletions = journal.delete.iter().map(|path| (None, path));
    let puts = journal.put.iter().enumerate();
    let puts = puts.map(|(number, path)| (Some(number), path));
    let all: Vec<_> = deletions.chain(puts).collect();
    for (number, path) in all.iter().take(steps) {
        let place = workspace.join(path.path());
        match number {
            Some(number) => {
                fs::create_dir_all(place.parent().unwrap()).unwrap();
                if place.is_dir() {
                    fs::remove_dir_all(&place).unwrap();
                }
                fs::rename(staged(&stage, *number), place).unwrap();
            }
            None => fs::remove_file(place).unwrap(),
        }
    }
    all.len()
}

fn assert_recovers(case: &Case, expected: &BTreeMap<String, String>, what: &str) {
    assert_eq!(
        recover(&case.home).unwrap(),
        [case.workspace.path()],
        "{what}"
    );
    assert_eq!(&case.workspace.listing(), expected, "{what}");
    case.assert_clean();
    assert_eq!(
        recover(&case.home).unwrap(),
        Vec::<PathBuf>::new(),
        "{what}: a second time"
    );
}

#[test]
fn after_the_journal_every_interruption_is_completed() {
    let whole = Case::new(MUCH);
    whole.promote().unwrap();
    let expected = whole.workspace.listing();
    let steps = die_after(&Case::new(MUCH), 0);
    assert_eq!(steps, 7);
    for done in 0..=steps {
        let case = Case::new(MUCH);
        die_after(&case, done);
        assert_recovers(&case, &expected, &format!("after {done} of {steps}"));
    }
}

#[test]
fn a_death_during_the_recovery_is_recovered_from() {
    let case = Case::new(MUCH);
    let steps = die_after(&case, 0);
    let whole = Case::new(MUCH);
    whole.promote().unwrap();
    fs::remove_file(case.stage().join("new/0")).unwrap();
    fs::write(case.workspace.join("a"), "ONE").unwrap();
    assert!(steps > 1);
    assert_recovers(
        &case,
        &whole.workspace.listing(),
        "the first one was in place",
    );
}

#[test]
fn before_the_journal_every_interruption_changes_nothing() {
    type Die = fn(&Case);
    let rows: [Die; 5] = [
        |case| write_pointer(&case.pointer(), case.workspace.path()).unwrap(),
        |case| {
            write_pointer(&case.pointer(), case.workspace.path()).unwrap();
            fs::create_dir(case.stage()).unwrap();
        },
        |case| {
            write_pointer(&case.pointer(), case.workspace.path()).unwrap();
            stage_all(
                &case.stage(),
                case.result.path(),
                case.workspace.path(),
                &case.change,
            )
            .unwrap();
        },
        |case| {
            write_pointer(&case.pointer(), case.workspace.path()).unwrap();
            stage_all(
                &case.stage(),
                case.result.path(),
                case.workspace.path(),
                &case.change,
            )
            .unwrap();
            fs::write(case.stage().join("journal.new"), "{\"put\":[").unwrap();
        },
        |case| {
            // The pointer itself was being written.
            let staged = case.pointer().with_extension("new");
            fs::create_dir_all(staged.parent().unwrap()).unwrap();
            fs::write(staged, "[47,11").unwrap();
        },
    ];
    for (number, die) in rows.into_iter().enumerate() {
        let case = Case::new(MUCH);
        let before = case.workspace.listing();
        die(&case);
        assert_eq!(
            recover(&case.home).unwrap(),
            Vec::<PathBuf>::new(),
            "row {number}"
        );
        assert_eq!(case.workspace.listing(), before, "row {number}");
        case.assert_clean();
    }
}

#[test]
fn a_workspace_that_is_gone_is_nothing_to_recover() {
    let case = Case::new(MUCH);
    die_after(&case, 2);
    fs::remove_dir_all(case.workspace.path()).unwrap();
    assert_eq!(recover(&case.home).unwrap(), Vec::<PathBuf>::new());
    assert!(!case.pointer().exists());
}

#[test]
fn a_promotion_that_resists_is_told_and_stays_for_the_next_try() {
    let case = Case::new(MUCH);
    die_after(&case, 0);
    // Something stands where a directory must be made.
    case.workspace.write("new", "in the way");
    let error = recover(&case.home).unwrap_err();
    assert_eq!((error.action, error.path), ("recover", case.pointer()));
    case.workspace.remove("new");
    assert_eq!(recover(&case.home).unwrap(), [case.workspace.path()]);
    case.assert_clean();
}

#[test]
fn a_workspace_that_may_not_be_written_is_an_error_that_names_it() {
    let case = Case::new("a=ONE");
    let root = case.workspace.path().to_owned();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o555)).unwrap();
    let promoted = case.promote();
    fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
    if is_root() {
        assert_eq!(promoted.unwrap(), Promotion::Applied, "the super-user may");
    } else {
        assert_eq!(promoted.unwrap_err().path, case.stage());
        assert_eq!(case.workspace.listing(), tree().listing());
    }
}

#[test]
fn names_of_any_kind_survive_the_journal() {
    use std::os::unix::ffi::OsStrExt;
    let names: [&[u8]; 3] = [b"two\nlines", b"not-\xff-utf8", b"with space/below"];
    let path = |name: &[u8]| PathBuf::from(std::ffi::OsStr::from_bytes(name));
    let agent = |t: &Tree| names.iter().for_each(|name| t.write(path(name), "x"));
    let case = Case::of(tree(), tree(), agent);
    die_after(&case, 1);
    assert_recovers(&case, &case.result.listing(), "names");
}

/// A small tree: content of each of a few paths that never stand in each other's way.
fn any_tree() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let paths = ["a", "d/a", "d/b", "d/e/a", "f/g/h/a", "z"];
    proptest::collection::vec(proptest::option::of("[xy]{0,2}"), paths.len()).prop_map(
        move |contents| {
            let files = paths.into_iter().zip(contents);
            files
                .filter_map(|(path, content)| Some((path, content?)))
                .collect()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn for_every_change_and_every_death_the_end_is_the_result(before in any_tree(), after in any_tree(), step in 0_usize..8) {
        let agent = |tree: &Tree| {
            before.iter().for_each(|(path, _)| tree.remove(path));
            after.iter().for_each(|(path, content)| tree.write(path, content));
        };
        let case = Case::of(Tree::new(&before), Tree::new(&before), agent);
        die_after(&case, step);
        prop_assert_eq!(recover(&case.home).unwrap(), [case.workspace.path()]);
        case.assert_clean();
        prop_assert_eq!(case.workspace.listing(), Tree::new(&after).listing());
    }
}
