//! Commands in a row: by `--then` between arguments, or by `;` and `&&` in the text of `sh -c`.

use crate::commands::{self, Flow};
use crate::output;

/// Runs commands separated by `--then` and gives the status of the last one.
pub(crate) fn run(words: &[String]) -> u8 {
    let mut status = 0;
    for command in words.split(|word| word == "--then") {
        match commands::run(command) {
            Flow::Next(next) => status = next,
            Flow::Exit(code) => return code,
        }
    }
    status
}

/// Runs the text of `sh -c`.
pub(crate) fn shell(text: &str) -> Flow {
    let Some(commands) = parse(text) else {
        return Flow::Next(output::complain("sh: unclosed quote"));
    };
    let mut status = 0;
    for command in commands {
        if command.needs_success && status != 0 {
            continue;
        }
        match commands::run(&command.words) {
            Flow::Next(next) => status = next,
            exit @ Flow::Exit(_) => return exit,
        }
    }
    Flow::Next(status)
}

/// One command of a shell text.
struct Command {
    words: Vec<String>,
    /// It stands after `&&`.
    needs_success: bool,
}

/// Splits at blanks, `;`, line ends and `&&` outside of quotes; none if a quote is left open.
fn parse(text: &str) -> Option<Vec<Command>> {
    let mut done = Vec::new();
    let mut now = Command {
        words: Vec::new(),
        needs_success: false,
    };
    let mut word: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        end if end == char => break,
                        inner => word.push(inner),
                    }
                }
            }
            '&' if chars.peek() == Some(&'&') => {
                chars.next();
                now.words.extend(word.take());
                done.push(std::mem::replace(
                    &mut now,
                    Command {
                        words: Vec::new(),
                        needs_success: true,
                    },
                ));
            }
            ';' | '\n' => {
                now.words.extend(word.take());
                done.push(std::mem::replace(
                    &mut now,
                    Command {
                        words: Vec::new(),
                        needs_success: false,
                    },
                ));
            }
            blank if blank.is_whitespace() => now.words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    now.words.extend(word);
    done.push(now);
    done.retain(|command| !command.words.is_empty());
    Some(done)
}
