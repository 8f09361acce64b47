//! What a file's text must and must not contain, and how long it may be.

#[cfg(test)]
mod tests;

/// Production lines a Rust file may have; tests are not counted.
const LIMIT: usize = 300;

/// The limit for files listed in [`LONG_FILES`].
const LONG_LIMIT: usize = 400;

/// Files that may be longer, each with its reason.
const LONG_FILES: &[(&str, &str)] = &[];

/// Rust that is not written here, and what to write instead. The patterns are put together from
/// two parts so that this list does not find itself.
const FORBIDDEN_RUST: &[(&str, &str)] = &[
    (concat!("todo", "!("), "finish it or open an issue"),
    (
        concat!("#[", "allow"),
        "use `#[expect(lint, reason = \"…\")]`",
    ),
    (
        concat!("#![", "allow"),
        "use `#![expect(lint, reason = \"…\")]`",
    ),
    (concat!("#[", "ignore"), "a test runs or does not exist"),
    (concat!("#[", "should_panic"), "assert on an error value"),
    (concat!("thread", "::sleep"), "wait for a condition"),
];

/// Where a pattern of [`FORBIDDEN_RUST`] is right all the same: file, pattern, reason.
const EXCEPTIONS: &[(&str, &str, &str)] = &[(
    "crates/deckhands-testkit/src/tiny_agent/commands.rs",
    concat!("thread", "::sleep"),
    "the tiny agent has a `sleep` command; the pause is what it is for",
)];

/// Places on the machine a text was written on; nobody else has them.
const FORBIDDEN_TEXT: &[&str] = &[concat!("/wo", "rk/"), concat!("../", "shared")];

/// Rules for every text file, whatever its language.
pub(super) fn check_text(text: &str) -> Vec<String> {
    let found = FORBIDDEN_TEXT
        .iter()
        .filter(|pattern| stands_in(text, pattern));
    found
        .map(|pattern| format!("contains the foreign place `{pattern}`"))
        .collect()
}

/// Whether `pattern` occurs as a path of its own and not as the later part of a longer one.
fn stands_in(text: &str, pattern: &str) -> bool {
    let continues = |before: char| before.is_alphanumeric() || "_-.}*".contains(before);
    text.match_indices(pattern)
        .any(|(at, _)| !text[..at].ends_with(continues))
}

/// Rules for Rust files; `path` is relative to the workspace root.
pub(super) fn check_rust(path: &str, text: &str) -> Vec<String> {
    let mut findings = Vec::new();
    if !text.starts_with("//!") {
        findings.push("does not begin with `//!`".to_owned());
    }
    if path.ends_with("/mod.rs") {
        findings.push("is a `mod.rs`: name it after the module".to_owned());
    }
    for (pattern, instead) in FORBIDDEN_RUST {
        if EXCEPTIONS
            .iter()
            .any(|(file, what, _)| *file == path && what == pattern)
        {
            continue;
        }
        for number in lines_with(text, pattern) {
            findings.push(format!("line {number}: `{pattern}`: {instead}"));
        }
    }
    findings.extend(too_long(path, production_lines(path, text)));
    findings
}

fn lines_with(text: &str, pattern: &str) -> Vec<usize> {
    let numbered = text.lines().enumerate();
    numbered
        .filter(|(_, line)| line.contains(pattern))
        .map(|(index, _)| index + 1)
        .collect()
}

fn too_long(path: &str, lines: usize) -> Option<String> {
    let long = LONG_FILES.iter().any(|(listed, _)| *listed == path);
    let limit = if long { LONG_LIMIT } else { LIMIT };
    (lines > limit).then(|| format!("has {lines} production lines, limit {limit}"))
}

/// Lines before an inline test module; none for a file that is all test.
fn production_lines(path: &str, text: &str) -> usize {
    if is_test(path) {
        return 0;
    }
    let lines: Vec<&str> = text.lines().collect();
    let inline = lines.windows(2).position(|pair| {
        pair[0].trim() == "#[cfg(test)]" && pair[1].starts_with("mod ") && pair[1].ends_with('{')
    });
    inline.unwrap_or(lines.len())
}

fn is_test(path: &str) -> bool {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    stem.ends_with("_tests")
        || stem
            .split('/')
            .any(|part| part == "tests" || part == "benches")
}
