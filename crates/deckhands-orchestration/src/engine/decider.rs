//! The pure heart of the engine: what happened in, what to do out.
//!
//! It knows which attempts are at work here and how far stopping is, and nothing else. Times are
//! kept outside: a timer that ran out is an event like any other.

use std::collections::VecDeque;

use deckhands_model::AttemptId;

/// Everything that can happen to an engine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// It is time to look for work.
    Wake,
    /// It is time to look for attempts without a worker. What is found follows as `Orphans`.
    Survey,
    /// An attempt was claimed for a free slot.
    Claimed(AttemptId),
    /// Nothing can be claimed now, or the store did not answer well.
    NothingToClaim,
    /// These attempts are live, and nobody works on them.
    Orphans(Vec<AttemptId>),
    /// An orphan's lease was taken.
    Adopted(AttemptId),
    /// Somebody else was quicker, or the store did not answer well.
    NotAdopted(AttemptId),
    /// A worker is done with an attempt, whatever came of it.
    Ended(AttemptId),
    /// Nothing in the store waits for anything but a release.
    Drained,
    /// No new work; what runs may go on for a while.
    StopAsked,
    /// That while is over.
    GraceOver,
    /// What runs is to be cancelled.
    CancelAsked,
    /// Pausing or cancelling took too long.
    EndOver,
}

/// Everything an engine can do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// Ask the store for a task.
    Claim,
    /// Take an orphan's lease.
    Adopt(AttemptId),
    /// Start the clock of the grace time.
    StartGrace,
    /// Have all workers freeze their attempts.
    PauseAll,
    /// Have all workers end their attempts.
    CancelAll,
    /// Leave.
    Leave,
}

/// How far stopping is. It only ever goes on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Mode {
    /// Takes work.
    Working,
    /// Takes no new work, lets the running attempts go on.
    Draining,
    /// The running attempts are being frozen.
    Pausing,
    /// The running attempts are being ended.
    Cancelling,
    /// Gone.
    Left,
}

/// The engine's own state.
#[derive(Clone, Debug)]
pub struct Decider {
    slots: usize,
    mode: Mode,
    /// One may be there twice for a moment: its number is given out again once it was given back.
    at_work: Vec<AttemptId>,
    orphans: VecDeque<AttemptId>,
    /// A claim or an adoption is under way; there is one at a time.
    asking: bool,
    /// The store may have work that nobody asked for yet.
    may_have_work: bool,
}

impl Decider {
    /// An engine with so many slots that has nothing to do yet; at least one slot.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            slots: slots.max(1),
            mode: Mode::Working,
            at_work: Vec::new(),
            orphans: VecDeque::new(),
            asking: false,
            may_have_work: true,
        }
    }

    /// How far stopping is.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Attempts at work here.
    #[must_use]
    pub fn at_work(&self) -> usize {
        self.at_work.len()
    }

    /// Whether an attempt is at work here.
    #[must_use]
    pub fn has(&self, attempt: AttemptId) -> bool {
        self.at_work.contains(&attempt)
    }

    /// Takes an event in and says what follows. At most one claim or adoption is under way at a time.
    #[must_use]
    pub fn decide(&mut self, event: Event) -> Vec<Command> {
        match event {
            Event::Wake => self.may_have_work = true,
            // What is found goes first: nothing new is asked for before it is known.
            Event::Survey => return Vec::new(),
            Event::Claimed(attempt) | Event::Adopted(attempt) => {
                self.asking = false;
                self.at_work.push(attempt);
            }
            Event::NothingToClaim => {
                self.asking = false;
                self.may_have_work = false;
            }
            Event::NotAdopted(_) => self.asking = false,
            Event::Orphans(found) => self.orphans_found(found),
            Event::Ended(attempt) => {
                let one = self.at_work.iter().position(|own| *own == attempt);
                one.map(|one| self.at_work.swap_remove(one));
                self.may_have_work = true;
            }
            Event::Drained if self.at_work.is_empty() && self.orphans.is_empty() => {
                return self.leave();
            }
            Event::Drained => {}
            Event::StopAsked => return self.stop(),
            Event::GraceOver => return self.pause(),
            Event::CancelAsked => return self.cancel(),
            Event::EndOver => return self.leave(),
        }
        self.go_on()
    }

    fn orphans_found(&mut self, found: Vec<AttemptId>) {
        let new = found.into_iter().filter(|id| !self.has(*id)).collect();
        self.orphans = new;
    }

    /// Fills one slot, orphans first: their containers are there already.
    fn go_on(&mut self) -> Vec<Command> {
        if self.mode > Mode::Working {
            return self.leave_if_idle();
        }
        if self.asking || self.at_work.len() >= self.slots {
            return Vec::new();
        }
        if let Some(orphan) = self.orphans.pop_front() {
            self.asking = true;
            return vec![Command::Adopt(orphan)];
        }
        if self.may_have_work {
            self.asking = true;
            return vec![Command::Claim];
        }
        Vec::new()
    }

    fn stop(&mut self) -> Vec<Command> {
        if self.mode >= Mode::Draining {
            return Vec::new();
        }
        self.mode = Mode::Draining;
        let mut commands = vec![Command::StartGrace];
        commands.extend(self.leave_if_idle());
        commands
    }

    fn pause(&mut self) -> Vec<Command> {
        if self.mode >= Mode::Pausing {
            return Vec::new();
        }
        self.mode = Mode::Pausing;
        let mut commands = vec![Command::PauseAll];
        commands.extend(self.leave_if_idle());
        commands
    }

    fn cancel(&mut self) -> Vec<Command> {
        if self.mode >= Mode::Cancelling {
            return Vec::new();
        }
        self.mode = Mode::Cancelling;
        let mut commands = vec![Command::CancelAll];
        commands.extend(self.leave_if_idle());
        commands
    }

    /// An answer of the store that is under way is waited for: it may bring an attempt.
    fn leave_if_idle(&mut self) -> Vec<Command> {
        if self.at_work.is_empty() && !self.asking {
            return self.leave();
        }
        Vec::new()
    }

    fn leave(&mut self) -> Vec<Command> {
        self.mode = Mode::Left;
        vec![Command::Leave]
    }
}

#[cfg(test)]
mod tests;
