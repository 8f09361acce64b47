//! Text of an agent made safe for one line of a terminal or a document.
//!
//! Only cleans and cuts; hiding secrets is `redact`'s part.

use std::iter::Peekable;

/// The text on one line: terminal escapes and invisible controls removed, white space collapsed,
/// at most `max` characters; `…` stands for what was cut off.
pub(crate) fn one_line(text: &str, max: usize) -> String {
    let mut line = String::new();
    let mut count = 0;
    for word in without_controls(text, max).split_whitespace() {
        let wanted = word.chars().count() + usize::from(count > 0);
        if count > 0 && count < max {
            line.push(' ');
        }
        line.extend(
            word.chars()
                .take(max.saturating_sub(count + usize::from(count > 0))),
        );
        count += wanted;
        if count > max {
            line.pop();
            line.push('…');
            break;
        }
    }
    line
}

/// The text with its line breaks and tabs, at most `max_bytes` bytes of UTF-8: terminal escapes,
/// controls and characters that turn the direction of text around are removed.
///
/// What an agent wrote goes through here before a person sees it on a terminal.
pub fn clean_text(text: &str, max_bytes: usize) -> String {
    let mut clean = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if is_escape(c) {
            skip_escape(c, &mut chars);
        } else if matches!(c, '\n' | '\t') || !is_invisible(c) {
            if clean.len() + c.len_utf8() > max_bytes {
                break;
            }
            clean.push(c);
        }
    }
    clean
}

/// As [`clean_text`], reading no more than a one-line form of `max` characters can need.
fn without_controls(text: &str, max: usize) -> String {
    const SLACK: usize = 8;
    clean_text(text, max.saturating_mul(SLACK).saturating_add(SLACK))
}

fn is_escape(c: char) -> bool {
    matches!(c, '\u{1b}' | '\u{9b}' | '\u{9d}' | '\u{90}')
}

/// Controls, and the characters that turn the direction of the text around.
fn is_invisible(c: char) -> bool {
    c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Reads on to the end of a terminal escape (ECMA-48) that began with `first`.
fn skip_escape(first: char, chars: &mut Peekable<impl Iterator<Item = char>>) {
    let kind = match first {
        '\u{9b}' => '[',
        '\u{9d}' | '\u{90}' => ']',
        _ => match chars.next_if(|c| !c.is_control()) {
            Some(kind) => kind,
            None => return,
        },
    };
    match kind {
        '[' => skip_until(chars, |c| ('@'..='~').contains(&c)),
        ']' | 'P' | '^' | '_' | 'X' => skip_string(chars),
        '(' | ')' | '#' | '%' | ' ' => {
            chars.next_if(|c| !c.is_control());
        }
        _ => {}
    }
}

fn skip_string(chars: &mut Peekable<impl Iterator<Item = char>>) {
    skip_until(chars, |c| matches!(c, '\u{7}' | '\u{9c}' | '\\'));
}

/// Drops characters up to and with the one that ends it; a line break ends a broken one.
fn skip_until(chars: &mut Peekable<impl Iterator<Item = char>>, end: impl Fn(char) -> bool) {
    while let Some(c) = chars.next_if(|c| *c != '\n') {
        if end(c) {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
