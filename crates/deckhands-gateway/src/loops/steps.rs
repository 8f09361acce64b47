//! A conversation as a row of steps, of which only the end is kept.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::hash_of;
use super::message::{Message, Print, Speaker, each};

/// What the steps of one request come to.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Steps {
    messages: u64,
    whole: u64,
    /// The step that is being read.
    open: Option<Step>,
    /// Whether the model has said anything yet.
    begun: bool,
    /// The last step that has a reply, and the one before.
    last: Option<u64>,
    before: Option<u64>,
    /// How many of the last steps are equal.
    same: u32,
    /// How many of the last steps are each equal to the last but one, and not to the last.
    turns: u32,
}

/// An assistant's message with its replies, or a message of the user that follows another reply.
#[derive(Clone, Copy, Debug)]
struct Step {
    print: Print,
    by_assistant: bool,
    replies: u32,
    /// Whether a result says that a command is still at work.
    waits: bool,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    messages: &'a RawValue,
}

impl Steps {
    /// Of a chat request; none if it is not one.
    pub(super) fn of_request(body: &[u8]) -> Option<Self> {
        let request: Request<'_> = serde_json::from_slice(body).ok()?;
        let mut steps = Self::default();
        let sound = each(request.messages, |message: Message<'_>| steps.add(&message));
        // A last message of the assistant has no reply yet, and is no step.
        steps.close();
        sound.then_some(steps)
    }

    /// Number of messages.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// The hash of the whole conversation.
    pub(super) fn whole(&self) -> u64 {
        self.whole
    }

    /// How many steps at the end are equal.
    pub(super) fn same(&self) -> u32 {
        self.same
    }

    /// How many times at the end two different steps were made in turn.
    pub(super) fn rounds(&self) -> u32 {
        // The first of the turns goes back to two steps that are the first round.
        if self.turns == 0 {
            0
        } else {
            self.turns.saturating_add(2) / 2
        }
    }

    /// The last step, where the model has made any.
    pub(super) fn last(&self) -> Option<u64> {
        self.last.filter(|_| self.begun)
    }

    fn add(&mut self, message: &Message<'_>) {
        let print = message.print();
        self.messages += 1;
        self.whole = hash_of((self.whole, print.whole));
        let speaker = message.speaker();
        match &mut self.open {
            Some(step) if step.goes_on_with(speaker) => step.reply(message, print),
            _ => {
                self.close();
                self.open = Step::begin(speaker, print);
            }
        }
    }

    /// Counts the step that was read, now that it is known to have come to its end.
    fn close(&mut self) {
        let Some(step) = self.open.take().filter(|step| step.replies > 0) else {
            return;
        };
        let hash = step.hash();
        if self.last == Some(hash) {
            self.same = self.same.saturating_add(1);
            self.turns = 0;
        } else {
            self.turns = match self.before {
                Some(before) if before == hash => self.turns.saturating_add(1),
                _ => 0,
            };
            self.same = 1;
        }
        self.begun |= step.by_assistant;
        self.before = self.last.replace(hash);
    }
}

impl Step {
    /// The step that a message begins; instructions before all steps begin none.
    fn begin(speaker: Speaker, print: Print) -> Option<Self> {
        let by_assistant = match speaker {
            Speaker::Assistant => true,
            Speaker::User => false,
            Speaker::Other => return None,
        };
        Some(Self {
            print,
            by_assistant,
            // What the user says stands for itself: so OpenHands hands back an answer that was no call.
            replies: u32::from(!by_assistant),
            waits: false,
        })
    }

    /// Whether a message belongs to this step: results do, and the first words of the user.
    fn goes_on_with(&self, speaker: Speaker) -> bool {
        match speaker {
            Speaker::Assistant => false,
            Speaker::User => self.by_assistant && self.replies == 0,
            Speaker::Other => true,
        }
    }

    fn reply(&mut self, message: &Message<'_>, reply: Print) {
        let Print { whole, act } = self.print;
        self.print = Print {
            whole: hash_of((whole, reply.whole)),
            act: hash_of((act, reply.act)),
        };
        self.replies = self.replies.saturating_add(1);
        self.waits |= message.says_wait();
    }

    /// What it is compared by. To look again and again whether something is done may take long and be
    /// right; so there the thoughts count, too, as they always do for OpenHands.
    fn hash(&self) -> u64 {
        if self.waits {
            self.print.whole
        } else {
            self.print.act
        }
    }
}
