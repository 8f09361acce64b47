//! Targets within and outside of the workspace.

use super::*;

fn with(target: &str) -> Result<String, CliError> {
    let text = TaskText::try_new("write it\n").unwrap();
    let text = with_target(text, Some(Path::new(target)), Path::new("/w"))?;
    Ok(text.as_str().to_owned())
}

#[test]
fn a_target_within_the_workspace_is_part_of_the_text() {
    for target in ["src/a b.py", "/w/src/a b.py"] {
        assert_eq!(with(target).unwrap(), "write it\n\nTarget file: src/a b.py");
    }
    let text = TaskText::try_new("alone\n").unwrap();
    let same = with_target(text.clone(), None, Path::new("/w")).unwrap();
    assert_eq!(same, text);
}

#[test]
fn a_target_outside_is_refused() {
    for target in ["/etc/passwd", "../other", "src/../../other", "/w", ""] {
        let error = with(target).unwrap_err().0;
        assert_eq!(error.code, 2, "{target}");
        assert!(error.message.contains("within the workspace"), "{target}");
    }
}
