//! What a person reads at the end of a run.

use deckhands_model::{AttemptReport, Cause, Usage};

use super::*;
use crate::sample::{
    attempt, call, calls_of, change, completed, failed, failed_call, finding, plain,
};

/// The summary without colours holds all of these, in this order.
fn check(report: &RunReport, parts: &[&str]) {
    let text = plain(&summary(report));
    let mut rest = text.as_str();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("`{part}` is missing, or not in its place:\n{text}");
        };
        rest = after;
    }
    assert!(text.ends_with('\n'));
}

#[test]
fn a_success() {
    check(
        &completed(),
        &[
            "completed (task 01234567)\n",
            "\nI wrote it.\n",
            "  + hello.txt (6 bytes)\n",
            "20.2 s in all, 7.5 s at work, 1.0 s waiting",
            "2100 tokens in, ? out",
            "cost unknown",
            "openai/m",
        ],
    );
    let text = plain(&summary(&completed()));
    assert!(
        !text.contains("not applied") && !text.contains("error"),
        "{text}"
    );
}

#[test]
fn every_state_has_its_word() {
    let rows = [
        (TaskState::Completed, "completed"),
        (TaskState::Failed, "failed"),
        (TaskState::Cancelled, "cancelled"),
        (TaskState::Degraded, "degraded"),
    ];
    for (state, word) in rows {
        let text = plain(&summary(&RunReport {
            state,
            ..completed()
        }));
        assert!(text.starts_with(&format!("{word} (task ")), "{text}");
    }
}

#[test]
fn a_failure_ends_with_the_error_and_its_hint() {
    check(
        &failed(Cause::Stuck),
        &[
            "failed",
            "error: what failed\n",
            "caused by: because of this\n",
            "hint: do that\n",
        ],
    );
}

#[test]
fn a_conflict_names_the_paths_and_the_patch() {
    let report = RunReport {
        applied: false,
        conflict: vec!["main.py".to_owned()],
        ..completed()
    };
    check(
        &report,
        &[
            "completed, not applied",
            "! main.py changed in the workspace meanwhile",
            "kept in /home/attempts/1/change.patch",
            "`deckhands apply 01234567` applies it",
        ],
    );
}

#[test]
fn an_unproved_change_is_offered_with_the_word_it_takes() {
    let rejected = RunReport {
        verdict: Some(Verdict::Rejected(Vec::new())),
        ..failed(Cause::CheckFailed)
    };
    let unjudged = RunReport {
        verdict: None,
        ..failed(Cause::Stuck)
    };
    for report in [rejected, unjudged] {
        check(&report, &["`deckhands apply 01234567 --yes` applies it"]);
    }
}

#[test]
fn changes_have_their_marks_and_a_bound() {
    let many = (0..25).map(|number| change(&format!("file{number}"), ChangeKind::Modified));
    let first = [
        change("new", ChangeKind::Created),
        change("old", ChangeKind::Deleted),
    ];
    let report = RunReport {
        changes: first.into_iter().chain(many).collect(),
        ..completed()
    };
    check(
        &report,
        &[
            "  + new",
            "  - old",
            "  ~ file0",
            "  ~ file17",
            "… and 7 more",
        ],
    );
    assert!(!plain(&summary(&report)).contains("file18"));
}

#[test]
fn findings_are_told_by_gravity() {
    let findings = vec![
        finding(Severity::Error, "exit code 1\nboom"),
        finding(Severity::Warning, "hm"),
    ];
    let report = RunReport {
        verdict: Some(Verdict::Rejected(findings)),
        ..failed(Cause::CheckFailed)
    };
    check(
        &report,
        &[
            "check failed: make test\n    exit code 1\n    boom\n",
            "warning: make test\n    hm\n",
        ],
    );
}

#[test]
fn what_refuses_a_change_is_not_lost_among_warnings() {
    let mut findings = vec![finding(Severity::Warning, "hm"); 100];
    findings.push(finding(Severity::Error, "boom"));
    let report = RunReport {
        verdict: Some(Verdict::Rejected(findings)),
        ..failed(Cause::CheckFailed)
    };
    let text = plain(&summary(&report));
    assert_eq!(text.matches("warning: make test").count(), 20, "{text}");
    assert!(
        text.contains("check failed: make test\n    boom\n"),
        "{text}"
    );
    assert!(text.contains("… and 80 more\n"), "{text}");
}

