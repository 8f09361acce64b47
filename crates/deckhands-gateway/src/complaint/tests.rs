//! Error bodies of all forms, and the words that tell a request is too long.

use serde_json::json;

use super::*;

fn check(body: &Value, words: &str, code: Option<u16>) {
    let complaint = Complaint::of_body(body.to_string().as_bytes());
    assert_eq!(
        (complaint.words.as_str(), complaint.code),
        (words, code),
        "{body}"
    );
}

#[test]
fn words_and_code_are_found_in_every_form() {
    check(
        &json!({ "error": { "message": "m", "code": 402 } }),
        "m",
        Some(402),
    );
    check(
        &json!({ "error": { "message": "m", "code": "402" } }),
        "m",
        Some(402),
    );
    check(
        &json!({ "error": { "message": "m", "code": "word", "type": "t" } }),
        "m",
        None,
    );
    check(
        &json!({ "error": { "message": "m", "metadata": { "raw": "r" } } }),
        "m: r",
        None,
    );
    check(&json!({ "error": "m" }), "m", None);
    check(
        &json!([{ "error": { "message": "m", "code": 429 } }]),
        "m",
        Some(429),
    );
    check(
        &json!({ "object": "error", "message": "m", "code": 400 }),
        "m",
        Some(400),
    );
    check(&json!({ "detail": "m" }), "m", None);
    check(&json!("m"), "m", None);
    check(&json!({ "error": { "code": 7 } }), "", None);
    check(&json!({ "error": null, "message": [1] }), "", None);
    let html = Complaint::of_body(b" <html>\xff</html>\n");
    assert_eq!(html.words, "<html>\u{fffd}</html>");
}

#[test]
fn of_a_long_body_only_the_beginning_is_read() {
    let long = json!({ "error": { "message": "m".repeat(LONGEST_READ), "code": 402 } });
    let text = long.to_string();
    let complaint = Complaint::of_body(text.as_bytes());
    assert_eq!(complaint.words, text[..LONGEST_READ]);
    assert_eq!(complaint.code, None);
    let blank = format!("{}x", " ".repeat(LONGEST_READ));
    assert_eq!(Complaint::of_body(blank.as_bytes()).words, "");
}

#[test]
fn a_request_that_is_too_long_is_known_by_its_words() {
    let long = [
        json!({ "error": { "message": "This model's Maximum Context Length is 8192 tokens." } }),
        json!({ "error": { "message": "m", "code": "context_length_exceeded" } }),
        json!({ "error": { "message": "m", "type": "exceed_context_size_error" } }),
        json!({ "error": { "message": "Provider returned error", "metadata": { "raw": "prompt is too long: 9" } } }),
        json!({ "error": { "message": "The input token count (9) exceeds the maximum" } }),
        json!({ "error": "input exceeds the context window of this model" }),
    ];
    for body in long {
        assert!(
            Complaint::of_body(body.to_string().as_bytes()).is_too_long(),
            "{body}"
        );
    }
    let other = [
        json!({ "error": { "message": "x is not a valid model ID" } }),
        json!({ "error": { "message": "m" }, "request": "maximum context length" }),
    ];
    for body in other {
        assert!(
            !Complaint::of_body(body.to_string().as_bytes()).is_too_long(),
            "{body}"
        );
    }
}

#[test]
fn an_empty_purse_is_known_by_its_kind_only() {
    let rows = [
        (json!({ "error": { "code": "insufficient_quota" } }), true),
        (
            json!({ "error": { "type": "insufficient_quota", "code": null } }),
            true,
        ),
        (
            json!({ "error": { "code": "billing_hard_limit_reached" } }),
            true,
        ),
        (
            json!({ "error": { "code": "rate_limit_exceeded", "message": "see your billing details" } }),
            false,
        ),
    ];
    for (body, empty) in rows {
        let complaint = Complaint::of_body(body.to_string().as_bytes());
        assert_eq!(complaint.is_out_of_quota(), empty, "{body}");
    }
}

#[test]
fn the_reset_is_found_whatever_its_case_and_type() {
    let rows = [
        (
            json!({ "X-RateLimit-Reset": "1790000000000" }),
            Some(1_790_000_000_000),
        ),
        (json!({ "x-ratelimit-reset": 5 }), Some(5)),
        (json!({ "X-RateLimit-Reset": "soon" }), None),
        (json!({ "X-RateLimit-Reset": -1 }), None),
        (json!(["X-RateLimit-Reset"]), None),
    ];
    for (headers, reset) in rows {
        let error = json!({ "metadata": { "headers": headers } });
        assert_eq!(Complaint::of_error(&error).reset, reset, "{error}");
    }
}

#[test]
fn too_much_to_do_is_known_by_status_and_words() {
    let rows = [
        (429, "Rate limit reached for the model", true),
        (529, "Overloaded", true),
        (
            503,
            "The engine is currently overloaded, please try again later",
            true,
        ),
        (
            503,
            "The model is overloaded. Please try again later.",
            true,
        ),
        (503, "This model is experiencing High Demand.", true),
        (
            503,
            "No available model provider that meets your routing requirements",
            false,
        ),
        (503, "<h1>Service Temporarily Unavailable</h1>", false),
        (500, "overloaded", false),
        (402, "too many requests", false),
    ];
    for (status, words, busy) in rows {
        let complaint = Complaint::of_body(words.as_bytes());
        assert_eq!(complaint.is_busy(status), busy, "{status} {words}");
    }
}
