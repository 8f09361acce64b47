//! Changes that are applied, and what they leave as it is.

use super::super::super::conflict::holds;
use super::*;

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
fn a_workspace_holds_a_change_once_it_is_applied() {
    let rows = [
        MUCH,
        "a+x",
        "-a",
        "-a a/below=x",
        "-l l/below=x -run",
        "l->run",
        "sub/b->a",
    ];
    for agent in rows {
        let case = Case::new(agent);
        let held = || holds(case.workspace.path(), &case.change);
        assert!(!held(), "{agent}");
        assert_eq!(case.promote().unwrap(), Promotion::Applied, "{agent}");
        assert!(held(), "{agent}");
        case.workspace.write("elsewhere", "user");
        assert!(held(), "{agent}: what is elsewhere does not count");
    }
    let case = Case::new("a=ONE -run");
    case.promote().unwrap();
    for user in ["a=user", "a+x", "run=four"] {
        case.workspace.edit(user);
        assert!(!holds(case.workspace.path(), &case.change), "{user}");
        case.workspace.edit("a=ONE a-x");
    }
}

#[test]
fn a_linked_directory_holds_nothing() {
    let outside = Tree::new(&[("b", "TWO")]);
    let case = Case::new("sub/b=TWO");
    fs::remove_dir_all(case.workspace.join("sub")).unwrap();
    case.workspace.link("sub", outside.path().to_str().unwrap());
    assert!(!holds(case.workspace.path(), &case.change));
}
