//! Rounds of calls at a steady rate, straight to the provider and through the gateway.

use anyhow::{Result, bail};

use super::{ADDED_BARS, RATE, Ways, micros, time};
use crate::bench::figure::{Bar, Figure};
use crate::bench::program::Measured;
use crate::bench::samples::Samples;

/// Seconds of one round each way; one more before them warms up.
const SECONDS: u32 = 6;

/// What the rounds measured.
#[derive(Default)]
pub(super) struct Calls {
    direct: Times,
    through: Times,
    /// Of each round, the gateway's time less the direct one.
    added: Times,
    /// Calls that the gateway answered.
    answered: f64,
}

#[derive(Default)]
struct Times {
    p50: Samples,
    p99: Samples,
}

impl Calls {
    /// Lets both ways take turns.
    pub(super) fn measure(ways: &Ways<'_>, rounds: u32) -> Result<Self> {
        let mut calls = Self::default();
        for number in 1..=rounds {
            let direct = round(ways, ways.provider)?;
            let through = round(ways, ways.gateway)?;
            calls.add(&direct, &through)?;
            let [a, b, c, d] = [
                direct.of("/p50")?,
                direct.of("/p99")?,
                through.of("/p50")?,
                through.of("/p99")?,
            ];
            println!(
                "round {number}: p50 and p99 direct {a:.3} and {b:.3} ms, \
                 through the gateway {c:.3} and {d:.3} ms"
            );
        }
        Ok(calls)
    }

    fn add(&mut self, direct: &Measured, through: &Measured) -> Result<()> {
        let both =
            |place| -> Result<_> { Ok((time(direct.of(place)?)?, time(through.of(place)?)?)) };
        let ((direct_p50, p50), (direct_p99, p99)) = (both("/p50")?, both("/p99")?);
        self.direct.p50.push(direct_p50);
        self.direct.p99.push(direct_p99);
        self.through.p50.push(p50);
        self.through.p99.push(p99);
        self.added.p50.push_rest(p50, direct_p50);
        self.added.p99.push_rest(p99, direct_p99);
        self.answered += through.of("/answered")?;
        Ok(())
    }

    /// Calls that the gateway answered.
    pub(super) const fn answered(&self) -> f64 {
        self.answered
    }

    pub(super) fn figures(&self) -> Vec<Figure> {
        let (direct, through, added) = (&self.direct, &self.through, &self.added);
        let added = [
            between("added, p50", &direct.p50, &through.p50, &added.p50),
            between("added, p99", &direct.p99, &through.p99, &added.p99),
        ];
        let [p50, p99] = added;
        vec![
            micros("direct, p50 of a call", &direct.p50),
            micros("through the gateway, p50", &through.p50),
            p50.with_bar(Bar::Below(ADDED_BARS[0])),
            micros("direct, p99 of a call", &direct.p99),
            micros("through the gateway, p99", &through.p99),
            p99.with_bar(Bar::Below(ADDED_BARS[1])),
        ]
    }
}

/// What lies between two medians, with the range of what lay between them in each round.
fn between(name: &'static str, direct: &Samples, through: &Samples, in_rounds: &Samples) -> Figure {
    Figure {
        value: (through.median() - direct.median()) * 1000.0,
        ..micros(name, in_rounds)
    }
}

/// One round one way, in which every call got the right answer.
fn round(ways: &Ways<'_>, address: &str) -> Result<Measured> {
    let seen = ways.stage.load(ways.provider, address, RATE, SECONDS)?;
    let wrong = seen.of("/wrong")?;
    if wrong > 0.0 {
        let first = seen.words("/first_wrong").unwrap_or_default();
        bail!("{wrong} calls to {address} went wrong, the first with: {first}");
    }
    Ok(seen)
}
