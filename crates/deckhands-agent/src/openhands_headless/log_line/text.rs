//! The coloured text form of the log, which OpenHands writes where it is not asked for JSON.
//!
//! A record's end is not marked, and an event's text may be the agent's. So a log record is only
//! taken for one where its head has the colour that OpenHands gives it, terminal or not.

/// What the head of a log record begins with.
const COLOUR: &str = "\u{1b}[92m";

/// The head of a text record.
pub(super) enum TextRecord {
    /// An event in words follows on the next lines.
    Event,
    /// A log message.
    Log(String),
    /// The line is no head.
    None(String),
}

/// Reads a line: `HH:MM:SS - openhands:LEVEL: file.py:LINE - MESSAGE`, or `HH:MM:SS - ACTION` and
/// the like, or anything.
pub(super) fn text_record(line: &str) -> TextRecord {
    let plain = strip_colour(line);
    match head(&plain) {
        Some(Head::Event) => TextRecord::Event,
        Some(Head::Log(message)) if line.starts_with(COLOUR) => TextRecord::Log(message.to_owned()),
        Some(Head::Log(_)) | None => TextRecord::None(plain),
    }
}

enum Head<'a> {
    Event,
    Log(&'a str),
}

fn head(line: &str) -> Option<Head<'_>> {
    const TIME: usize = 8;
    let (time, rest) = line.split_at_checked(TIME)?;
    let is_time = time.bytes().enumerate().all(|(place, byte)| match place {
        2 | 5 => byte == b':',
        _ => byte.is_ascii_digit(),
    });
    let rest = rest.strip_prefix(" - ").filter(|_| is_time)?;
    if matches!(rest.trim_end(), "ACTION" | "OBSERVATION" | "USER_ACTION") {
        return Some(Head::Event);
    }
    let (_level, rest) = rest.strip_prefix("openhands:")?.split_once(": ")?;
    let (_place, message) = rest.split_once(" - ")?;
    Some(Head::Log(message))
}

/// The line without the colours that OpenHands prints even where there is no terminal.
fn strip_colour(line: &str) -> String {
    let mut parts = line.trim_end_matches('\r').split('\u{1b}');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let coloured = part.strip_prefix('[').and_then(|part| part.split_once('m'));
        let is_code = |code: &str| code.bytes().all(|b| b.is_ascii_digit() || b == b';');
        plain.push_str(match coloured {
            Some((code, rest)) if is_code(code) => rest,
            _ => part,
        });
    }
    plain
}
