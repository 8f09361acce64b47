//! The form of answers.

use super::*;

#[test]
fn an_error_has_the_form_of_openai() {
    let answer = Answer::error(503, "a \"word\"").with_pause(Some(Duration::from_millis(1500)));
    assert_eq!(answer.headers["retry-after"], "2");
    let json: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(json["error"]["message"], "a \"word\"");
    assert_eq!(json["error"]["type"], "service_unavailable_error");
    assert_eq!(json["error"]["code"], 503);
    let response = answer.into_response();
    assert_eq!(response.status(), 503);
    assert_eq!(response.headers()["content-type"], "application/json");
}

#[test]
fn a_pause_is_never_longer_than_a_minute() {
    let day = Some(Duration::from_secs(24 * 60 * 60));
    let answer = Answer::error(503, "x").with_pause(day);
    assert_eq!(answer.headers["retry-after"], "60");
    assert!(
        Answer::error(503, "x")
            .with_pause(None)
            .headers
            .get("retry-after")
            .is_none()
    );
}

#[test]
fn a_cost_is_written_without_an_exponent() {
    let rows = [
        (0.0, "0"),
        (0.0012, "0.0012"),
        (1e-9, "0.000000001"),
        (12.5, "12.5"),
    ];
    for (cost, text) in rows {
        let answer = Answer::json(200, "{}").with_cost(Some(cost));
        assert_eq!(answer.headers["x-litellm-response-cost"], text);
    }
    assert!(
        Answer::json(200, "{}")
            .with_cost(None)
            .headers
            .get(COST)
            .is_none()
    );
}
