//! Rounds of many streams at once, straight from the provider and through the gateway.

use anyhow::{Result, ensure};

use super::{STREAMS, Ways, figure, time};
use crate::bench::figure::{Bar, Figure};
use crate::bench::program::Measured;
use crate::bench::samples::Samples;

/// Events of one stream, each with a piece of its text.
pub(super) const EVENTS: u32 = 50;

/// Milliseconds from one to the next: 5,000 events a second of all streams together.
pub(super) const EVERY_MS: u32 = 200;

/// What the rounds measured.
#[derive(Default)]
pub(super) struct Streams {
    direct: Way,
    through: Way,
    /// Streams that the gateway carried to their end.
    answered: f64,
}

#[derive(Default)]
struct Way {
    /// Of 99 % of the events, how much later they came than their stream's pace says.
    late: Samples,
    /// Of 99 % of the streams, from when they were due to their first event.
    first: Samples,
    /// Events that came together with the one before, in all rounds.
    merged: f64,
}

impl Streams {
    /// Lets both ways take turns.
    pub(super) fn measure(ways: &Ways<'_>, rounds: u32) -> Result<Self> {
        let mut streams = Self::default();
        for number in 1..=rounds {
            let direct = round(ways, ways.provider)?;
            let through = round(ways, ways.gateway)?;
            streams.direct.add(&direct)?;
            streams.through.add(&through)?;
            streams.answered += through.of("/answered")?;
            let [a, b] = [direct.of("/late_p99")?, through.of("/late_p99")?];
            println!(
                "round {number}: events late by p99 direct {a:.1} ms, through the gateway {b:.1} ms"
            );
        }
        Ok(streams)
    }

    /// Streams that the gateway carried to their end.
    pub(super) const fn answered(&self) -> f64 {
        self.answered
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let (direct, through) = (&self.direct, &self.through);
        let beyond = (through.merged - direct.merged).max(0.0);
        let beyond = figure("1,000 streams, events merged beyond direct", beyond, "");
        vec![
            Figure::of("1,000 streams direct, first event, p99", &direct.first),
            Figure::of("through the gateway, first event, p99", &through.first),
            Figure::of("1,000 streams direct, event late by, p99", &direct.late),
            Figure::of("through the gateway, event late by, p99", &through.late),
            figure("1,000 streams direct, events merged", direct.merged, ""),
            beyond.with_bar(Bar::AtMost(0.0)),
        ]
    }
}

impl Way {
    fn add(&mut self, seen: &Measured) -> Result<()> {
        self.late.push(time(seen.of("/late_p99")?)?);
        self.first.push(time(seen.of("/first_p99")?)?);
        self.merged += seen.of("/merged")?;
        Ok(())
    }
}

/// One round one way, in which all streams were open at the same time.
fn round(ways: &Ways<'_>, address: &str) -> Result<Measured> {
    let plan = [STREAMS, EVENTS, EVERY_MS];
    let seen = ways.stage.streams(ways.provider, address, plan)?;
    let open = seen.of("/open")?;
    ensure!(
        open >= f64::from(STREAMS),
        "only {open} of {STREAMS} streams to {address} were open at the same time"
    );
    Ok(seen)
}
