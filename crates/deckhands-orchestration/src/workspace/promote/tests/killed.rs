//! Deaths at any step: completed, or as if nothing had begun.

use std::path::PathBuf;

use proptest::prelude::*;

use super::super::super::recovery::{Recovered, recover};
use super::*;

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

/// Does what a promotion does, up to and with `renames` renames after the journal, and dies.
pub(super) fn die_after(case: &Case, renames: usize) -> usize {
    let (workspace, stage) = (case.workspace.path(), case.stage());
    write_pointer(&case.pointer(), workspace).unwrap();
    let journal = stage_all(&stage, case.result.path(), workspace, &case.change).unwrap();
    journal.commit(&stage).unwrap();
    let site = Site::new(workspace, &stage);
    let steps: Vec<_> = journal.steps.iter().enumerate().collect();
    let (puts, deletions): (Vec<_>, Vec<_>) = steps
        .into_iter()
        .partition(|(_, s)| s.entry.after.is_some());
    let mut all: Vec<Box<dyn Fn() -> io::Result<()>>> = Vec::new();
    for (number, step) in deletions.into_iter().chain(puts) {
        let path = &step.entry.path;
        all.push(Box::new(move || site.set_aside(number, path)));
        if step.entry.after.is_some() {
            all.push(Box::new(move || site.put(number, path, &mut Vec::new())));
        }
    }
    all.iter()
        .take(renames)
        .for_each(|rename| rename().unwrap());
    all.len()
}

/// Recovers where nothing is to be left alone or fails; gives what was completed.
fn recovered(case: &Case) -> Vec<PathBuf> {
    let Recovered {
        completed,
        left,
        failed,
    } = recover(&case.home).unwrap();
    assert!(left.is_empty() && failed.is_empty(), "{left:?} {failed:?}");
    completed
}

fn assert_recovers(case: &Case, expected: &BTreeMap<String, String>, what: &str) {
    assert_eq!(recovered(case), [case.workspace.path()], "{what}");
    assert_eq!(&case.workspace.listing(), expected, "{what}");
    case.assert_clean();
    assert_eq!(
        recovered(case),
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
    assert_eq!(steps, 12);
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
            case.stage_all();
        },
        |case| {
            write_pointer(&case.pointer(), case.workspace.path()).unwrap();
            case.stage_all();
            fs::write(case.stage().join("journal.new"), "{\"steps\":[").unwrap();
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
        assert_eq!(recovered(&case), Vec::<PathBuf>::new(), "row {number}");
        assert_eq!(case.workspace.listing(), before, "row {number}");
        case.assert_clean();
    }
}

#[test]
fn a_workspace_that_is_not_there_is_told_and_waited_for() {
    let case = Case::new(MUCH);
    die_after(&case, 2);
    let away = case.result.join("away");
    fs::rename(case.workspace.path(), &away).unwrap();
    let told = recover(&case.home).unwrap();
    assert_eq!(told.failed.len(), 1);
    assert!(told.failed[0].source.to_string().contains("is not there"));
    assert!(case.pointer().exists());
    fs::rename(&away, case.workspace.path()).unwrap();
    assert_eq!(recovered(&case), [case.workspace.path()]);
    case.assert_clean();
}

#[test]
fn one_promotion_that_resists_does_not_stop_the_others() {
    let case = Case::new(MUCH);
    die_after(&case, 0);
    let broken: Vec<_> = [1, 2]
        .map(|n| case.pointer().with_file_name(format!("broken{n}")))
        .into();
    broken
        .iter()
        .for_each(|path| fs::write(path, "no json").unwrap());
    let told = recover(&case.home).unwrap();
    assert_eq!(told.completed, [case.workspace.path()]);
    let mut failed: Vec<_> = told
        .failed
        .into_iter()
        .map(|e| (e.action, e.path))
        .collect();
    failed.sort();
    let expected: Vec<_> = broken.iter().map(|p| ("recover", p.clone())).collect();
    assert_eq!(failed, expected);
    assert!(broken.iter().all(|path| path.exists()));
}

