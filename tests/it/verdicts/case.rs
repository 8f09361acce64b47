//! The form of a case and of what it must say. A word that is not known is an error.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use deckhands_model::{FindingCode, InconclusiveReason};
use serde::Deserialize;

/// One change of a base, and what a judgement must say about it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub(super) id: String,
    pub(super) about: String,
    pub(super) attack: Option<u8>,
    pub(super) fake: Option<u8>,
    pub(super) base: String,
    pub(super) targets: Vec<String>,
    #[serde(default)]
    pub(super) delete: Vec<String>,
    #[serde(default, rename = "file")]
    pub(super) files: Vec<ChangedFile>,
    #[serde(default, rename = "link")]
    pub(super) links: Vec<NewLink>,
    #[serde(default)]
    pub(super) judge: Judge,
    pub(super) expect: Expect,
}

/// A file that is added or replaced. Its bytes are given in exactly one way.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangedFile {
    pub(super) path: String,
    pub(super) mode: Option<String>,
    text: Option<String>,
    hex: Option<String>,
    repeat: Option<Repeat>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Repeat {
    text: String,
    times: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewLink {
    pub(super) path: String,
    pub(super) to: String,
}

/// Settings that differ from those every case is judged with.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Judge {
    /// Seconds for the whole judgement.
    pub(super) deadline_s: Option<u32>,
    /// Least coverage of each target in percent.
    pub(super) threshold: Option<u8>,
    /// Commands of the user's.
    pub(super) checks: Vec<String>,
    /// Environment of the process that judges.
    pub(super) env: BTreeMap<String, String>,
    /// Whether the tests run as the user who owns the sources.
    pub(super) one_uid: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Expect {
    pub(super) verdict: Word,
    pub(super) reason: Option<InconclusiveReason>,
    #[serde(default)]
    pub(super) errors: Vec<Found>,
    #[serde(default)]
    pub(super) warnings: Vec<Found>,
    #[serde(default)]
    pub(super) infos: Vec<Found>,
    #[serde(default)]
    pub(super) may: Vec<FindingCode>,
    #[serde(default)]
    pub(super) gained: Vec<Lines>,
    #[serde(default)]
    pub(super) missing: Vec<Lines>,
    #[serde(default)]
    pub(super) killed: Vec<Killed>,
    #[serde(default)]
    pub(super) alive: Vec<Alive>,
    #[serde(default)]
    pub(super) dropped: Vec<String>,
    pub(super) unscreened: Option<Unscreened>,
}

/// What must be said where the rules about paths and texts are left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Unscreened {
    pub(super) verdict: Word,
    #[serde(default)]
    pub(super) errors: Vec<Found>,
    #[serde(default)]
    pub(super) warnings: Vec<Found>,
    #[serde(default)]
    pub(super) may: Vec<FindingCode>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq, Debug)]
#[serde(rename_all = "snake_case")]
pub(super) enum Word {
    Accepted,
    Rejected,
    Inconclusive,
}

/// A finding; `at` is a path, or a path and a test in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Found {
    pub(super) code: FindingCode,
    pub(super) at: Option<String>,
}

/// Lines and branches of a target, the first one where none is named.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lines {
    pub(super) target: Option<String>,
    pub(super) lines: Vec<usize>,
    #[serde(default)]
    pub(super) branches: Vec<[usize; 2]>,
}

/// A mutant that a test kills by assertion.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Killed {
    pub(super) target: Option<String>,
    pub(super) line: usize,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) by: String,
}

/// A mutant that lives through all tests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alive {
    pub(super) target: Option<String>,
    pub(super) line: usize,
    pub(super) from: String,
    pub(super) to: String,
}

/// Where the corpus lies.
pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/verdicts")
}

/// Every case, in the order of the names; fails for the first that cannot be read.
pub(super) fn all() -> Vec<Case> {
    let directory = fs::read_dir(root().join("cases")).unwrap();
    let mut paths: Vec<PathBuf> = directory.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Case {
    let text = fs::read_to_string(path).unwrap();
    let case: Case = toml::from_str(&text).unwrap_or_else(|error| {
        panic!("{}: {error}", path.display());
    });
    let name = format!("{}.toml", case.id);
    assert_eq!(path.file_name().unwrap().to_str(), Some(name.as_str()));
    case
}

impl Case {
    /// A file of the base.
    pub(super) fn base_file(&self, path: &str) -> PathBuf {
        root().join("bases").join(&self.base).join(path)
    }

    /// The text that a path has after the change, and the one it had before, where there are such.
    pub(super) fn texts(&self, path: &str) -> Vec<String> {
        let changed = self.files.iter().filter(|file| file.path == path);
        let changed = changed.map(|file| String::from_utf8_lossy(&file.bytes()).into_owned());
        let before = fs::read_to_string(self.base_file(path)).ok();
        changed.chain(before).collect()
    }

    /// The named target, else the first one.
    pub(super) fn target<'a>(&'a self, named: Option<&'a str>) -> &'a str {
        named.unwrap_or(&self.targets[0])
    }
}

impl ChangedFile {
    /// What is in it.
    pub(super) fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.hex, &self.repeat) {
            (Some(text), None, None) => text.clone().into_bytes(),
            (None, Some(hex), None) => from_hex(hex),
            (None, None, Some(repeat)) => repeat.text.repeat(repeat.times).into_bytes(),
            _ => panic!("{}: say `text`, `hex` or `repeat`", self.path),
        }
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    assert!(hex.len().is_multiple_of(2), "half a byte: {hex}");
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}
