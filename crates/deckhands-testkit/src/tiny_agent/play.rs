//! `openhands-play FILE SESSION`: leaves the traces of a headless OpenHands run without running one.
//!
//! The file has one order a line, `#` begins a comment, and `\n` in a text is a line end:
//!
//! | order | leaves |
//! |---|---|
//! | `task TEXT` | the user's message event |
//! | `event {JSON}` | an event file of this object, with `id` and `timestamp` put in front |
//! | `torn TEXT` | an event file of this text |
//! | `state NAME [REASON]` | the log line and the event of a state change |
//! | `finish TEXT` | the agent's finish event and its log line |
//! | `fail TEXT` | the log line of an agent's error |
//! | `spew BYTES LINE` | so many bytes on stdout, in lines of so many |
//! | `log TEXT`, `out TEXT`, `err TEXT` | a JSON log line, a plain line on stdout or stderr |
//! | `sandbox COMMAND` | a container of the session that ran this shell command |
//! | `file PATH TEXT`, `sleep SECONDS`, `exit CODE` | what they say |
//!
//! Event files go to `$FILE_STORE_PATH/sessions/SESSION/events/`, by default below `/.openhands`. Times are counted
//! from a fixed day, one second an event. The forms are those of OpenHands 0.59.

use std::fs;

use crate::commands::{self, Flow};
use crate::{files, output, sandbox, spew};

/// A played run.
struct Player<'a> {
    session: &'a str,
    events: String,
    count: u64,
    state: String,
}

/// Plays the file; an order that cannot be carried out ends the program with status 2.
pub(crate) fn play(file: &str, session: &str) -> Flow {
    let Ok(text) = fs::read_to_string(file) else {
        output::complain(&format!("{file}: not readable"));
        return Flow::Exit(2);
    };
    let store = std::env::var_os("FILE_STORE_PATH");
    let store = store.map_or_else(
        || "/.openhands".to_owned(),
        |path| path.to_string_lossy().into_owned(),
    );
    let events = format!("{store}/sessions/{session}/events");
    let mut player = Player {
        session,
        events,
        count: 0,
        state: "LOADING".to_owned(),
    };
    for (index, line) in text.lines().enumerate() {
        match player.order(line.trim()) {
            Flow::Next(0) => {}
            Flow::Next(_) => {
                output::complain(&format!("{file}: line {}: not carried out", index + 1));
                return Flow::Exit(2);
            }
            exit @ Flow::Exit(_) => return exit,
        }
    }
    Flow::Next(0)
}

impl Player<'_> {
    fn order(&mut self, line: &str) -> Flow {
        let (order, rest) = line.split_once(' ').unwrap_or((line, ""));
        let text = unescape(rest);
        Flow::Next(match order {
            "" => 0,
            comment if comment.starts_with('#') => 0,
            "task" => self.task(&text),
            "event" => self.event(rest),
            "torn" => self.store(rest),
            "state" => self.change(&text),
            "finish" => self.finish(&text),
            "fail" => {
                let session = self.session;
                log(
                    "ERROR",
                    &format!("Error while running the agent (session ID: {session}): {text}"),
                )
            }
            "log" => log("INFO", &text),
            "out" => output::line(&text),
            "err" => output::err_line(&text),
            "file" => match text.split_once(' ') {
                Some((path, content)) => files::write(path, content),
                None => 2,
            },
            "spew" => match text.split_once(' ') {
                Some((bytes, line)) => spew::spew(bytes, line),
                None => 2,
            },
            "sandbox" => sandbox::run(self.session, rest),
            "sleep" => commands::sleep(rest),
            "exit" => return Flow::Exit(rest.parse().unwrap_or(2)),
            _ => 2,
        })
    }

    fn task(&mut self, text: &str) -> u8 {
        let text = output::quote(text);
        self.event(&format!(
            r#"{{"source": "user", "message": {text}, "action": "message", "args": {{"content": {text}, "file_urls": null, "image_urls": null, "wait_for_response": false, "security_risk": -1}}}}"#
        ))
    }

    fn change(&mut self, text: &str) -> u8 {
        let (name, reason) = text.split_once(' ').unwrap_or((text, ""));
        let (from, to) = (&self.state, name.to_uppercase());
        let told = self.log(&format!(
            "Setting agent(CodeActAgent) state from AgentState.{from} to AgentState.{to}"
        ));
        self.state = to;
        let (name, reason) = (output::quote(&name.to_lowercase()), output::quote(reason));
        told.max(self.event(&format!(
            r#"{{"source": "environment", "message": "", "observation": "agent_state_changed", "content": "", "extras": {{"agent_state": {name}, "reason": {reason}}}}}"#
        )))
    }

    fn finish(&mut self, text: &str) -> u8 {
        let told = self.log(&format!(
            "AgentFinishAction(final_thought={}, outputs={{}}, thought='', action=<ActionType.FINISH: 'finish'>)",
            output::quote(text)
        ));
        let text = output::quote(text);
        told.max(self.event(&format!(
            r#"{{"source": "agent", "message": "All done! What's next on the agenda?", "action": "finish", "llm_metrics": {{"accumulated_cost": 0.0, "max_budget_per_task": null, "accumulated_token_usage": {{"model": "default", "prompt_tokens": 700, "completion_tokens": 50, "cache_read_tokens": 0, "cache_write_tokens": 0, "context_window": 128000, "per_turn_token": 750, "response_id": ""}}, "costs": [], "response_latencies": [], "token_usages": []}}, "args": {{"final_thought": {text}, "outputs": {{}}, "thought": ""}}}}"#
        )))
    }

    /// Stores an object that must begin with a key of its own.
    fn event(&mut self, json: &str) -> u8 {
        let Some(rest) = json.trim().strip_prefix('{') else {
            return 2;
        };
        let (id, time) = (self.count, self.time());
        self.store(&format!(r#"{{"id": {id}, "timestamp": "{time}", {rest}"#))
    }

    fn store(&mut self, text: &str) -> u8 {
        let path = format!("{}/{}.json", self.events, self.count);
        self.count += 1;
        files::write(&path, text)
    }

    fn log(&self, text: &str) -> u8 {
        log(
            "INFO",
            &format!("[Agent Controller {}] {text}", self.session),
        )
    }

    fn time(&self) -> String {
        let (hours, minutes, seconds) = (self.count / 3600, self.count / 60 % 60, self.count % 60);
        format!("2026-01-01T{hours:02}:{minutes:02}:{seconds:02}.000000")
    }
}

fn log(level: &str, text: &str) -> u8 {
    let text = output::quote(text);
    output::line(&format!(
        r#"{{"message": {text}, "level": "{level}", "timestamp": "2026-01-01T00:00:00.000000+00:00"}}"#
    ))
}

/// `\n` becomes a line end, `\\` a backslash.
fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => match chars.next() {
                Some('n') => out.push('\n'),
                other => out.extend(other),
            },
            plain => out.push(plain),
        }
    }
    out
}
