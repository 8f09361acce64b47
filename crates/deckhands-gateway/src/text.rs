//! A provider's words made fit to be kept: whole characters, no control characters, a bounded length.

use std::error::Error;

use deckhands_model::GatewayFact;

use crate::secret::Veil;

/// Longest text that is repeated in an answer: a few sentences, but no page of HTML.
const MAX_WORDS: usize = 1 << 10;

/// How much of a text is looked at: a body of megabytes is not copied for the few KiB that are kept.
const LONGEST_READ: usize = 64 << 10;

/// What a fact keeps of a body.
pub(crate) fn detail(body: &[u8], veil: &Veil) -> String {
    clip(clean(body, veil), GatewayFact::MAX_DETAIL)
}

/// What an answer repeats of a text.
pub(crate) fn words(text: &[u8], veil: &Veil) -> String {
    clip(clean(text, veil), MAX_WORDS)
}

/// An error with all its sources, each after a colon.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut chain = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        chain.push_str(": ");
        chain.push_str(&error.to_string());
        source = error.source();
    }
    chain
}

/// The beginning of a text without secrets or control characters. JSON stays the JSON it was: there
/// such characters stand only between its parts.
fn clean(body: &[u8], veil: &Veil) -> String {
    let mut plain = String::new();
    let mut left = characters(body).skip_while(|c| c.is_whitespace());
    while plain.len() < LONGEST_READ
        && let Some(c) = left.next()
    {
        match c {
            '\n' | '\r' | '\t' => plain.push(' '),
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    if left.next().is_none() {
        plain.truncate(plain.trim_end().len());
        return veil.text(plain);
    }
    // Only now: a secret may have been broken up by what was left out. What the cut left of one
    // stands at the end.
    let veiled = veil.text(plain);
    let most = veiled.len().saturating_sub(veil.longest());
    clip(veiled, most)
}

/// The characters of what should be text, as `String::from_utf8_lossy` gives them.
fn characters(body: &[u8]) -> impl Iterator<Item = char> {
    body.utf8_chunks().flat_map(|chunk| {
        let broken = !chunk.invalid().is_empty();
        let replaced = broken.then_some(char::REPLACEMENT_CHARACTER);
        chunk.valid().chars().chain(replaced)
    })
}

/// The text up to the last whole character within `most` bytes.
pub(crate) fn beginning(text: &str, most: usize) -> &str {
    let mut end = most.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn clip(mut text: String, most: usize) -> String {
    text.truncate(beginning(&text, most).len());
    text
}

#[cfg(test)]
mod tests;
