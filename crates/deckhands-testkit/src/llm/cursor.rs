//! The place in one script: which step the next request gets.

use serde_json::json;

use super::answer::Form;
use crate::script::{AfterEnd, Reply, Script, Step, Times};

/// A script and how far it has been played.
#[derive(Debug)]
pub(super) struct Cursor {
    script: Script,
    at: usize,
    /// Requests that the step at `at` has answered.
    served: u64,
}

/// What one request gets.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// A step of the script.
    Step {
        /// Number of the step from 1; 0 for the finish call that `after_end` adds.
        number: usize,
        /// The step.
        step: Box<Step>,
        /// Which of the step's calls is meant in the text form, from 0.
        part: usize,
    },
    /// Nothing: the script has ended after this many steps.
    Ended(usize),
}

impl Cursor {
    pub(super) fn new(script: Script) -> Self {
        Self {
            script,
            at: 0,
            served: 0,
        }
    }

    pub(super) fn next(&mut self, form: Form) -> Turn {
        let Some(step) = self.script.steps().get(self.at) else {
            return self.after_end();
        };
        let parts = parts(step, form);
        let part = usize::try_from(self.served).unwrap_or_default() % parts;
        let turn = Turn::Step {
            number: self.at + 1,
            step: Box::new(step.clone()),
            part,
        };
        self.served += 1;
        if self.is_used_up(step.times, parts) {
            self.at += 1;
            self.served = 0;
        }
        turn
    }

    fn is_used_up(&self, times: Times, parts: usize) -> bool {
        match times {
            Times::Forever => false,
            Times::Count(count) => {
                self.served >= u64::from(count).saturating_mul(u64::try_from(parts).unwrap_or(1))
            }
        }
    }

    fn after_end(&self) -> Turn {
        let steps = self.script.steps();
        match (self.script.rule_after_end(), steps.last()) {
            (AfterEnd::RepeatLast, Some(step)) => Turn::Step {
                number: steps.len(),
                step: Box::new(step.clone()),
                part: 0,
            },
            (AfterEnd::Finish, _) => {
                let step = Step::call("finish", json!({ "message": "script ended" }));
                Turn::Step {
                    number: 0,
                    step: Box::new(step),
                    part: 0,
                }
            }
            (AfterEnd::Error | AfterEnd::RepeatLast, _) => Turn::Ended(steps.len()),
        }
    }
}

/// How many requests it takes to say the step once.
fn parts(step: &Step, form: Form) -> usize {
    match (&step.reply, form) {
        (Reply::Call { calls, .. }, Form::Text { .. }) => calls.len().max(1),
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
