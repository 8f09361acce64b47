//! `cargo xtask bench lifecycle`: what Deckhands adds to a container's life, and its memory.
//!
//! The five ways of running a container take turns, so that all see the same machine.

use std::fs;
use std::thread::available_parallelism;

use anyhow::Result;

use super::cycle::{self, Library};
use super::figure::{Bar, Figure, Table};
use super::samples::Samples;
use super::stage::Stage;
use super::{RUNS, memory, session};

/// A life through the library, compared with `docker run --rm` of the same.
const LIBRARY_BAR: f64 = 1.1;

/// Milliseconds of a `deckhands run` that are not its container's.
const OWN_BAR: f64 = 150.0;

/// MiB of the process while the agent prints 1 GiB.
const MEMORY_BAR: f64 = 64.0;

/// What the rounds measured.
#[derive(Default)]
struct Rounds {
    docker: Samples,
    library: Samples,
    process: Samples,
    bare: Samples,
    run: Samples,
    besides_existence: Samples,
    besides_process: Samples,
}

/// Measures, prints the table, and fails where a bar is missed.
pub(super) fn run() -> Result<()> {
    let stage = Stage::build()?;
    let measured = measure(&stage);
    let cleared = stage.clear();
    let table = measured?;
    println!("\n{table}");
    println!("medians of {RUNS} interleaved rounds; memory of one run each");
    cleared?;
    table.judge()
}

fn measure(stage: &Stage) -> Result<Table> {
    println!("load before: {}", load());
    let mut table = rounds(stage)?.figures();
    println!("load between: {}", load());
    let floods = [
        ("peak of memory, 1 GiB in lines of 120 B", 120),
        ("peak of memory, 1 GiB in lines of 1 MiB", 1 << 20),
        ("peak of memory, 1 GiB in one line", u64::MAX),
    ];
    for (name, line) in floods {
        table.0.push(Figure {
            name,
            value: memory::peak(stage, &memory::flood(line))?,
            unit: "MiB",
            bar: Some(Bar::Below(MEMORY_BAR)),
            range: None,
        });
    }
    println!("load after: {}", load());
    Ok(table)
}

fn rounds(stage: &Stage) -> Result<Rounds> {
    let mut library = Library::start(stage)?;
    let mut rounds = Rounds::default();
    // The first round warms the daemon's caches and fills the product's home; it does not count.
    round(stage, &mut library, &mut Rounds::default())?;
    for _ in 0..RUNS {
        round(stage, &mut library, &mut rounds)?;
    }
    library.end()?;
    Ok(rounds)
}

fn round(stage: &Stage, library: &mut Library, rounds: &mut Rounds) -> Result<()> {
    rounds.docker.push(cycle::by_docker(stage)?);
    rounds.library.push(library.life()?);
    rounds.process.push(cycle::by_process(stage)?);
    let bare = session::by_docker(stage)?;
    let run = session::by_deckhands(stage)?;
    rounds.bare.push(bare);
    rounds.run.push(run.wall);
    rounds
        .besides_existence
        .push_rest(run.wall, run.app.existed);
    rounds.besides_process.push_rest(run.wall, run.app.ran);
    Ok(())
}

impl Rounds {
    fn figures(&self) -> Table {
        let ratio = |name, a: &Samples, b: &Samples| Figure {
            name,
            value: a.median() / b.median(),
            unit: "times",
            bar: None,
            range: None,
        };
        let own = Bar::AtMost(OWN_BAR);
        Table(vec![
            Figure::of("docker run --rm", &self.docker),
            Figure::of("the same, library, create to removed", &self.library),
            Figure::of("the same, library, whole process", &self.process),
            ratio("library / docker run", &self.library, &self.docker)
                .with_bar(Bar::AtMost(LIBRARY_BAR)),
            ratio("whole process / docker run", &self.process, &self.docker),
            Figure::of("played session, docker run --rm", &self.bare),
            Figure::of("played session, deckhands run", &self.run),
            Figure::of("its time without its container", &self.besides_existence).with_bar(own),
            self.beyond_bare().with_bar(own),
            Figure::of("its time without its app's process", &self.besides_process),
        ])
    }

    /// Unlike the time without the container this shows waiting while the container is there, too.
    fn beyond_bare(&self) -> Figure {
        Figure {
            name: "its time beyond docker run --rm",
            value: self.run.median() - self.bare.median(),
            unit: "ms",
            bar: None,
            range: None,
        }
    }
}

/// How busy the machine is: times taken while others compile mean nothing.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = text.split(' ').next().unwrap_or("unknown");
    let cores = available_parallelism().map_or(1, std::num::NonZero::get);
    format!("{load} on {cores} processors")
}
