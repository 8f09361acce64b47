//! Shows a run while it goes on: a moving line on a terminal, plain lines elsewhere.

use std::sync::Mutex;
use std::time::Duration;

use deckhands_model::{ActionKind, AgentEvent, ByteSize, EventKind, ImageRef, Usage};
use deckhands_orchestration::{Observer, Phase, RunEvent};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use owo_colors::OwoColorize;

use crate::console::Console;
use crate::shown;

/// Tells a run to a person.
#[derive(Debug)]
pub(crate) struct Progress {
    console: Console,
    bar: ProgressBar,
    phase: Mutex<Option<Phase>>,
    pulling: Mutex<Option<ImageRef>>,
}

/// How often the moving line moves.
const FRAME: Duration = Duration::from_millis(120);

impl Progress {
    /// Draws on stderr as the console allows.
    pub(crate) fn new(console: Console) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.set_draw_target(if console.live {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        if let Ok(style) = ProgressStyle::with_template("{spinner:.cyan} {wide_msg}") {
            bar.set_style(style);
        }
        if console.live {
            bar.enable_steady_tick(FRAME);
        }
        Self {
            console,
            bar,
            phase: Mutex::new(None),
            pulling: Mutex::new(None),
        }
    }

    /// Says something that stays.
    pub(crate) fn say(&self, text: &str) {
        if self.console.live {
            self.bar.suspend(|| self.console.note(text));
        } else {
            self.console.note(text);
        }
    }

    /// Takes the moving line away.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn phase(&self, phase: Phase) {
        let Ok(mut current) = self.phase.lock() else {
            return;
        };
        if current.replace(phase) != Some(phase) {
            self.bar.set_message(phase.describe());
            if !self.console.live {
                self.console.note(phase.describe());
            }
        }
    }

    fn agent(&self, event: &AgentEvent) {
        if let EventKind::Action { action, summary } = &event.kind
            && let Some(word) = word(*action)
        {
            let summary = shown::line(summary);
            self.say(&format!("  {} {summary}", format!("{word:>8}").dimmed()));
        }
    }

    fn pull(&self, image: &ImageRef, done: ByteSize, total: ByteSize) {
        let mib = |size: ByteSize| size.as_u64() >> 20;
        let text = format!("pulling {image}: {} of {} MiB", mib(done), mib(total));
        if self.console.live {
            self.bar.set_message(text);
        } else if self.begins(image) {
            self.console.note(&format!("pulling {image}"));
        }
    }

    /// Whether this image was not the one that was pulled until now.
    fn begins(&self, image: &ImageRef) -> bool {
        self.pulling
            .lock()
            .is_ok_and(|mut current| current.replace(image.clone()).as_ref() != Some(image))
    }
}

impl Observer for Progress {
    fn observe(&self, event: RunEvent<'_>) {
        match event {
            RunEvent::Phase(phase) => self.phase(phase),
            RunEvent::Agent(event) => self.agent(event),
            RunEvent::Pull { image, done, total } => self.pull(image, done, total),
            RunEvent::Progress {
                progress,
                work,
                wait,
                cost,
            } if self.console.live => {
                let cost = cost.map(|cost| format!(" · {cost}"));
                self.bar.set_message(format!(
                    "{} · {}{} · {}",
                    clock(work, wait),
                    tokens(progress.usage),
                    cost.unwrap_or_default(),
                    doing(&progress.doing),
                ));
            }
            _ => {}
        }
    }
}

/// What the agent does, for people.
fn doing(summary: &str) -> String {
    if summary.is_empty() {
        "starting the agent".to_owned()
    } else {
        shown::line(summary)
    }
}

/// Work and wait time for people.
fn clock(work: Duration, wait: Duration) -> String {
    let text = format!("{} s at work", work.as_secs());
    if wait.as_secs() == 0 {
        text
    } else {
        format!("{text}, {} s waiting", wait.as_secs())
    }
}

/// Tokens for people.
pub(crate) fn tokens(usage: Usage) -> String {
    let shown = |n: Option<u64>| n.map_or_else(|| "?".to_owned(), |n| n.to_string());
    format!(
        "{} tokens in, {} out",
        shown(usage.input_tokens),
        shown(usage.output_tokens)
    )
}

/// What an action is called on the terminal; `None` for what nobody wants to see.
const fn word(action: ActionKind) -> Option<&'static str> {
    match action {
        ActionKind::Command => Some("runs"),
        ActionKind::Python => Some("python"),
        ActionKind::Read => Some("reads"),
        ActionKind::Edit => Some("edits"),
        ActionKind::Browse => Some("browses"),
        ActionKind::Message => Some("says"),
        ActionKind::Think => Some("thinks"),
        ActionKind::Plan => Some("plans"),
        ActionKind::Finish => Some("finishes"),
        ActionKind::Condense | ActionKind::Other => None,
    }
}

#[cfg(test)]
mod tests;
