//! The points that a model earns for a wish.

use std::fmt;

use deckhands_model::Complexity;
use serde::{Deserialize, Serialize};

use super::wish::Wish;
use crate::catalogue::{ModelEntry, QualityTier, Status};

const RELIABILITY: f64 = 30.0;
const SPECIALISATION: f64 = 10.0;
const STRENGTH: f64 = 10.0;

/// What points are given for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// How good its work is.
    Quality,
    /// How often it completes a task, or whether it is known to work.
    Reliability,
    /// How fast it answers.
    Speed,
    /// Whether it is made for what is wanted.
    Specialisation,
    /// Whether it is good at this kind of work.
    Strength,
}

/// Points with their reason.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Points {
    /// What for.
    pub about: About,
    /// How many.
    pub points: f64,
    /// How many there could be.
    pub most: f64,
    /// Why so many, as a fragment for people.
    pub why: String,
}

/// All points of a model that can serve the wish.
pub(super) fn points(entry: &ModelEntry, wish: &Wish) -> Vec<Points> {
    let (quality_most, speed_most) = match wish.complexity {
        Complexity::Simple => (30.0, 30.0),
        Complexity::Moderate => (40.0, 20.0),
        Complexity::Complex => (50.0, 10.0),
    };
    let none = || (0.0, "not known".to_owned());
    vec![
        share(
            About::Quality,
            quality_most,
            quality(entry).unwrap_or_else(none),
        ),
        share(About::Reliability, RELIABILITY, reliability(entry, wish)),
        share(
            About::Speed,
            speed_most,
            speed(entry, wish).unwrap_or_else(none),
        ),
        share(About::Specialisation, SPECIALISATION, made_for(entry, wish)),
        share(About::Strength, STRENGTH, good_at(entry, wish)),
    ]
}

/// A share of the points, 0 to 1, with its reason.
type Share = (f64, String);

/// The quality of a model, where known: what it was found to have, or else by its tier.
pub(super) fn quality(entry: &ModelEntry) -> Option<Share> {
    if let Some(found) = entry.quality {
        return Some((found / 5.0, format!("found to be {found} of 5")));
    }
    let tier = entry.quality_tier?;
    let points = match tier {
        QualityTier::High => 30.0,
        QualityTier::Medium => 20.0,
        QualityTier::Low => 10.0,
    };
    Some((points / 30.0, format!("tier {tier}")))
}

/// What was measured; else by status.
fn reliability(entry: &ModelEntry, wish: &Wish) -> Share {
    if let Some(rate) = entry.success_rate {
        return (
            rate,
            format!("completes {:.0} % of its tasks", rate * 100.0),
        );
    }
    let status = entry.status_since(wish.needs.evidence_since);
    let share = match status {
        Status::Verified => 1.0,
        Status::Untested => 0.5,
        Status::RateLimited => 0.25,
        Status::Incompatible => 0.0,
    };
    (share, format!("{status}, nothing measured"))
}

fn speed(entry: &ModelEntry, wish: &Wish) -> Option<Share> {
    let latency = entry.latency_ms?;
    let slowest = wish.needs.max_latency_ms.max(1);
    let share = (1.0 - f64::from(latency) / f64::from(slowest)).max(0.0);
    Some((share, format!("usually answers in {latency} ms")))
}

fn made_for(entry: &ModelEntry, wish: &Wish) -> Share {
    let wanted = wish.specialisation();
    match entry.specialisation {
        Some(own) if own == wanted => (1.0, format!("made for {wanted}")),
        Some(own) => (0.0, format!("made for {own}, {wanted} is wanted")),
        None => (0.0, "not known".to_owned()),
    }
}

fn good_at(entry: &ModelEntry, wish: &Wish) -> Share {
    let category = wish.category;
    if entry.strengths.contains(&category) {
        return (1.0, format!("good at {category}"));
    }
    (0.0, format!("not known to be good at {category}"))
}

fn share(about: About, most: f64, (share, why): Share) -> Points {
    Points {
        about,
        points: share * most,
        most,
        why,
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            about,
            points,
            most,
            why,
        } = self;
        write!(f, "{about} {points:.1} of {most:.0}: {why}")
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Quality => "quality",
            Self::Reliability => "reliability",
            Self::Speed => "speed",
            Self::Specialisation => "specialisation",
            Self::Strength => "strength",
        })
    }
}
