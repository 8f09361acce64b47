//! Whether a model can serve a wish at all.

use deckhands_model::Complexity;
use serde::{Deserialize, Serialize};

use super::score::quality;
use super::wish::Wish;
use crate::catalogue::{ModelEntry, Status};

/// Why a model cannot serve a wish.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum WhyNot {
    /// It does not work with the agent.
    #[error("it does not work with the agent")]
    Incompatible,
    /// The agent cannot work without system prompt.
    #[error("it takes no system prompt")]
    NoSystemPrompt,
    /// It lacks an ability.
    #[error("it is not known to have `{name}`")]
    Capability {
        /// Which.
        name: String,
    },
    /// The task is too hard for it.
    #[error("it is fit for tasks up to {most} only")]
    Complexity {
        /// What it is fit for.
        most: Complexity,
    },
    /// Its context window is too small.
    #[error("its context is {has} tokens, {needed} are needed")]
    Context {
        /// What it has.
        has: u32,
        /// What is needed.
        needed: u32,
    },
    /// It takes too long.
    #[error("it usually answers in {has} ms, at most {most} are wanted")]
    Latency {
        /// What it takes.
        has: u32,
        /// What is allowed.
        most: u32,
    },
    /// It costs too much.
    #[error("it costs {has} dollars a thousand tokens, at most {most} are wanted")]
    Price {
        /// What it costs.
        has: f64,
        /// What is allowed.
        most: f64,
    },
    /// It might cost too much.
    #[error("its price is not known, and there is a highest one")]
    PriceUnknown,
    /// Its work is not good enough.
    #[error("its quality is {has:.2}, {needed:.2} is wanted")]
    Quality {
        /// What it has, 0 to 1.
        has: f64,
        /// What is wanted.
        needed: f64,
    },
    /// Its work might not be good enough.
    #[error("its quality is not known: give `quality` or `quality_tier`")]
    QualityUnknown,
    /// Its route must not be called now. Otherwise it would do.
    #[error("its route is left alone for now")]
    LeftAlone,
}

/// The first reason against a model, its health left out.
pub(super) fn why_not(entry: &ModelEntry, wish: &Wish) -> Option<WhyNot> {
    if entry.status == Status::Incompatible {
        return Some(WhyNot::Incompatible);
    }
    if entry.system_prompt == Some(false) {
        return Some(WhyNot::NoSystemPrompt);
    }
    let lacks = |name: &&String| !entry.capabilities.contains(name);
    if let Some(name) = wish.needs.capabilities.iter().find(lacks) {
        let name = name.clone();
        return Some(WhyNot::Capability { name });
    }
    sizes(entry, wish)
        .or_else(|| price(entry, wish))
        .or_else(|| too_poor(entry, wish))
}

fn sizes(entry: &ModelEntry, wish: &Wish) -> Option<WhyNot> {
    let (needed, slowest) = (wish.needs.context_tokens, wish.needs.max_latency_ms);
    match (entry.max_complexity, entry.context_tokens, entry.latency_ms) {
        (Some(most), _, _) if most < wish.complexity => Some(WhyNot::Complexity { most }),
        (_, Some(has), _) if has < needed => Some(WhyNot::Context { has, needed }),
        (_, _, Some(has)) if has > slowest => Some(WhyNot::Latency { has, most: slowest }),
        _ => None,
    }
}

fn price(entry: &ModelEntry, wish: &Wish) -> Option<WhyNot> {
    let most = wish.needs.max_usd_per_1k_tokens?;
    match entry.usd_per_1k_tokens {
        Some(has) if has <= most => None,
        Some(has) => Some(WhyNot::Price { has, most }),
        None => Some(WhyNot::PriceUnknown),
    }
}

fn too_poor(entry: &ModelEntry, wish: &Wish) -> Option<WhyNot> {
    let needed = wish.quality_threshold;
    match quality(entry) {
        Some((has, _)) if has >= needed => None,
        Some((has, _)) => Some(WhyNot::Quality { has, needed }),
        None if needed <= 0.0 => None,
        None => Some(WhyNot::QualityUnknown),
    }
}
