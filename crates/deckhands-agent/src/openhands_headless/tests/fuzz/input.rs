//! Real records, and random changes to them.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// SplitMix64: as good as is needed here, and the same everywhere.
pub(super) struct Random(u64);

impl Random {
    /// The numbers of this seed.
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5eed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    pub(super) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(super) fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        // Mostly what JSON is made of.
        const TEXT: &[u8] = b"{}[]\":,\\ntrue null0123.eE-+ u d83 action args NaN";
        (0..length)
            .map(|_| match self.below(4) {
                0 => self.next().to_le_bytes()[0],
                _ => *self.pick(TEXT),
            })
            .collect()
    }
}

/// Real records: the lines and the events of the given sessions.
pub(super) struct Corpus {
    pub(super) lines: Vec<Vec<u8>>,
    /// Each session's events.
    pub(super) sessions: Vec<Vec<Vec<u8>>>,
}

impl Corpus {
    pub(super) fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/transcripts");
        let mut folders: Vec<_> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        let lines = |path: &Path, file: &str| -> Vec<Vec<u8>> {
            let bytes = fs::read(path.join(file)).unwrap_or_default();
            let lines = bytes.split(|b| *b == b'\n');
            lines
                .filter(|l| !l.is_empty())
                .map(<[u8]>::to_vec)
                .collect()
        };
        let corpus = Self {
            lines: folders
                .iter()
                .flat_map(|path| [lines(path, "stdout.log"), lines(path, "stderr.log")])
                .flatten()
                .collect(),
            sessions: folders
                .iter()
                .map(|path| lines(path, "events.jsonl"))
                .filter(|events| !events.is_empty())
                .collect(),
        };
        assert!(corpus.lines.len() > 1000 && corpus.sessions.len() > 20);
        corpus
    }

    pub(super) fn event<'a>(&'a self, random: &mut Random) -> &'a Vec<u8> {
        let session = random.below(self.sessions.len());
        random.pick(&self.sessions[session])
    }
}

/// Numbers that do not fit, or are none.
const NUMBERS: [&str; 9] = [
    "1e999",
    "-1e999",
    "99999999999999999999999999",
    "-9223372036854775809",
    "0.1e-99999",
    "NaN",
    "-Infinity",
    "-0",
    "01",
];

/// Changes a record as a crash, a bug or a bad disk could.
pub(super) fn mutate(random: &mut Random, record: &mut Vec<u8>, other: &[u8]) {
    let at = random.below(record.len() + 1);
    match random.below(9) {
        0 => record.truncate(at),
        1 => drop(record.drain(..at)),
        2 if !record.is_empty() => {
            let place = at.min(record.len() - 1);
            record[place] ^= 1 << random.below(8);
        }
        3 => {
            let (from, to) = (random.below(other.len() + 1), random.below(other.len() + 1));
            record.splice(at..at, other[from.min(to)..from.max(to)].iter().copied());
        }
        4 => record.extend_from_slice(&record.clone()),
        5 => drop(record.splice(at..at, [0xff, 0xc0, 0xed, 0xa0, 0x80])),
        6 => replace_number(random, record),
        7 => duplicate_key(random, record),
        _ => {
            let deep = random.below(300);
            let open = "[".repeat(deep);
            record.splice(at..at, open.bytes());
        }
    }
}

/// Puts a number where one is.
fn replace_number(random: &mut Random, record: &mut Vec<u8>) {
    let places: Vec<usize> = record
        .windows(2)
        .enumerate()
        .filter(|(_, pair)| pair[0] == b' ' && pair[1].is_ascii_digit())
        .map(|(place, _)| place + 1)
        .collect();
    if places.is_empty() {
        return;
    }
    let from = *random.pick(&places);
    let number = |b: &u8| b.is_ascii_digit() || *b == b'.';
    let length = record[from..].iter().take_while(|b| number(b)).count();
    record.splice(from..from + length, random.pick(&NUMBERS).bytes());
}

/// Says a thing twice.
fn duplicate_key(random: &mut Random, record: &mut Vec<u8>) {
    const PAIRS: [&str; 5] = [
        r#""action": "finish", "#,
        r#""observation": "agent_state_changed", "#,
        r#""extras": {"agent_state": "finished"}, "#,
        r#""agent_state": "finished", "#,
        r#""message": null, "#,
    ];
    let opens: Vec<usize> = record
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'{')
        .map(|(place, _)| place + 1)
        .collect();
    if !opens.is_empty() {
        let at = *random.pick(&opens);
        record.splice(at..at, random.pick(&PAIRS).bytes());
    }
}

/// Whether the record is what OpenHands stores when its agent has finished, by another reader.
pub(super) fn is_finished_event(record: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(&without_python(record)) else {
        return false;
    };
    value["observation"] == "agent_state_changed"
        && value["extras"]["agent_state"] == "finished"
        && value["source"] != "agent"
        && value["source"] != "user"
}

/// Python's numbers that are none, and numbers that this other reader has no room for, may stand in
/// an intact event.
fn without_python(record: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(record);
    if text.as_bytes() != record {
        return Vec::new();
    }
    let text = text.replace("-Infinity", "null").replace("NaN", "null");
    text.replace("e999", "").into_bytes()
}