#[test]
fn only_so_many_conflicts_are_listed() {
    let report = RunReport {
        applied: false,
        conflict: (0..50).map(|n| format!("{n}.txt")).collect(),
        ..completed()
    };
    let text = plain(&summary(&report));
    assert_eq!(text.matches("meanwhile").count(), 20, "{text}");
    assert!(text.contains("… and 30 more\n"), "{text}");
}

#[test]
fn notes_and_known_costs_are_told() {
    let usage = Usage {
        input_tokens: None,
        output_tokens: Some(5),
        cost_usd: Some(0.01234),
    };
    let report = RunReport {
        attempts: vec![AttemptReport { usage, ..attempt() }],
        notes: vec!["left out".to_owned()],
        ..completed()
    };
    check(
        &report,
        &["? tokens in, 5 out", "$0.0123", "note: left out\n"],
    );
}

#[test]
fn the_models_of_all_attempts_are_told() {
    let attempt_after = |calls: &[deckhands_model::CallRecord]| AttemptReport {
        calls: Some(calls_of(calls)),
        ..attempt()
    };
    let report = RunReport {
        attempts: vec![
            attempt_after(&[failed_call("openai/a", Cause::RateLimited)]),
            attempt(),
            attempt_after(&[call("openai/b", "b-1"), call("openai/b", "b-1")]),
        ],
        ..completed()
    };
    check(
        &report,
        &[
            "at work",
            "\n  openai/a: 1 call, 1 failed · ",
            "\n  openai/b (b-1): 2 calls · 1400 tokens in, 100 out · $0.005\n",
        ],
    );
    assert!(!plain(&summary(&completed())).contains("call"));
}

#[test]
fn bounded_money_is_told_with_its_cap() {
    let told = |cap_usd, uncertain_usd| {
        let money = deckhands_model::MoneyReport {
            cap_usd,
            spent_usd: 0.8,
            uncertain_usd,
        };
        plain(&summary(&RunReport {
            money: Some(money),
            ..failed(Cause::BudgetLimit)
        }))
    };
    assert!(told(Some(1.0), 0.0).contains("\n$0.80 of $1.00 spent\n"));
    assert!(told(None, 0.25).contains("\n$0.80 spent, $0.25 uncertain\n"));
    assert!(!plain(&summary(&failed(Cause::BudgetLimit))).contains(" spent"));
}

#[test]
fn a_run_without_an_attempt_has_no_figures() {
    let report = RunReport {
        attempts: Vec::new(),
        ..failed(Cause::DaemonUnreachable)
    };
    assert!(!plain(&summary(&report)).contains("at work"));
}

#[test]
fn nothing_that_others_wrote_reaches_the_terminal_as_an_escape() {
    // Writes to the clipboard of many terminals (OSC 52).
    let hostile = "x\u{1b}]52;c;ZXZpbA==\u{7}y";
    let text = || hostile.to_owned();
    let mut report = RunReport {
        output: text(),
        changes: vec![change(
            "a\u{1b}]52;c;ZXZpbA==\u{7}\ncompleted",
            ChangeKind::Created,
        )],
        conflict: vec![text()],
        notes: vec![text()],
        verdict: Some(Verdict::Rejected(vec![finding(Severity::Error, hostile)])),
        attempts: vec![AttemptReport {
            route: text(),
            ..attempt()
        }],
        ..failed(Cause::CheckFailed)
    };
    if let Some(error) = &mut report.error {
        error.message = text();
        error.causes = vec![text()];
    }
    let shown = summary(&report);
    assert!(
        !shown.contains("\u{1b}]") && !shown.contains('\u{7}'),
        "{shown:?}"
    );
    assert!(!shown.contains("ZXZpbA"), "{shown:?}");
    check(
        &report,
        &[
            "\nxy\n",
            "+ a completed (",
            "! xy changed",
            "\n    xy\n",
            "· xy\n",
            "note: xy\n",
            "error: xy\n",
            "caused by: xy\n",
        ],
    );
}

#[test]
fn an_unproved_version_of_the_agent_is_told() {
    let rows = [
        (Some("0.60.1"), true),
        (Some("0.59.0"), false),
        (None, false),
    ];
    for (version, told) in rows {
        let mut report = completed();
        report.versions.agent = version.map(str::to_owned);
        let text = plain(&summary(&report));
        let note = "note: this OpenHands version is not proved: 0.60.1";
        assert_eq!(text.contains(note), told, "{text}");
    }
}
