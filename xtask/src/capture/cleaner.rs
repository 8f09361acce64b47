//! Takes out of a text what belongs to the machine and the run that it comes from.

use std::net::Ipv4Addr;

#[cfg(test)]
mod tests;

/// Address that stands for any other one; no host has it.
const SOME_ADDRESS: &str = "192.0.2.1";

/// The bridge of a Docker daemon that nobody has configured otherwise.
const BRIDGE: &str = "172.17.0.1";

/// Words that belong to one machine and one run, with what stands for them.
#[derive(Debug, Default)]
pub(super) struct Cleaner {
    replacements: Vec<(String, String)>,
}

impl Cleaner {
    /// Puts `word` in the place of `foreign`, wherever it occurs.
    pub(super) fn replace(&mut self, foreign: impl Into<String>, word: impl Into<String>) {
        let foreign = foreign.into();
        if !foreign.is_empty() {
            self.replacements.push((foreign, word.into()));
        }
    }

    /// Puts `letter` in the place of a container's id, in its long and its short form.
    pub(super) fn replace_id(&mut self, id: &str, letter: &str) {
        const SHORT: usize = 12;
        self.replace(id, letter.repeat(id.len()));
        if let Some(short) = id.get(..SHORT) {
            self.replace(short, letter.repeat(SHORT));
        }
    }

    /// The text without them.
    pub(super) fn clean(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (foreign, word) in &self.replacements {
            text = text.replace(foreign, word);
        }
        without_addresses(&text)
    }
}

/// Puts one address in the place of all but those that every host has.
fn without_addresses(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        let address = number.trim_end_matches('.');
        clean.push_str(before);
        let within_word = before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        match address.parse::<Ipv4Addr>() {
            Ok(ip) if !within_word && !is_everywhere(ip) => {
                clean.push_str(SOME_ADDRESS);
                clean.push_str(&number[address.len()..]);
            }
            _ => clean.push_str(number),
        }
        rest = after;
    }
    clean.push_str(rest);
    clean
}

fn is_everywhere(ip: Ipv4Addr) -> bool {
    ip.is_loopback() || ip.is_unspecified() || ip.to_string() == BRIDGE
}
