//! `cargo xtask prices FILE`: the gateway's price table from litellm's list of prices.
//!
//! FILE is `litellm/model_prices_and_context_window_backup.json` of a litellm package. Which entries are
//! left out is told in the head of the written file. How the table is read is the gateway's.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context, Result};
use serde_json::Value;

use self::price::Price;
use crate::workspace;

mod price;
#[cfg(test)]
mod tests;

/// What is written, below the workspace root.
const TABLE: &str = "crates/deckhands-gateway/src/money/prices.toml";

/// Providers that the gateway relays to and that have prices of their own.
const PROVIDERS: [&str; 11] = [
    "deepseek",
    "fireworks_ai",
    "gemini",
    "groq",
    "mistral",
    "moonshot",
    "openai",
    "openrouter",
    "perplexity",
    "together_ai",
    "xai",
];

/// Arguments of `cargo xtask prices`.
#[derive(clap::Args, Debug)]
pub(crate) struct PricesArgs {
    /// The list of prices, from a litellm package
    file: PathBuf,
    /// Where the list comes from, e.g. `litellm 1.77.7`
    #[arg(long)]
    origin: String,
    /// When its prices were gathered, as YYYY-MM or YYYY-MM-DD
    #[arg(long)]
    date: String,
}

/// Writes the table anew.
pub(crate) fn run(args: &PricesArgs) -> Result<()> {
    let text = std::fs::read_to_string(&args.file).context("read the list of prices")?;
    let list: BTreeMap<String, Value> = serde_json::from_str(&text).context("parse the list")?;
    let mut table = format!(
        "{HEAD}\nversion = 1\n\n[[tables]]\norigin = \"{}\"\ndate = \"{}\"\n\n[tables.models]\n",
        args.origin, args.date
    );
    for (id, price) in models(&list) {
        writeln!(table, "\"{id}\" = {}", price.line())?;
    }
    std::fs::write(workspace::root().join(TABLE), table).context("write the table of prices")
}

fn models(list: &BTreeMap<String, Value>) -> BTreeMap<String, Price> {
    let mut models = BTreeMap::new();
    for (name, entry) in list {
        let Some((id, price)) = id_of(name, entry).zip(Price::read(name, entry)) else {
            continue;
        };
        let both = match models.remove(&id) {
            Some(other) => price.or_dearer(other),
            None => price,
        };
        models.insert(id, both);
    }
    models
}

/// `provider/name`, where it is a chat model of text by one of our providers.
fn id_of(name: &str, entry: &Value) -> Option<String> {
    let provider = entry["litellm_provider"].as_str()?;
    let chat = entry["mode"] == "chat" && PROVIDERS.contains(&provider);
    let other = ["ft:", "together-ai-", "fireworks-ai-"];
    let sounds = ["audio", "realtime", "-live-", "-tts", "image-generation"];
    let strange = other.iter().any(|start| name.starts_with(start))
        || sounds.iter().any(|part| name.contains(part))
        || name.ends_with(":free");
    let prefixed = name.starts_with(&format!("{provider}/"));
    let id = if prefixed {
        name.to_owned()
    } else {
        format!("{provider}/{name}")
    };
    (chat && !strange).then_some(id)
}

const HEAD: &str = "\
# Prices of chat models in US dollars: `input` and `output` for a million tokens, `cached` for input that
# the provider had in its cache, `cache_write` for input that it put there, `request` for each request,
# `long` for all tokens of a request whose input is longer than `above`.
#
# Made by `cargo xtask prices`; see there. Left out, and so unknown: models with a price of zero (but
# what ends in `:free` is free by its name), models that speak or paint, prices for characters or
# seconds, and what is billed by what a search found. Where a search comes with each request its dearest
# form counts. Where two entries name one model the dearer price counts. Anthropic's models put input into
# the cache at a quarter more than its price where the list does not say.
";
