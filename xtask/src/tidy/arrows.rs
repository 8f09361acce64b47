//! Rules over one member's dependencies: only allowed arrows, only the right door, test-only
//! features only in tests. The data they go by is in `crates`.

use super::crates::{ARROWS, DOORS, TESTKIT};
use crate::workspace::{Dependency, Member};

#[cfg(test)]
mod tests;

/// The feature that opens fakes and mocks.
const TEST_FEATURE: &str = "test-util";

/// All rules over one member.
pub(super) fn check(member: &Member) -> Vec<String> {
    let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == member.name) else {
        return vec!["is not in the table of crates (xtask/src/tidy/crates.rs)".to_owned()];
    };
    let mut findings = Vec::new();
    if member.publishable {
        findings.push("lacks `publish = false`".to_owned());
    }
    for dependency in &member.dependencies {
        findings.extend(arrow(member, allowed, dependency));
        findings.extend(door(member, dependency));
        findings.extend(test_feature(dependency));
    }
    findings.extend(member.features.iter().filter_map(feature));
    findings
}

fn arrow(member: &Member, allowed: &[&str], dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    let ours = name.starts_with("deckhands-") || ARROWS.iter().any(|(own, _)| *own == name);
    let for_tests = dependency.dev && (name == TESTKIT || name == member.name);
    (ours && !for_tests && !allowed.contains(&name)).then(|| format!("may not use `{name}`"))
}

fn door(member: &Member, dependency: &Dependency) -> Option<String> {
    let (name, wrappers) = DOORS.iter().find(|(name, _)| *name == dependency.name)?;
    let shut = !wrappers.contains(&member.name.as_str());
    shut.then(|| format!("`{name}` may be used only by {}", wrappers.join(", ")))
}

fn test_feature(dependency: &Dependency) -> Option<String> {
    let on = dependency
        .features
        .iter()
        .any(|feature| feature == TEST_FEATURE);
    (on && !dependency.dev).then(|| {
        format!(
            "`{}` has `{TEST_FEATURE}` outside dev-dependencies",
            dependency.name
        )
    })
}

/// Only the test feature itself may lead on to other crates' test features.
fn feature((name, turns_on): (&String, &Vec<String>)) -> Option<String> {
    let leads = |value: &String| value.rsplit('/').next() == Some(TEST_FEATURE);
    (name != TEST_FEATURE && turns_on.iter().any(leads))
        .then(|| format!("feature `{name}` turns on `{TEST_FEATURE}`"))
}
