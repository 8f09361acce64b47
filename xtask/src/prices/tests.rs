//! What of a list of prices gets into the table, and how.

use serde_json::json;

use super::*;

fn lines(list: Value) -> Vec<String> {
    let list: BTreeMap<String, Value> = serde_json::from_value(list).unwrap();
    let models = models(&list);
    models
        .iter()
        .map(|(id, price)| format!("{id} {}", price.line()))
        .collect()
}

fn entry(provider: &str, input: f64, output: f64) -> Value {
    json!({
        "litellm_provider": provider,
        "mode": "chat",
        "input_cost_per_token": input,
        "output_cost_per_token": output,
    })
}

fn with(mut entry: Value, more: &Value) -> Value {
    let fields = entry.as_object_mut().unwrap();
    fields.extend(more.as_object().unwrap().clone());
    entry
}

#[test]
fn a_price_is_told_for_a_million_tokens() {
    let list = json!({
        "gpt-5": with(entry("openai", 1.25e-6, 1e-5), &json!({ "cache_read_input_token_cost": 1.25e-7 })),
        "xai/grok-4": with(entry("xai", 3e-6, 1.5e-5), &json!({
            "input_cost_per_token_above_128k_tokens": 6e-6,
            "output_cost_per_token_above_128k_tokens": 3e-5,
        })),
        "perplexity/sonar": with(entry("perplexity", 1e-6, 1e-6), &json!({
            "search_context_cost_per_query": { "low": 0.005, "high": 0.012 },
        })),
        "openrouter/anthropic/claude": with(entry("openrouter", 3e-6, 1.5e-5), &json!({
            "input_cost_per_token_above_200k_tokens": 6e-6,
            "output_cost_per_token_above_200k_tokens": 2.25e-5,
        })),
        "gemini/thinks": with(entry("gemini", 1.5e-7, 6e-7), &json!({
            "output_cost_per_reasoning_token": 3.5e-6,
        })),
    });
    let expected = [
        "gemini/thinks { input = 0.15, output = 3.5 }",
        "openai/gpt-5 { input = 1.25, output = 10.0, cached = 0.125 }",
        "openrouter/anthropic/claude { input = 3.0, output = 15.0, cache_write = 3.75, \
         long = { above = 200000, input = 6.0, output = 22.5, cache_write = 7.5 } }",
        "perplexity/sonar { input = 1.0, output = 1.0, request = 0.012 }",
        "xai/grok-4 { input = 3.0, output = 15.0, long = { above = 128000, input = 6.0, output = 30.0 } }",
    ];
    assert_eq!(lines(list), expected);
}

#[test]
fn what_has_no_certain_price_for_text_is_left_out() {
    let list = json!({
        "anthropic/claude": entry("anthropic", 3e-6, 1.5e-5),
        "ft:gpt-4o": entry("openai", 3e-6, 1.5e-5),
        "gpt-4o-audio-preview": entry("openai", 3e-6, 1.5e-5),
        "openrouter/x/y:free": entry("openrouter", 0.0, 0.0),
        "gemini/experiment": entry("gemini", 0.0, 0.0),
        "groq/one-sided": entry("groq", 0.0, 1e-6),
        "perplexity/llama-online": entry("perplexity", 1e-6, 1e-6),
        "groq/no-chat": with(entry("groq", 1e-6, 1e-6), &json!({ "mode": "embedding" })),
        "perplexity/deep": with(entry("perplexity", 1e-6, 1e-6), &json!({ "citation_cost_per_token": 2e-6 })),
    });
    assert_eq!(lines(list), [""; 0]);
}

#[test]
fn of_two_entries_for_one_model_the_dearer_counts() {
    let hit = json!({ "cache_read_input_token_cost": 6e-8 });
    let list = json!({
        "deepseek-chat": with(entry("deepseek", 6e-7, 1.7e-6), &hit),
        "deepseek/deepseek-chat": with(entry("deepseek", 2.7e-7, 2e-6), &json!({
            "input_cost_per_token_cache_hit": 7e-8,
        })),
    });
    let expected = ["deepseek/deepseek-chat { input = 0.6, output = 2.0, cached = 0.07 }"];
    assert_eq!(lines(list), expected);
}
