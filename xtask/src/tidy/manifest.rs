//! What a member's manifest must say: lints inherited, versions left to the workspace.
//!
//! Reads the text, because `cargo metadata` shows what was resolved and not how it was written.
//! Understands the way manifests are written here, one dependency a line; anything else is a
//! finding, too.

#[cfg(test)]
mod tests;

/// All rules over one manifest.
pub(super) fn check(text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    let mut table = "";
    let mut lints = false;
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_matches(['[', ']']);
            findings.extend(dependency_table(table));
        } else if table == "lints" {
            lints |= line == "workspace = true";
        } else if is_dependency_table(table) {
            findings.extend(dependency(line));
        }
    }
    if !lints {
        findings.push("lacks `[lints] workspace = true`".to_owned());
    }
    findings
}

fn is_dependency_table(table: &str) -> bool {
    table.ends_with("dependencies")
}

fn dependency_table(table: &str) -> Option<String> {
    let (_, name) = table.split_once("dependencies.")?;
    Some(format!(
        "dependency `{name}` has a table of its own; write it on one line"
    ))
}

/// `name.workspace = true`, `name = { workspace = true, … }`, or the crate itself by path.
fn dependency(line: &str) -> Option<String> {
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (name, value) = line.split_once('=').unwrap_or((line, ""));
    let name = name.trim();
    let inherited = (name.ends_with(".workspace") && value.trim() == "true")
        || value.contains("workspace = true");
    let itself = value.contains(r#"path = ".""#);
    (!inherited && !itself)
        .then(|| format!("dependency `{name}` is not inherited: its version belongs to the root"))
}
