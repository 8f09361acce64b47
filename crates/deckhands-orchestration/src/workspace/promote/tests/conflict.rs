//! Workspaces that moved on: nothing is applied.

use super::*;

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
