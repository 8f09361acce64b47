//! Calls to models as counters and histograms. Where the semantic conventions of OpenTelemetry for
//! generative AI have a name it is theirs: `gen_ai.client.token.usage` and
//! `gen_ai.client.operation.duration`, with their attributes as labels and their bounds.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use deckhands_model::{Distribution, ModelCalls, Usd};

use super::{braces, head};
use crate::metrics::sum::Sum;

/// Labels of a series. What is not known has none.
type Labels = Vec<(&'static str, String)>;

/// Whose figures have the same labels.
type Series<T> = BTreeMap<Labels, T>;

/// A figure of calls, as it is added to a series.
type Add<T> = fn(&ModelCalls) -> Vec<(Labels, T)>;

/// Microseconds in a second.
const PER_SECOND: f64 = 1e6;

/// Everything that is told of calls; nothing where there were none.
pub(super) fn put(text: &mut String, calls: &[ModelCalls]) {
    if calls.is_empty() {
        return;
    }
    token_usage(text, calls);
    duration(text, calls);
    counters(text, calls);
}

fn token_usage(text: &mut String, calls: &[ModelCalls]) {
    let mut series = Series::<Distribution>::new();
    for one in calls {
        for (kind, tokens) in [("input", &one.input), ("output", &one.output)] {
            if tokens.count() > 0 {
                let mut labels = conventional(one);
                labels.push(("gen_ai_token_type", kind.to_owned()));
                series.entry(labels).or_default().merge(tokens);
            }
        }
    }
    let name = "gen_ai_client_token_usage";
    let help = "tokens of calls that told them";
    let scale = Scale {
        bounds: &Distribution::TOKENS,
        per: 1.0,
    };
    histogram(text, (name, ""), help, &series, &scale);
}

fn duration(text: &mut String, calls: &[ModelCalls]) {
    let mut series = Series::<Distribution>::new();
    for one in calls {
        let mut labels = conventional(one);
        let cause = one.cause.map(|cause| ("error_type", cause.name()));
        labels.extend(cause);
        series.entry(labels).or_default().merge(&one.took_us);
    }
    let name = "gen_ai_client_operation_duration_seconds";
    let help = "time of calls from their arrival to their end, with all tries and waits";
    let scale = Scale {
        bounds: &Distribution::TOOK_US,
        per: PER_SECOND,
    };
    histogram(text, (name, "seconds"), help, &series, &scale);
}

fn counters(text: &mut String, calls: &[ModelCalls]) {
    let family = ("deckhands_calls", "");
    let help = "calls to models, failed ones with their cause";
    counter(
        text,
        family,
        help,
        &whole(calls, |one| {
            let mut labels = own(one);
            labels.extend(one.cause.map(|cause| ("cause", cause.name())));
            vec![(labels, one.calls)]
        }),
    );
    let family = ("deckhands_calls_failed_tries", "");
    let help = "tries of calls that failed at their route, by cause";
    counter(
        text,
        family,
        help,
        &whole(calls, |one| {
            let tries = one.failed_tries.iter();
            tries
                .map(|(cause, count)| (vec![("cause", cause.clone())], *count))
                .collect()
        }),
    );
    let family = ("deckhands_calls_cached_tokens", "");
    let help = "tokens sent that the provider had in its cache";
    counter(
        text,
        family,
        help,
        &whole(calls, |one| {
            let tokens = one.cached_tokens;
            tokens
                .map(|tokens| (own(one), tokens))
                .into_iter()
                .collect()
        }),
    );
    let family = ("deckhands_calls_cost_unknown", "");
    let help = "tries that cost, or may have cost, what nobody told";
    counter(
        text,
        family,
        help,
        &whole(calls, |one| vec![(own(one), one.cost_unknown)]),
    );
    let family = ("deckhands_calls_cost_dollars", "dollars");
    let help = "what calls are known to have cost, their failed tries included";
    counter(text, family, help, &money(calls));
    let family = ("deckhands_calls_held_seconds", "seconds");
    let help = "time for which calls were held while no route could be called";
    counter(text, family, help, &held(calls));
}

/// Sums of whole figures.
fn whole(calls: &[ModelCalls], add: Add<u64>) -> Series<u64> {
    let mut series = Series::new();
    for (labels, more) in calls.iter().flat_map(add) {
        let sum: &mut u64 = series.entry(labels).or_default();
        *sum = sum.saturating_add(more);
    }
    series
}

fn money(calls: &[ModelCalls]) -> Series<f64> {
    let mut series = Series::<Usd>::new();
    for one in calls.iter().filter(|one| one.cost_usd.is_some()) {
        let sum = series.entry(own(one)).or_default();
        *sum = sum.saturating_add(one.known_cost());
    }
    let dollars = series.into_iter();
    dollars
        .map(|(labels, sum)| (labels, sum.as_f64()))
        .collect()
}

fn held(calls: &[ModelCalls]) -> Series<f64> {
    let mut sum = Sum::default();
    calls.iter().for_each(|one| sum.add(one.held_s));
    BTreeMap::from([(Labels::new(), sum.value())])
}

/// The labels that the conventions give every figure of a call.
fn conventional(one: &ModelCalls) -> Labels {
    let mut labels = vec![("gen_ai_operation_name", "chat".to_owned())];
    if let Some(route) = &one.route {
        labels.push((
            "gen_ai_provider_name",
            provider(route.provider()).to_owned(),
        ));
        labels.push(("gen_ai_request_model", route.own_id().to_owned()));
    }
    let model = one.model.clone();
    labels.extend(model.map(|model| ("gen_ai_response_model", model)));
    labels
}

/// Our own labels.
fn own(one: &ModelCalls) -> Labels {
    let route = one.route.as_ref().map(ToString::to_string);
    let labels = [("route", route), ("model", one.model.clone())];
    let known = labels.into_iter();
    known
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What the conventions call a provider; others keep the name that they have in a model's id.
fn provider(name: &str) -> &str {
    match name {
        "azure" => "azure.ai.openai",
        "bedrock" => "aws.bedrock",
        "gemini" => "gcp.gemini",
        "vertex_ai" => "gcp.vertex_ai",
        "mistral" => "mistral_ai",
        "moonshot" => "moonshot_ai",
        "xai" => "x_ai",
        other => other,
    }
}

/// How the figures of a distribution are told: by which bounds, and how many make one of the unit.
struct Scale {
    bounds: &'static [u64],
    per: f64,
}

impl Scale {
    #[expect(
        clippy::cast_precision_loss,
        reason = "what is beyond 2^53 microseconds or tokens loses a digit that no reader has"
    )]
    fn of(&self, figure: u64) -> f64 {
        figure as f64 / self.per
    }
}

