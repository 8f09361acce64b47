//! Lines and fields of places in a file's text.

use std::ops::Range;

/// The line of an offset, from 1.
pub(super) fn line(text: &str, offset: usize) -> usize {
    before(text, offset).matches('\n').count() + 1
}

/// The field that a fault is about: the key of the line, or of the nearest line above that has one;
/// the table's name where that is nearer.
pub(super) fn field(text: &str, span: Option<Range<usize>>) -> String {
    let start = span.map_or(0, |span| span.start);
    let head = before(text, start).len();
    let end = text[head..].find('\n').map_or(text.len(), |at| head + at);
    let mut above = text[..end].lines().rev();
    above.find_map(name).unwrap_or("file").to_owned()
}

/// The key or table name that a line begins with.
fn name(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some(table) = line.strip_prefix('[') {
        let name = table.trim_start_matches('[').split(']').next()?.trim();
        return is_key(name).then_some(name);
    }
    let key = match line.split_once('=') {
        Some((key, _)) => key.trim(),
        None => line.split_whitespace().next()?,
    };
    is_key(key).then_some(key)
}

fn is_key(text: &str) -> bool {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(bare)
}

fn before(text: &str, offset: usize) -> &str {
    text.get(..offset).unwrap_or(text)
}
