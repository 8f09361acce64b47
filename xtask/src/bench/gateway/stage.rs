//! What the measurements of the gateway happen in: programs, a folder, and the books of a home.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::bench::program::{Measured, Program};
use crate::bench::release_binary;
use crate::{process, workspace};

#[cfg(test)]
mod tests;

/// The folder below the target directory.
const FOLDER: &str = "bench-gateway";

/// US dollars for a million tokens, of input and of output alike.
const PRICE: &str = "1";

/// What a call of the provider's 700 and 50 tokens costs at that price, in US dollars.
const COST: f64 = 750.0 / 1e6;

/// Far more than all calls cost, in US dollars: the cap is there to be counted against.
const CAP: &str = "1000000";

/// Half a nanodollar: sums that differ by less are the same.
const SAME: f64 = 0.5e-9;

/// Everything that one measurement uses.
pub(super) struct Stage {
    deckhands: PathBuf,
    pub(super) scripted: PathBuf,
    program: Program,
    /// Absolute; removed after a measurement that came to its end, and before the next one.
    pub(super) folder: PathBuf,
}

impl Stage {
    /// Builds the programs as they ship, and makes the folder.
    pub(super) fn build() -> Result<Self> {
        let target = workspace::target_dir()?;
        let build = ["build", "--locked", "--release"];
        let scripted = ["--package", "deckhands-testkit", "--bin", "scripted-llm"];
        process::run(process::cargo().args(build).args(scripted))?;
        let stage = Self {
            deckhands: release_binary()?,
            scripted: target.join("release").join("scripted-llm"),
            program: Program::build("gateway")?,
            folder: target.join(FOLDER),
        };
        stage.clear()?;
        fs::create_dir_all(stage.user()).context("create the folder of the measurement")?;
        Ok(stage)
    }

    /// Removes the folder.
    pub(super) fn clear(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder).context("remove the folder of the measurement")?;
        }
        Ok(())
    }

    /// A command of the product, in a clean environment in which money counts.
    pub(super) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.deckhands);
        let home = self.folder.join("home");
        command.arg(name).arg("--home").arg(home);
        command.env_clear().env("HOME", self.user());
        command.envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
        command.env("OPENAI_API_KEY", "played-key");
        command.env("DECKHANDS_UNKNOWN_PRICE", PRICE);
        command.env("DECKHANDS_MAX_DAY_COST", CAP);
        command.current_dir(&self.folder);
        command
    }

    /// Where the gateway writes its token, and whoever calls reads it.
    pub(super) fn token_file(&self) -> PathBuf {
        self.folder.join("token")
    }

    /// Calls at a steady rate to whoever listens there, for so many seconds.
    pub(super) fn load(
        &self,
        provider: &str,
        address: &str,
        rate: u32,
        seconds: u32,
    ) -> Result<Measured> {
        let (rate, seconds) = (rate.to_string(), seconds.to_string());
        let token = self.token_file().display().to_string();
        let with = [provider, address, &token, &rate, &seconds];
        self.program.measure("load", with)
    }

    /// Streams that are open at the same time, each of so many events at this pace.
    pub(super) fn streams(
        &self,
        provider: &str,
        address: &str,
        plan: [u32; 3],
    ) -> Result<Measured> {
        let [streams, events, every] = plan.map(|number| number.to_string());
        let token = self.token_file().display().to_string();
        let with = [provider, address, &token, &streams, &events, &every];
        self.program.measure("streams", with)
    }

    /// The library with very many sessions in one process.
    pub(super) fn sessions(&self, provider: &str) -> Result<Measured> {
        self.program.measure("sessions", [provider])
    }

    /// Whether the home's books of today have what so many calls cost, all of it settled.
    pub(super) fn check_books(&self, calls: f64) -> Result<()> {
        let mut stats = self.command("stats");
        let told = process::output(stats.arg("--json"))?;
        check(&told, calls)
    }

    fn user(&self) -> PathBuf {
        self.folder.join("user")
    }
}

fn check(stats: &str, calls: f64) -> Result<()> {
    let stats: Value = serde_json::from_str(stats).context("read the answer of `stats`")?;
    let money = &stats["money_today"];
    let dollars = |name: &str| {
        let dollars = money[name].as_f64();
        dollars.with_context(|| format!("`stats` tells no `{name}`: {money}"))
    };
    let (spent, open) = (dollars("spent_usd")?, dollars("open_usd")?);
    let cost = calls * COST;
    ensure!(
        (spent - cost).abs() < SAME && open.abs() < SAME,
        "{calls} calls cost ${cost}, but the books of today say ${spent} spent and ${open} open"
    );
    println!("books: {calls} calls, ${spent:.5} spent, nothing open");
    Ok(())
}
