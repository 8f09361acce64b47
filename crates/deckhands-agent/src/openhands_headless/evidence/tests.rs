//! Which state counts, and what is kept.

use std::time::Duration;

use deckhands_model::{AgentState, CallAccount, Cause, GatewayFact, Usage};

use super::Evidence;
use crate::adapter::EventFile;
use crate::openhands_headless::event::{parse, translate};
use crate::openhands_headless::log_line::{LogFact, RunError};

fn take(evidence: &mut Evidence, json: &str) {
    let stored = parse(EventFile {
        number: 0,
        bytes: json.as_bytes(),
    })
    .unwrap();
    evidence.event(&translate(0, &stored), &stored);
}

#[test]
fn the_log_is_second_and_never_says_finished() {
    use AgentState::{AwaitingInput, Errored, Finished, RateLimited, Starting, Working};
    let rows = [
        (None, None, Starting),
        (None, Some(Working), Working),
        (None, Some(Finished), Working),
        (None, Some(RateLimited), RateLimited),
        (Some("running"), None, Working),
        (Some("running"), Some(Errored), Errored),
        (Some("running"), Some(Finished), Working),
        (Some("running"), Some(AwaitingInput), Working),
        (Some("awaiting_user_input"), Some(Working), AwaitingInput),
        (Some("finished"), Some(Errored), Finished),
        (Some("error"), Some(Finished), Errored),
        (Some("rate_limited"), Some(Working), RateLimited),
    ];
    for (stored, logged, expected) in rows {
        let mut evidence = Evidence::default();
        if let Some(word) = stored {
            let json = format!(
                r#"{{"observation":"agent_state_changed","extras":{{"agent_state":"{word}"}}}}"#
            );
            take(&mut evidence, &json);
        }
        if let Some(state) = logged {
            evidence.log_fact(&LogFact::State(state));
        }
        assert_eq!(evidence.state(), expected, "{stored:?} {logged:?}");
    }
}

#[test]
fn the_answer_is_the_last_word_and_bounded() {
    let mut evidence = Evidence::default();
    take(
        &mut evidence,
        r#"{"action":"finish","args":{"final_thought":" ","thought":"thought\u001b[1m\nhere"}}"#,
    );
    assert_eq!(evidence.answer, "thought\nhere");
    let long = format!(
        r#"{{"action":"finish","args":{{"final_thought":"{}"}}}}"#,
        "ä".repeat(100_000)
    );
    take(&mut evidence, &long);
    assert_eq!(evidence.answer.len(), 64 << 10);
}

fn exception(line: &str) -> LogFact {
    LogFact::Exception(line.to_owned())
}

#[test]
fn a_long_chain_keeps_its_beginning_and_its_end() {
    let mut evidence = Evidence::default();
    for number in 0..100 {
        evidence.log_fact(&exception(&format!("E{number}")));
    }
    let kept = evidence.fatal();
    assert_eq!(kept.len(), 16);
    assert_eq!(kept.first().map(String::as_str), Some("E0"));
    assert_eq!(kept.last().map(String::as_str), Some("E99"));
}

#[test]
fn what_was_not_caught_counts_and_else_only_what_came_before_the_work() {
    let working = LogFact::State(AgentState::Working);
    let uncaught =
        |chain: &[&str]| LogFact::Uncaught(chain.iter().map(|line| (*line).to_owned()).collect());
    let rows: [(Vec<LogFact>, &[&str]); 6] = [
        (vec![exception("a"), exception("b")], &["a", "b"]),
        (vec![exception("a"), working.clone()], &[]),
        (vec![working.clone(), exception("a")], &[]),
        (
            vec![exception("a"), uncaught(&["X"]), exception("b")],
            &["X"],
        ),
        // The text form: the traceback follows.
        (vec![exception("a"), uncaught(&[]), exception("b")], &["b"]),
        (vec![working, uncaught(&["X", "Y"])], &["X", "Y"]),
    ];
    for (facts, expected) in rows {
        let mut evidence = Evidence::default();
        facts.iter().for_each(|fact| evidence.log_fact(fact));
        assert_eq!(evidence.fatal(), expected, "{facts:?}");
    }
}

#[test]
fn the_last_verdict_counts() {
    use AgentState::{Errored, Finished, RateLimited, Stopped, Working};
    let rows: [(&[&str], AgentState); 9] = [
        (&["running", "finished"], Finished),
        (&["finished", "stopped"], Finished),
        (&["finished", "paused"], Finished),
        (&["finished", "error"], Errored),
        (&["error", "finished"], Errored),
        (&["error", "running", "finished"], Finished),
        (&["rate_limited", "finished"], RateLimited),
        (&["stopped"], Stopped),
        (&["finished", "running"], Working),
    ];
    for (words, expected) in rows {
        let mut evidence = Evidence::default();
        for word in words {
            let json = format!(
                r#"{{"observation":"agent_state_changed","extras":{{"agent_state":"{word}"}}}}"#
            );
            take(&mut evidence, &json);
        }
        assert_eq!(evidence.state(), expected, "{words:?}");
    }
}

#[test]
fn work_that_goes_on_takes_back_what_was_said_before() {
    let mut evidence = Evidence::default();
    for fact in [
        LogFact::RunError(RunError {
            text: "a".to_owned(),
            answer: String::new(),
        }),
        LogFact::Status("b".to_owned()),
        LogFact::LimitsHit,
        LogFact::State(AgentState::Errored),
    ] {
        evidence.log_fact(&fact);
    }
    assert_eq!(
        (
            evidence.run_error.as_ref().map(|error| error.text.as_str()),
            evidence.reason()
        ),
        (Some("a"), "b")
    );
    evidence.log_fact(&LogFact::State(AgentState::Working));
    assert_eq!(
        (
            evidence.run_error.as_ref().map(|error| error.text.as_str()),
            evidence.reason()
        ),
        (None, "")
    );
    assert!(!evidence.limits_hit);
}

#[test]
fn a_reason_is_kept_long_enough_for_a_provider_s_body() {
    let mut evidence = Evidence::default();
    let long = "x".repeat(20_000);
    take(
        &mut evidence,
        &format!(
            r#"{{"observation":"agent_state_changed","extras":{{"agent_state":"error","reason":"{long}"}}}}"#
        ),
    );
    take(
        &mut evidence,
        r#"{"observation":"agent_state_changed","extras":{"agent_state":"error","reason":""}}"#,
    );
    assert_eq!(evidence.reason(), long);
}

/// A call that was given up, or was served; `gave_up` as the gateway says it.
fn call(number: u64, cause: Option<Cause>, gave_up: bool) -> GatewayFact {
    GatewayFact {
        call: number,
        route: None,
        earlier: Vec::new(),
        cause,
        status: None,
        fault: None,
        detail: String::new(),
        retry_after: None,
        model: None,
        usage: Usage::default(),
        took: Duration::ZERO,
        held: Duration::ZERO,
        gave_up,
        account: CallAccount::default(),
    }
}

#[test]
fn after_the_gateway_gave_up_only_an_answer_that_takes_it_back_counts() {
    let down = Some(Cause::ProviderError);
    let rows = [
        // What came after it, and which call counts then.
        (call(2, down, false), 1),
        (call(2, None, true), 1),
        (call(2, None, false), 2),
    ];
    for (later, counts) in rows {
        let mut evidence = Evidence::default();
        evidence.gateway_fact(&call(1, down, true));
        evidence.gateway_fact(&later);
        let last = evidence.last_call.map(|call| call.call);
        assert_eq!(last, Some(counts), "{later:?}");
    }
}
