//! One model and what is known of it.

use std::fmt;

use deckhands_model::{Category, Complexity, ImageDigest, ModelId, TaskState};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Whether a model works with the agent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It has done a task; the evidence is in the entry.
    Verified,
    /// Nobody has shown that it works.
    #[default]
    Untested,
    /// It works, but its provider refuses many calls.
    RateLimited,
    /// It cannot work.
    Incompatible,
}

/// How good a model's work is thought to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QualityTier {
    /// Good.
    High,
    /// Middling.
    Medium,
    /// Poor.
    Low,
}

/// What a model is made for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Specialisation {
    /// Quick answers.
    Speed,
    /// Good answers.
    Quality,
    /// Both in measure.
    Balanced,
    /// Long thought.
    Reasoning,
}

/// The run that shows that a model works.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// The day of the run.
    pub date: Date,
    /// The agent's image.
    pub image: ImageDigest,
    /// How its task ended.
    pub outcome: TaskState,
}

/// What a million tokens cost in US dollars.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct TokenPrice {
    /// Of input.
    #[serde(rename = "usd_per_mtok_input")]
    pub input: f64,
    /// Of output, reasoning included.
    #[serde(rename = "usd_per_mtok_output")]
    pub output: f64,
    /// Of input that the provider had in its cache; as any input where unknown.
    #[serde(rename = "usd_per_mtok_cached")]
    pub cached: Option<f64>,
}

/// One model. What is `None` or empty is not known.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct ModelEntry {
    /// Its full id, with its provider in front.
    pub id: ModelId,
    /// Its name for people.
    pub display_name: Option<String>,
    /// Whether it works with the agent.
    pub status: Status,
    /// What somebody else says about it without evidence; for displays only.
    pub claimed: Option<Status>,
    /// The run behind [`Status::Verified`].
    pub evidence: Option<Evidence>,
    /// How good its work is thought to be.
    pub quality_tier: Option<QualityTier>,
    /// How good its work was found to be, 0 to 5.
    pub quality: Option<f64>,
    /// Share of tasks that it completed, 0 to 1.
    pub success_rate: Option<f64>,
    /// Size of its context window in tokens.
    pub context_tokens: Option<u32>,
    /// Usual time of an answer in milliseconds.
    pub latency_ms: Option<u32>,
    /// Price of a thousand tokens in US dollars; zero is free.
    pub usd_per_1k_tokens: Option<f64>,
    /// What it costs by its kinds of tokens.
    #[serde(flatten)]
    pub price: Option<TokenPrice>,
    /// What it is made for.
    pub specialisation: Option<Specialisation>,
    /// Kinds of work it is good at.
    pub strengths: Vec<Category>,
    /// The hardest tasks it is fit for.
    pub max_complexity: Option<Complexity>,
    /// Whether it takes a system prompt, without which the agent cannot work.
    pub system_prompt: Option<bool>,
    /// Other abilities by name, e.g. `tools`.
    pub capabilities: Vec<String>,
    /// What is known to go wrong.
    pub known_issues: Vec<String>,
    /// Anything else worth knowing.
    pub notes: Option<String>,
}

impl ModelEntry {
    /// A model of which nothing but the id is known.
    #[must_use]
    pub const fn unknown(id: ModelId) -> Self {
        Self {
            id,
            display_name: None,
            status: Status::Untested,
            claimed: None,
            evidence: None,
            quality_tier: None,
            quality: None,
            success_rate: None,
            context_tokens: None,
            latency_ms: None,
            usd_per_1k_tokens: None,
            price: None,
            specialisation: None,
            strengths: Vec::new(),
            max_complexity: None,
            system_prompt: None,
            capabilities: Vec::new(),
            known_issues: Vec::new(),
            notes: None,
        }
    }

    /// The status where only evidence from `since` on counts: what was verified before is untested.
    #[must_use]
    pub fn status_since(&self, since: Option<Date>) -> Status {
        let date = self.evidence.as_ref().map(|evidence| evidence.date);
        if self.status == Status::Verified && date < since {
            return Status::Untested;
        }
        self.status
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Verified => "verified",
            Self::Untested => "untested",
            Self::RateLimited => "rate_limited",
            Self::Incompatible => "incompatible",
        })
    }
}

impl fmt::Display for QualityTier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        })
    }
}

impl fmt::Display for Specialisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Speed => "speed",
            Self::Quality => "quality",
            Self::Balanced => "balanced",
            Self::Reasoning => "reasoning",
        })
    }
}
