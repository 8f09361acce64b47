//! A catalogue file as it is written, and its checks.

use std::collections::BTreeMap;
use std::ops::Range;

use deckhands_model::{Category, Complexity, ModelId, TaskState};
use serde::Deserialize;
use toml::Spanned;

use super::entry::{Evidence, ModelEntry, QualityTier, Specialisation, Status, TokenPrice};
use super::error::{CatalogueError, Fault};
use super::place;

/// The form of the file that is read here.
const VERSION: u32 = 1;

/// Most dollars that a million tokens may cost: a dollar a token.
const MOST_PER_MILLION: f64 = 1e6;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    version: Option<Spanned<u32>>,
    /// For people only, as is `description`.
    #[serde(rename = "last_updated")]
    _last_updated: Option<String>,
    #[serde(rename = "description")]
    _description: Option<String>,
    #[serde(default)]
    models: Vec<Spanned<RawEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: Option<Spanned<String>>,
    display_name: Option<String>,
    status: Option<Spanned<Status>>,
    claimed: Option<Status>,
    evidence: Option<Evidence>,
    quality_tier: Option<QualityTier>,
    quality: Option<Spanned<f64>>,
    success_rate: Option<Spanned<f64>>,
    context_tokens: Option<Spanned<u32>>,
    latency_ms: Option<Spanned<u32>>,
    usd_per_1k_tokens: Option<Spanned<f64>>,
    usd_per_mtok_input: Option<Spanned<f64>>,
    usd_per_mtok_output: Option<Spanned<f64>>,
    usd_per_mtok_cached: Option<Spanned<f64>>,
    specialisation: Option<Specialisation>,
    #[serde(default)]
    strengths: Vec<Category>,
    max_complexity: Option<Complexity>,
    system_prompt: Option<bool>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    known_issues: Vec<String>,
    notes: Option<String>,
}

/// All entries of a file.
///
/// # Errors
/// The first fault, with its line and field.
pub(super) fn entries(text: &str) -> Result<Vec<ModelEntry>, CatalogueError> {
    let file: RawFile = toml::from_str(text).map_err(|error| malformed(text, &error))?;
    let Some(version) = file.version else {
        return Err(fault(text, 0..0, "version", Fault::Missing));
    };
    if *version.get_ref() != VERSION {
        let found = *version.get_ref();
        let known = VERSION;
        let wrong = Fault::Version { found, known };
        return Err(fault(text, version.span(), "version", wrong));
    }
    let mut lines = BTreeMap::new();
    let mut entries = Vec::new();
    for raw in file.models {
        let (entry, place) = checked(text, raw)?;
        let line = place::line(text, place.start);
        if let Some(first) = lines.insert(entry.id.clone(), line) {
            return Err(fault(text, place, "id", Fault::Duplicate { first }));
        }
        entries.push(entry);
    }
    Ok(entries)
}

/// One entry, and where its id stands.
fn checked(
    text: &str,
    raw: Spanned<RawEntry>,
) -> Result<(ModelEntry, Range<usize>), CatalogueError> {
    let place = raw.span();
    let raw = raw.into_inner();
    let Some(id) = raw.id else {
        return Err(fault(text, place, "id", Fault::Missing));
    };
    let place = id.span();
    let id = ModelId::resolve(id.get_ref())
        .map_err(|error| fault(text, place.clone(), "id", Fault::Id(error)))?;
    let evident = raw
        .evidence
        .as_ref()
        .is_some_and(|evidence| evidence.outcome == TaskState::Completed);
    if let Some(status) = &raw.status
        && *status.get_ref() == Status::Verified
        && !evident
    {
        return Err(fault(text, status.span(), "status", Fault::NoEvidence));
    }
    let figure = |field, value, least, most| figure(text, field, value, least, most);
    let of_tokens = |field, value| figure(field, value, 0.0, MOST_PER_MILLION);
    let price = (
        of_tokens("usd_per_mtok_input", raw.usd_per_mtok_input)?,
        of_tokens("usd_per_mtok_output", raw.usd_per_mtok_output)?,
        of_tokens("usd_per_mtok_cached", raw.usd_per_mtok_cached)?,
    );
    let price =
        price_of(price).map_err(|field| fault(text, place.clone(), field, Fault::Missing))?;
    let entry = ModelEntry {
        id,
        display_name: raw.display_name,
        status: raw.status.map(Spanned::into_inner).unwrap_or_default(),
        claimed: raw.claimed,
        evidence: raw.evidence,
        quality_tier: raw.quality_tier,
        quality: figure("quality", raw.quality, 0.0, 5.0)?,
        success_rate: figure("success_rate", raw.success_rate, 0.0, 1.0)?,
        context_tokens: count(text, "context_tokens", raw.context_tokens)?,
        latency_ms: count(text, "latency_ms", raw.latency_ms)?,
        usd_per_1k_tokens: figure("usd_per_1k_tokens", raw.usd_per_1k_tokens, 0.0, 1000.0)?,
        price,
        specialisation: raw.specialisation,
        strengths: raw.strengths,
        max_complexity: raw.max_complexity,
        system_prompt: raw.system_prompt,
        capabilities: raw.capabilities,
        known_issues: raw.known_issues,
        notes: raw.notes,
    };
    Ok((entry, place))
}

/// A price by kinds of tokens: input and output, or nothing of it.
///
/// # Errors
/// The field that is missing.
fn price_of(
    told: (Option<f64>, Option<f64>, Option<f64>),
) -> Result<Option<TokenPrice>, &'static str> {
    match told {
        (None, None, None) => Ok(None),
        (Some(input), Some(output), cached) => Ok(Some(TokenPrice {
            input,
            output,
            cached,
        })),
        (None, _, _) => Err("usd_per_mtok_input"),
        (Some(_), None, _) => Err("usd_per_mtok_output"),
    }
}

fn figure(
    text: &str,
    field: &str,
    value: Option<Spanned<f64>>,
    least: f64,
    most: f64,
) -> Result<Option<f64>, CatalogueError> {
    let Some(value) = value else {
        return Ok(None);
    };
    let (place, value) = (value.span(), value.into_inner());
    if (least..=most).contains(&value) {
        return Ok(Some(value));
    }
    let wrong = Fault::OutOfBounds { value, least, most };
    Err(fault(text, place, field, wrong))
}

/// A whole number above zero.
fn count(
    text: &str,
    field: &str,
    value: Option<Spanned<u32>>,
) -> Result<Option<u32>, CatalogueError> {
    let Some(value) = value else {
        return Ok(None);
    };
    if *value.get_ref() > 0 {
        return Ok(Some(value.into_inner()));
    }
    let wrong = Fault::OutOfBounds {
        value: 0.0,
        least: 1.0,
        most: u32::MAX.into(),
    };
    Err(fault(text, value.span(), field, wrong))
}

fn malformed(text: &str, error: &toml::de::Error) -> CatalogueError {
    let start = error.span().map_or(0, |span| span.start);
    CatalogueError {
        line: place::line(text, start),
        field: place::field(text, error.span()),
        fault: Fault::Malformed(error.message().to_owned()),
    }
}

fn fault(text: &str, place: Range<usize>, field: &str, fault: Fault) -> CatalogueError {
    CatalogueError {
        line: place::line(text, place.start),
        field: field.to_owned(),
        fault,
    }
}
