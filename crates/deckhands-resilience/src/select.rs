//! Which model a task gets, and why.
//!
//! [`select`] refuses the models that cannot serve the wish, scores the others and ranks them; the
//! first is chosen. The same catalogue, wish and health give the same answer, and every point and
//! every refusal has its reason. The ranked models are also the routes to fall back to, in order.
//!
//! What is not known earns no points for it, but refuses a model only where the wish could not be
//! kept otherwise: quality, a bounded price and capabilities must be known, context and latency need
//! not.

mod fit;
mod score;
mod wish;

use deckhands_model::ModelId;
use serde::Serialize;

use crate::catalogue::{Catalogue, ModelEntry};

pub use fit::WhyNot;
pub use score::{About, Points};
pub use wish::{Needs, Wish};

/// The answer of [`select`].
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Selection {
    /// The first of the ranked models, where there is one.
    pub chosen: Option<ModelId>,
    /// The models that can serve the wish, best first.
    pub ranked: Vec<Scored>,
    /// The other models, in the order of the catalogue.
    pub refused: Vec<Refusal>,
}

/// A model that can serve the wish.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Scored {
    /// Which.
    pub model: ModelId,
    /// The sum of its points, 0 to 110.
    pub score: f64,
    /// What it earned points for, or none.
    pub reasons: Vec<Points>,
    /// What else a person should know of it, a line each.
    pub notes: Vec<String>,
}

/// A model that cannot serve the wish.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Refusal {
    /// Which.
    pub model: ModelId,
    /// Why; the health of its route comes last, so one that is only left alone would do otherwise.
    pub reason: WhyNot,
}

/// Chooses a model. `healthy` says whether a model's route may be called now.
///
/// Points: quality up to 40, reliability up to 30, speed up to 20, and 10 each for the wanted
/// specialisation and for a strength in the category. For a simple task ten of quality's points go to
/// speed, for a complex one ten of speed's go to quality. Equal scores: the cheaper first, then in the
/// order of the catalogue.
#[must_use]
pub fn select(catalogue: &Catalogue, wish: &Wish, healthy: impl Fn(&ModelId) -> bool) -> Selection {
    let (mut fitting, mut refused) = (Vec::new(), Vec::new());
    for entry in catalogue.entries() {
        let model = &entry.id;
        match fit::why_not(entry, wish) {
            None if healthy(model) => fitting.push((scored(entry, wish), price(entry))),
            None => refused.push(refusal(model, WhyNot::LeftAlone)),
            Some(reason) => refused.push(refusal(model, reason)),
        }
    }
    fitting.sort_by(|(a, cost_a), (b, cost_b)| {
        let by_score = b.score.total_cmp(&a.score);
        by_score.then(cost_a.total_cmp(cost_b))
    });
    let ranked: Vec<_> = fitting.into_iter().map(|(scored, _)| scored).collect();
    Selection {
        chosen: ranked.first().map(|best| best.model.clone()),
        ranked,
        refused,
    }
}

fn scored(entry: &ModelEntry, wish: &Wish) -> Scored {
    let reasons = score::points(entry, wish);
    let unknown_context = entry.context_tokens.is_none();
    let note = unknown_context.then(|| "its context window is not known".to_owned());
    Scored {
        model: entry.id.clone(),
        score: reasons.iter().map(|part| part.points).sum(),
        reasons,
        notes: note.into_iter().chain(entry.known_issues.clone()).collect(),
    }
}

fn refusal(model: &ModelId, reason: WhyNot) -> Refusal {
    Refusal {
        model: model.clone(),
        reason,
    }
}

/// An unknown price counts as the highest.
fn price(entry: &ModelEntry) -> f64 {
    entry.usd_per_1k_tokens.unwrap_or(f64::INFINITY)
}

#[cfg(test)]
mod tests;
