//! Promotions that fail on the way: everything is as it was.

use std::path::PathBuf;

use super::super::super::change_set::ChangedEntry;
use super::super::super::journal::Step;
use super::super::super::test_tree::is_root;
use super::*;

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

#[test]
fn a_step_that_fails_takes_back_all_that_were_done() {
    for agent in [
        MUCH,
        "-a a/now/below=x new/file=y",
        "-sub/b -sub/deep/c a=ONE",
    ] {
        let steps = Case::new(agent).change.entries.len();
        for bad in 0..=steps {
            let case = Case::new(agent);
            let (workspace, stage) = (case.workspace.path(), case.stage());
            let before = case.workspace.listing();
            let mut journal =
                stage_all(&stage, case.result.path(), workspace, &case.change).unwrap();
            // A name that no file system takes, staged like the others.
            let step = Step {
                entry: ChangedEntry {
                    path: "x".repeat(300).into(),
                    before: None,
                    after: Some(Entry::Link { target: "a".into() }),
                },
                left: false,
            };
            let site = Site::new(workspace, &stage);
            let number = journal.steps.len();
            journal.steps.push(step);
            symlink("a", site.new_of(number)).unwrap();
            move_step(&mut journal, &site, bad);
            let stopped = journal.carry_out(&site).unwrap_err();
            stopped.taken_back.unwrap();
            assert!(matches!(stopped.why, Stop::Failed(_)), "{agent} at {bad}");
            fs::remove_dir_all(&stage).unwrap();
            assert_eq!(case.workspace.listing(), before, "{agent} at {bad}");
        }
    }
}

/// Moves the last step to another place, with its staged content and those of the others.
fn move_step(journal: &mut Journal, site: &Site<'_>, to: usize) {
    for number in (to..journal.steps.len() - 1).rev() {
        journal.steps.swap(number, number + 1);
        let [a, b, spare] = [number, number + 1, usize::MAX].map(|n| site.new_of(n));
        for (from, to) in [(&a, &spare), (&b, &a), (&spare, &b)] {
            let _ = fs::rename(from, to);
        }
    }
}

#[test]
fn what_moves_on_while_it_is_staged_is_a_conflict_and_all_is_taken_back() {
    let case = Case::new(MUCH);
    let stage = case.stage();
    let journal = stage_all(
        &stage,
        case.result.path(),
        case.workspace.path(),
        &case.change,
    )
    .unwrap();
    case.workspace.edit("sub/made=user");
    let before = case.workspace.listing();
    let stopped = journal
        .carry_out(&Site::new(case.workspace.path(), &stage))
        .unwrap_err();
    assert_eq!(stopped.path, PathBuf::from("sub/made"));
    assert!(matches!(stopped.why, Stop::MovedOn) && stopped.taken_back.is_ok());
    let strip = |listing: BTreeMap<String, String>| -> BTreeMap<String, String> {
        listing
            .into_iter()
            .filter(|(path, _)| !path.starts_with(".deckhands"))
            .collect()
    };
    assert_eq!(strip(case.workspace.listing()), strip(before));
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
fn what_is_not_as_recorded_is_never_applied() {
    type Tamper = fn(&Tree);
    let rows: [(&str, Tamper); 5] = [
        ("of the same size", |tree| tree.write("a", "TWO")),
        ("truncated", |tree| tree.write("a", "")),
        ("grown", |tree| tree.write("a", "ONE and more")),
        ("a link", |tree| {
            tree.remove("a");
            tree.link("a", "run");
        }),
        ("gone", |tree| tree.remove("a")),
    ];
    for (what, tamper) in rows {
        let case = Case::new("sub/b=TWO a=ONE -run");
        tamper(&case.result);
        let before = case.workspace.listing();
        let error = case.promote().unwrap_err();
        assert_eq!(error.action, PromoteError::STAGING, "{what}");
        let place = case.result.join("a").display().to_string();
        assert!(
            error.source.to_string().contains(&place),
            "{what}: {error:?}"
        );
        assert_eq!(case.workspace.listing(), before, "{what}");
        case.assert_clean();
    }
}

#[test]
fn what_an_earlier_promotion_of_the_task_keeps_is_not_touched() {
    let case = Case::new("a=ONE run=FOUR");
    killed::die_after(&case, 0);
    case.workspace.edit("a=user");
    super::super::super::recovery::recover(&case.home).unwrap();
    let before = case.workspace.listing();
    let other = tree();
    let elsewhere = promote(
        &case.home,
        task(),
        other.path(),
        case.result.path(),
        &case.change,
    );
    assert_eq!(
        elsewhere.unwrap_err().source.kind(),
        io::ErrorKind::AlreadyExists
    );
    case.workspace.edit("a=one");
    let again = case.promote().unwrap_err();
    assert_eq!(again.source.kind(), io::ErrorKind::AlreadyExists);
    case.workspace.edit("a=user");
    assert_eq!(
        case.workspace.listing(),
        before,
        "the kept content is there"
    );
}
