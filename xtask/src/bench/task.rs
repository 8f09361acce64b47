//! `cargo xtask bench task`: a whole small task on the real images, beside the prototype's command.
//!
//! A scripted provider answers at once, so that nearly all of the time is the start and the end. The
//! two ways take turns, so that both see the same machine.

use std::time::Duration;

use anyhow::{Context, Result};

use super::figure::{Bar, Figure, Table};
use super::lifecycle::load;
use super::now;
use super::samples::Samples;
use stage::Stage;

mod product;
mod prototype;
mod provider;
mod stage;

/// Rounds whose medians are taken, unless told otherwise.
const ROUNDS: u32 = 10;

/// Rounds as a part of everything: a round takes a minute.
const FEW_ROUNDS: u32 = 3;

/// The product's time without the agent's steps, over the prototype's.
///
/// The bars are seconds of an idle machine with overlay2: at most 8 where the prototype takes 15.7,
/// which is 0.51. Seconds of another machine tell little, since most of them are Python reading its
/// files; the ratio stays. It has a margin of a fifth, by which medians of few rounds scatter where
/// two containers start at the same time on two processors: 0.51 x 1.2 = 0.62, rounded up.
const RATIO_BAR: f64 = 0.62;

/// Arguments of `cargo xtask bench task`.
#[derive(clap::Args, Debug)]
pub(super) struct TaskArgs {
    /// Rounds whose medians are taken; one more warms up
    #[arg(long, value_name = "N", default_value_t = ROUNDS,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
}

/// A task from the start of the command to its end.
struct Ran {
    total: Duration,
    /// From the first call to the model to the last one.
    steps: Duration,
}

/// What the rounds measured.
#[derive(Default)]
struct Rounds {
    import: Samples,
    prototype: Samples,
    product: Samples,
    prototype_steps: Samples,
    product_steps: Samples,
    prototype_rest: Samples,
    product_rest: Samples,
}

/// Measures as many rounds as wanted.
pub(super) fn run(args: &TaskArgs) -> Result<()> {
    measure(args.rounds)
}

/// Measures a few rounds.
pub(super) fn short() -> Result<()> {
    measure(FEW_ROUNDS)
}

/// Measures, prints the table, and fails where the bar is missed.
fn measure(count: u32) -> Result<()> {
    let stage = Stage::build()?;
    println!("load before: {}", load());
    let measured = rounds(&stage, count);
    println!("load after: {}", load());
    let cleared = stage.clear();
    let table = measured?.figures();
    println!("\n{table}");
    println!("medians of {count} interleaved rounds");
    println!(
        "in seconds the bar is 8 for the product's rest, on an idle machine with overlay2, where the \
         prototype's is 15.7 and the import takes 3.2"
    );
    cleared?;
    table.judge()
}

fn rounds(stage: &Stage, count: u32) -> Result<Rounds> {
    let mut rounds = Rounds::default();
    // The first round fills the caches of the machine and the product's home; it does not count.
    round(stage, 0, &mut Rounds::default()).context("the round that warms up")?;
    for number in 1..=count {
        round(stage, number, &mut rounds).with_context(|| format!("round {number}"))?;
    }
    Ok(rounds)
}

fn round(stage: &Stage, number: u32, rounds: &mut Rounds) -> Result<()> {
    let began = now();
    stage.import()?;
    let import = began.elapsed();
    let prototype = prototype::run(stage, number)?;
    let product = product::run(stage, number)?;
    let [a, b, c] = [import, prototype.total, product.total].map(|time| time.as_secs_f64());
    println!("round {number}: import {a:.1} s, prototype {b:.1} s, product {c:.1} s");
    rounds.import.push(import);
    rounds.prototype.push(prototype.total);
    rounds.prototype_steps.push(prototype.steps);
    rounds
        .prototype_rest
        .push_rest(prototype.total, prototype.steps);
    rounds.product.push(product.total);
    rounds.product_steps.push(product.steps);
    rounds.product_rest.push_rest(product.total, product.steps);
    Ok(())
}

impl Rounds {
    fn figures(&self) -> Table {
        let ratio = Figure {
            name: "product / prototype, without the agent's steps",
            value: self.product_rest.median() / self.prototype_rest.median(),
            unit: "times",
            bar: Some(Bar::AtMost(RATIO_BAR)),
            range: None,
        };
        Table(vec![
            Figure::seconds("importing OpenHands in its container", &self.import),
            Figure::seconds("prototype, total", &self.prototype),
            Figure::seconds("product, total", &self.product),
            Figure::seconds("prototype, the agent's steps", &self.prototype_steps),
            Figure::seconds("product, the agent's steps", &self.product_steps),
            Figure::seconds("prototype, the rest", &self.prototype_rest),
            Figure::seconds("product, the rest", &self.product_rest),
            ratio,
        ])
    }
}

#[cfg(test)]
mod tests;