fn histogram(
    text: &mut String,
    (name, unit): (&str, &str),
    help: &str,
    series: &Series<Distribution>,
    scale: &Scale,
) {
    if series.is_empty() {
        return;
    }
    head(text, (name, "histogram", unit), help);
    for (labels, all) in series {
        let mut below = 0;
        for (place, bound) in scale.bounds.iter().enumerate() {
            below += all.counts.get(place).copied().unwrap_or(0);
            // With a point: so do the conventions of the format write a bound.
            let bound = format!("{:?}", scale.of(*bound));
            bucket(text, name, labels, &bound, below);
        }
        bucket(text, name, labels, "+Inf", all.count());
        let labels = braced(labels, None);
        let _ = writeln!(text, "{name}_count{labels} {}", all.count());
        let _ = writeln!(text, "{name}_sum{labels} {}", scale.of(all.sum));
    }
}

fn bucket(text: &mut String, name: &str, labels: &Labels, bound: &str, count: u64) {
    let labels = braced(labels, Some(("le", bound)));
    let _ = writeln!(text, "{name}_bucket{labels} {count}");
}

fn counter<T: Display>(
    text: &mut String,
    (name, unit): (&str, &str),
    help: &str,
    series: &Series<T>,
) {
    if series.is_empty() {
        return;
    }
    head(text, (name, "counter", unit), help);
    for (labels, sum) in series {
        let _ = writeln!(text, "{name}_total{} {sum}", braced(labels, None));
    }
}

fn braced(labels: &Labels, more: Option<(&str, &str)>) -> String {
    let own = labels.iter().map(|(name, value)| (*name, value.as_str()));
    braces(own.chain(more))
}

#[cfg(test)]
mod tests;
