//! Whole runs on fakes: a runner, a scripted daemon, and a scripted OpenHands in it. No Docker, no
//! network, and no waiting: the clock is paused and jumps from event to event.
//!
//! Begin with `first_run`.

#[cfg(test)]
mod adoption;
#[cfg(test)]
mod attempts;
#[cfg(test)]
mod budget;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod checks;
#[cfg(test)]
mod conflict;
#[cfg(test)]
mod daemon;
#[cfg(test)]
mod deadlines;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod endings;
#[cfg(test)]
mod first_run;
mod forgotten;
#[cfg(test)]
mod handed_over;
#[cfg(test)]
mod kept_change;
#[cfg(test)]
mod managed;
mod relayed;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod stored_keys;
#[cfg(test)]
mod success;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweeping;
#[cfg(test)]
mod verdicts;
