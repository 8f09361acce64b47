//! What a task wants of a model.

use deckhands_model::{Category, Complexity};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::catalogue::Specialisation;

/// What a task wants of a model.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Wish {
    /// What kind of work it is.
    pub category: Category,
    /// How hard it is thought to be.
    pub complexity: Complexity,
    /// The least quality, 0 to 1. Quality is a fifth of what a model was found to have, or by its
    /// tier: high 1, medium two thirds, low one third.
    pub quality_threshold: f64,
    /// What else it needs.
    pub needs: Needs,
}

/// Bounds on what a model may be.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Needs {
    /// The least context window in tokens.
    pub context_tokens: u32,
    /// The longest usual time of an answer in milliseconds; an answer in no time earns all points for
    /// speed, one in this time none.
    pub max_latency_ms: u32,
    /// The highest price of a thousand tokens in US dollars, where there is one; zero is free only.
    pub max_usd_per_1k_tokens: Option<f64>,
    /// What the model should be made for. Without a word of it: speed for a simple task, quality for a
    /// complex one, balanced for others.
    pub specialisation: Option<Specialisation>,
    /// Abilities that the model must have, by name.
    pub capabilities: Vec<String>,
    /// Only evidence from this day on counts; older models are untested again.
    pub evidence_since: Option<Date>,
}

impl Wish {
    /// A task of moderate complexity, quality 0.7, with the usual needs.
    #[must_use]
    pub fn of(category: Category) -> Self {
        Self {
            category,
            complexity: Complexity::default(),
            quality_threshold: 0.7,
            needs: Needs::default(),
        }
    }

    /// The specialisation that is wanted, said or not.
    pub(super) fn specialisation(&self) -> Specialisation {
        let usual = match self.complexity {
            Complexity::Simple => Specialisation::Speed,
            Complexity::Moderate => Specialisation::Balanced,
            Complexity::Complex => Specialisation::Quality,
        };
        self.needs.specialisation.unwrap_or(usual)
    }
}

impl Default for Needs {
    /// 4000 tokens of context, answers within five seconds, at any price.
    fn default() -> Self {
        Self {
            context_tokens: 4000,
            max_latency_ms: 5000,
            max_usd_per_1k_tokens: None,
            specialisation: None,
            capabilities: Vec::new(),
            evidence_since: None,
        }
    }
}
