//! What the launcher is told of the workspace.

use super::*;

#[test]
fn only_what_is_not_there_at_all_is_said_to_be_missing() {
    let dir = tempfile::tempdir().unwrap();
    let told = |dir: &Path| -> Vec<String> {
        let env = launcher_env(dir).into_iter();
        env.map(|(name, value)| format!("{name}={value}")).collect()
    };
    let (instructions, microagents) = (
        format!("{}=1", app_env::NO_INSTRUCTIONS),
        format!("{}=1", app_env::NO_MICROAGENTS),
    );
    assert_eq!(told(dir.path()), [instructions, microagents.clone()]);
    // A link that leads nowhere is there: what is behind it only the sandbox can tell.
    let link = dir.path().join(".openhands_instructions");
    std::os::unix::fs::symlink("/nowhere", link).unwrap();
    assert_eq!(told(dir.path()), [microagents]);
    fs::create_dir_all(dir.path().join(".openhands/microagents")).unwrap();
    assert!(told(dir.path()).is_empty());
}
