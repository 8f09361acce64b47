//! Hides secrets in text that is kept or shown.
//!
//! Knows the secrets it is given, and two forms that are secrets wherever they stand.

/// What stands in the place of a secret.
const HIDDEN: &str = "***";

/// Shortest secret that is looked for; a shorter one would hide ordinary words.
const SHORTEST: usize = 4;

/// Replaces every given secret, the token after `Bearer `, and every `sk-…` key by `***`.
///
/// Secrets of fewer than four bytes are left alone, for they would hide ordinary text.
#[must_use]
pub fn redact(text: &str, secrets: &[&str]) -> String {
    let mut known: Vec<&str> = secrets
        .iter()
        .copied()
        .filter(|s| s.len() >= SHORTEST)
        .collect();
    // The longest first: a secret may be part of another one.
    known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let hidden = known
        .iter()
        .fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
    hide_after(&hide_after(&hidden, "bearer ", ""), "sk-", "sk-")
}

/// Replaces each run of key characters that stands after `mark` (any case, at a word's begin).
fn hide_after(text: &str, mark: &str, kept: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let mut hidden = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(at) = lower[done..].find(mark).map(|found| done + found) {
        let start = at + mark.len();
        let length = text[start..]
            .find(|c| !is_key_char(c))
            .unwrap_or(text.len() - start);
        let inside_word = text[..at].chars().next_back().is_some_and(is_key_char);
        if inside_word || length < 2 * SHORTEST {
            hidden.push_str(&text[done..start]);
            done = start;
        } else {
            hidden.push_str(&text[done..start - kept.len()]);
            hidden.push_str(HIDDEN);
            done = start + length;
        }
    }
    hidden.push_str(&text[done..]);
    hidden
}

fn is_key_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '+' | '/' | '=')
}

#[cfg(test)]
mod tests;
