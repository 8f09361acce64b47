//! Usage in the forms of several providers.

use serde_json::json;

use super::*;

fn tokens(input: u64, cached: u64, cache_written: u64, output: u64) -> Option<Tokens> {
    Some(Tokens {
        input,
        cached,
        cache_written,
        output,
    })
}

#[test]
fn each_providers_form_is_read() {
    let rows = [
        // OpenAI, Groq, Gemini.
        (
            json!({ "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120,
                    "prompt_tokens_details": { "cached_tokens": 64 },
                    "completion_tokens_details": { "reasoning_tokens": 15 } }),
            tokens(100, 64, 0, 20),
        ),
        // DeepSeek.
        (
            json!({ "prompt_tokens": 100, "completion_tokens": 20, "prompt_cache_hit_tokens": 30,
                    "prompt_cache_miss_tokens": 70 }),
            tokens(100, 30, 0, 20),
        ),
        // Moonshot.
        (
            json!({ "prompt_tokens": 100, "completion_tokens": 20, "cached_tokens": 10 }),
            tokens(100, 10, 0, 20),
        ),
        // xAI: 15 tokens of reasoning beside the output.
        (
            json!({ "prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 120 }),
            tokens(100, 0, 0, 20),
        ),
        // OpenRouter.
        (
            json!({ "prompt_tokens": 100, "completion_tokens": 20,
                    "prompt_tokens_details": { "cached_tokens": 0, "cache_write_tokens": 90 } }),
            tokens(100, 0, 90, 20),
        ),
        // More from the cache than there was.
        (
            json!({ "prompt_tokens": 1, "completion_tokens": 0, "cached_tokens": 10 }),
            tokens(1, 1, 0, 0),
        ),
        (json!({ "prompt_tokens": 100 }), None),
        (
            json!({ "prompt_tokens": 100, "completion_tokens": -1 }),
            None,
        ),
        (
            json!({ "prompt_tokens": "100", "completion_tokens": 1 }),
            None,
        ),
        (
            json!({ "prompt_tokens": 1.5, "completion_tokens": 1 }),
            None,
        ),
        (json!(null), None),
        (json!("many"), None),
    ];
    for (usage, expected) in rows {
        let told = Told::of_usage(&usage);
        assert_eq!(told.tokens, expected, "{usage}");
        assert_eq!(told.cost, None, "{usage}");
    }
}

#[test]
fn the_providers_own_figure_is_kept_and_no_nonsense() {
    let rows = [
        (json!({ "cost": 0.0025 }), Some(2_500_000)),
        (json!({ "cost": 1 }), Some(1_000_000_000)),
        (json!({ "cost": 0 }), Some(0)),
        (json!({ "cost": -1 }), None),
        (json!({ "cost": "0.5" }), None),
        (json!({ "cost": 1e300 }), None),
        (json!({ "cost": null }), None),
        // The user's own key at the provider behind a router.
        (
            json!({ "cost": 0.05, "is_byok": true, "cost_details": { "upstream_inference_cost": 1 } }),
            Some(1_050_000_000),
        ),
        (
            json!({ "is_byok": true, "cost_details": { "upstream_inference_cost": 0.25 } }),
            Some(250_000_000),
        ),
        (
            json!({ "cost": 0.05, "is_byok": true, "cost_details": { "upstream_inference_cost": null } }),
            None,
        ),
        (json!({ "cost": 0.05, "is_byok": true }), None),
        (
            json!({ "cost": 0.5, "is_byok": false, "cost_details": { "upstream_inference_cost": 0.5 } }),
            Some(500_000_000),
        ),
    ];
    for (usage, nanos) in rows {
        assert_eq!(
            Told::of_usage(&usage).cost,
            nanos.map(Usd::nanos),
            "{usage}"
        );
    }
}