#[test]
fn what_the_user_did_after_the_death_is_left_alone_and_told() {
    // What the agent did, what the user did after the death, what is told, and what stays.
    let rows: [(&str, &str, &str, &str); 6] = [
        ("a=ONE run=FOUR", "a=user", "a", "user"),
        ("a=ONE run=FOUR", "a->run", "a", "-> run"),
        ("-a run=FOUR", "a=user", "a", "user"),
        ("new=x run=FOUR", "new=user", "new", "user"),
        ("new/x=x run=FOUR", "new=user", "new/x", ""),
        ("a=ONE run=FOUR", "-a", "a", ""),
    ];
    for (agent, user, told, stays) in rows {
        let case = Case::new(agent);
        die_after(&case, 0);
        case.workspace.edit(user);
        for round in 0..2 {
            let recovered = recover(&case.home).unwrap();
            assert!(recovered.failed.is_empty() && recovered.completed.is_empty());
            let left: Vec<_> = recovered.left.iter().map(|l| l.path.as_str()).collect();
            assert_eq!(left, [told], "{agent} / {user} / {round}");
            let kept = recovered.left[0].kept.as_ref();
            assert_eq!(kept.is_some(), !agent.starts_with('-'));
            assert!(kept.is_none_or(|kept| kept.exists()), "{agent} / {user}");
        }
        let listing = case.workspace.listing();
        assert_eq!(
            listing.get(told).map_or("", String::as_str),
            stays,
            "{agent} / {user}"
        );
        assert_eq!(listing["run"], "x FOUR", "the rest is completed");
        fs::remove_dir_all(case.stage()).unwrap();
        assert_eq!(recovered(&case), Vec::<PathBuf>::new());
        case.assert_clean();
    }
}

#[test]
fn a_path_that_was_left_alone_is_never_tried_again() {
    let case = Case::new("a=ONE");
    die_after(&case, 0);
    case.workspace.edit("a=user");
    recover(&case.home).unwrap();
    case.workspace.edit("a=one");
    assert_eq!(recover(&case.home).unwrap().left.len(), 1);
    assert_eq!(fs::read_to_string(case.workspace.join("a")).unwrap(), "one");
}

#[test]
fn a_recovery_never_goes_through_a_link() {
    let outside = Tree::new(&[("b", "two"), ("deep/c", "three")]);
    for agent in ["sub/b=TWO", "sub/new=x", "-sub/b", "-sub/deep/c"] {
        let case = Case::new(agent);
        die_after(&case, 0);
        fs::remove_dir_all(case.workspace.join("sub")).unwrap();
        case.workspace.link("sub", outside.path().to_str().unwrap());
        let before = outside.listing();
        assert_eq!(recover(&case.home).unwrap().left.len(), 1, "{agent}");
        assert_eq!(outside.listing(), before, "{agent}");
    }
}

#[test]
fn a_journal_that_leads_out_of_the_workspace_is_refused() {
    let case = Case::new("a=ONE");
    die_after(&case, 0);
    let journal = case.stage().join("journal.json");
    let text = fs::read_to_string(&journal).unwrap();
    // The path is a list of bytes: `a` becomes `../a`.
    let leading_out = text.replace("\"path\":[97]", "\"path\":[46,46,47,97]");
    assert_ne!(leading_out, text);
    fs::write(journal, leading_out).unwrap();
    let told = recover(&case.home).unwrap();
    assert_eq!((told.failed.len(), told.completed.len()), (1, 0));
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
    fn for_every_change_and_every_death_the_end_is_the_result(before in any_tree(), after in any_tree(), step in 0_usize..14) {
        let agent = |tree: &Tree| {
            before.iter().for_each(|(path, _)| tree.remove(path));
            after.iter().for_each(|(path, content)| tree.write(path, content));
        };
        let case = Case::of(Tree::new(&before), Tree::new(&before), agent);
        die_after(&case, step);
        prop_assert_eq!(recovered(&case), [case.workspace.path()]);
        case.assert_clean();
        prop_assert_eq!(case.workspace.listing(), Tree::new(&after).listing());
    }
}
