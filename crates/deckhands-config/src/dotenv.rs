//! A `.env` text as names and values. Nothing is exported, and nothing is expanded: `$NAME` stays
//! as it is written, so that a project cannot pull the user's variables into a setting.

use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// Stands for `$` while the parser is at work; a noncharacter that no text uses.
const DOLLAR: char = '\u{fdd0}';

/// What a `.env` says.
#[derive(Default)]
pub(crate) struct DotEnv {
    /// Of a name that occurs twice the last value.
    pub(crate) values: BTreeMap<String, String>,
    /// Lines that are not `NAME=value`.
    pub(crate) bad: Vec<BadLine>,
    /// Names that something is given to anywhere in the text, also in a line that cannot be read, in
    /// one that is commented out, or before the line that counts.
    pub(crate) given: BTreeSet<String>,
}

/// A line that cannot be read. It is not kept: it may hold a secret.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct BadLine {
    /// From 1; 0 when it cannot be told.
    pub(crate) line: usize,
    /// What stands before `=`, if it could be a name.
    pub(crate) name: Option<String>,
}

/// Reads a text. Lines of other programs may be in any form; they only end up in `bad`.
pub(crate) fn read(text: &str) -> DotEnv {
    let text = without_expansion(text.strip_prefix('\u{feff}').unwrap_or(text));
    let mut out = DotEnv {
        given: text.lines().flat_map(given).collect(),
        ..DotEnv::default()
    };
    // Each search goes on where the last one ended: a file may hold nothing but bad lines.
    let mut lines = text.lines().enumerate();
    for item in dotenvy::from_read_iter(text.as_bytes()) {
        match item {
            Ok((name, value)) => {
                if !value.trim().is_empty() {
                    out.given.insert(name.clone());
                }
                out.values.insert(name, value.replace(DOLLAR, "$"));
            }
            Err(dotenvy::Error::LineParse(part, _)) => {
                out.bad.push(locate(&mut lines, &part));
            }
            Err(_) => out.bad.push(BadLine {
                line: 0,
                name: None,
            }),
        }
    }
    out
}

/// The names in a line that something is given to, whatever the line is.
fn given(line: &str) -> impl Iterator<Item = String> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let values = line.split('=').skip(1);
    line.split('=')
        .zip(values)
        .filter_map(move |(left, value)| {
            let name = left.trim_end().rsplit(|c| !part_of_name(c)).next()?;
            let value = value.trim_start();
            let quoted = value
                .strip_prefix("''")
                .or_else(|| value.strip_prefix("\"\""));
            let value = quoted.unwrap_or(value).trim();
            let something = !value.is_empty() && !value.starts_with('#');
            (something && !name.is_empty()).then(|| name.to_owned())
        })
}

/// Hides each `$` from the parser. `\$` is an escaped dollar there and would be an unknown escape.
fn without_expansion(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            ('$', _) => out.push(DOLLAR),
            (_, true) => match chars.next() {
                Some('$') => out.push(DOLLAR),
                next => out.extend(std::iter::once(c).chain(next)),
            },
            _ => out.push(c),
        }
    }
    out
}

/// Finds the line of a part that the parser refused among those after the last one found.
fn locate<'a>(lines: &mut impl Iterator<Item = (usize, &'a str)>, part: &str) -> BadLine {
    let first = part
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("")
        .trim();
    let unknown = BadLine {
        line: 0,
        name: None,
    };
    if first.is_empty() {
        return unknown;
    }
    let Some((index, line)) = lines.find(|(_, line)| line.trim_end().ends_with(first)) else {
        return unknown;
    };
    let name = line.split_once('=').map(|(name, _)| name.trim());
    let name = name.map(|name| name.strip_prefix("export ").unwrap_or(name).trim());
    let good = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let name = name.filter(|name| !name.is_empty() && name.bytes().all(good));
    BadLine {
        line: index + 1,
        name: name.map(str::to_owned),
    }
}
