//! What happened in a run, line by line, and how often each kind of it.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::process::{STEPS, Side};

/// The lines of a run; only their hash is kept unless they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    hash: Sha256,
    lines: Option<Vec<String>>,
}

impl Trace {
    pub(crate) fn new(keep_lines: bool) -> Self {
        Self {
            hash: Sha256::new(),
            lines: keep_lines.then(Vec::new),
        }
    }

    pub(crate) fn line(&mut self, line: String) {
        self.hash.update(line.as_bytes());
        self.hash.update(b"\n");
        if let Some(lines) = &mut self.lines {
            lines.push(line);
        }
    }

    pub(crate) fn hash(&self) -> String {
        let bytes = self.hash.clone().finalize();
        bytes.iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    pub(crate) fn take_lines(&mut self) -> Vec<String> {
        self.lines.take().unwrap_or_default()
    }
}

/// How often what happened: a simulation that never gets somewhere proves nothing about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Coverage(BTreeMap<String, u64>);

impl Coverage {
    pub(crate) fn hit(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what.clone()).or_default() += times;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, times)| (what.as_str(), *times))
    }

    /// What has to be reached and was not: a death on either side of every step, and endings that
    /// need a certain order of things.
    pub(crate) fn missing(&self) -> Vec<String> {
        let sides = [Side::Before, Side::After];
        let deaths = STEPS
            .iter()
            .flat_map(|step| sides.map(|side| death(step, side)));
        let others = OTHERS.iter().map(|what| (*what).to_owned());
        let all = deaths.chain(others);
        all.filter(|what| !self.0.contains_key(what)).collect()
    }
}

/// What has to be reached beside deaths.
const OTHERS: [&str; 17] = [
    "adopted at its end",
    "adopted at work",
    "adopted silently",
    "adoption impossible",
    "cancelled at work",
    "cap reached",
    "disowned",
    "frozen",
    "given back",
    "left",
    "not begun",
    "not prepared",
    "remove fails",
    "stale writes refused",
    "standstill",
    "store trouble",
    "tidied",
];

/// The name of a death at a step.
pub(crate) fn death(step: &str, side: Side) -> String {
    format!("death {side:?} {step}")
}
