//! The price of one model: read from its entry in the list, written as a line of the table.

use serde_json::Value;

/// Sizes of prompts from which on some models have a second price, with the list's names for it.
const LONG: [(u64, &str); 2] = [(128_000, "128k"), (200_000, "200k")];

/// US dollars for a million tokens, or for a request.
#[derive(Default, Debug, PartialEq)]
pub(super) struct Price {
    input: f64,
    cached: Option<f64>,
    cache_write: Option<f64>,
    output: f64,
    request: Option<f64>,
    /// Above so many tokens of input: input, output, input into the cache.
    long: Option<(u64, f64, f64, Option<f64>)>,
}

impl Price {
    /// Of an entry of the list; none where it has no certain price for text.
    pub(super) fn read(name: &str, entry: &Value) -> Option<Self> {
        let figure = |key: &str| entry[key].as_f64().filter(|usd| *usd > 0.0);
        let per_million = |key: &str| figure(key).map(|usd| rounded_up(usd * 1e6));
        let searches = name.starts_with("perplexity/sonar") || name.contains("search");
        let search = entry["search_context_cost_per_query"].as_object();
        let search = search.into_iter().flat_map(|sizes| sizes.values());
        let search = search.filter_map(Value::as_f64).reduce(f64::max);
        let request = figure("input_cost_per_request").max_of(search.filter(|_| searches));
        let online = name.ends_with("-online") && request.is_none();
        if online || figure("citation_cost_per_token").is_some() {
            return None;
        }
        let long = LONG.iter().find_map(|(above, size)| {
            let input = per_million(&format!("input_cost_per_token_above_{size}_tokens"))?;
            let output = per_million(&format!("output_cost_per_token_above_{size}_tokens"))?;
            let write = per_million(&format!(
                "cache_creation_input_token_cost_above_{size}_tokens"
            ));
            Some((
                *above,
                input,
                output,
                write.or_else(|| into_cache(name, input)),
            ))
        });
        let output = per_million("output_cost_per_token")?;
        let thought = per_million("output_cost_per_reasoning_token");
        let cached = per_million("cache_read_input_token_cost");
        let input = per_million("input_cost_per_token")?;
        let written = per_million("cache_creation_input_token_cost");
        Some(Self {
            input,
            cached: cached.or_else(|| per_million("input_cost_per_token_cache_hit")),
            cache_write: written.or_else(|| into_cache(name, input)),
            output: thought.map_or(output, |thought| thought.max(output)),
            request,
            long,
        })
    }

    pub(super) fn line(&self) -> String {
        let mut fields = format!("input = {:?}, output = {:?}", self.input, self.output);
        let more = [
            ("cached", self.cached),
            ("cache_write", self.cache_write),
            ("request", self.request),
        ];
        for (name, figure) in more {
            fields.extend(figure.map(|figure| format!(", {name} = {figure:?}")));
        }
        fields.extend(self.long.map(|(above, input, output, cache_write)| {
            let more = cache_write.map(|write| format!(", cache_write = {write:?}"));
            let more = more.unwrap_or_default();
            format!(", long = {{ above = {above}, input = {input:?}, output = {output:?}{more} }}")
        }));
        format!("{{ {fields} }}")
    }

    /// The dearer of two, field by field; a discount that only one knows of is none.
    pub(super) fn or_dearer(self, other: Self) -> Self {
        Self {
            input: self.input.max(other.input),
            cached: self.cached.zip(other.cached).map(|(a, b)| a.max(b)),
            cache_write: self.cache_write.max_of(other.cache_write),
            output: self.output.max(other.output),
            request: self.request.max_of(other.request),
            long: self.long.or(other.long),
        }
    }
}

trait MaxOf {
    fn max_of(self, other: Self) -> Self;
}

impl MaxOf for Option<f64> {
    fn max_of(self, other: Self) -> Self {
        self.into_iter().chain(other).reduce(f64::max)
    }
}

/// Anthropic's price for input that is put into the cache for five minutes, where the list has none: a quarter
/// more than for other input.
fn into_cache(name: &str, input: f64) -> Option<f64> {
    name.contains("anthropic/")
        .then(|| rounded_up(input * 1.25))
}

/// To the sixth digit behind the point, upwards; what differs by an error of floats is the same.
fn rounded_up(usd: f64) -> f64 {
    let micro = usd * 1e6;
    let nearest = micro.round();
    let up = if (micro - nearest).abs() < 1e-6 {
        nearest
    } else {
        micro.ceil()
    };
    up / 1e6
}
