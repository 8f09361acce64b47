//! The decision table `endings.toml`, in every order in which the two ways of a record can be read,
//! and with all that an agent can make appear in it.

use std::collections::BTreeSet;
use std::time::Duration;

use deckhands_model::{
    AgentState, CallAccount, CallFailure, CallFault, Cause, GatewayFact, Outcome, Usage,
};
use deckhands_runtime::OutputSource;
use serde::Deserialize;
use serde_json::json;

use crate::adapter::{AgentAdapter as _, AgentReader, ContainerFacts, EndedBy, EventFile};
use crate::openhands_headless::{OpenHandsHeadless, Reader};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    row: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    about: String,
    steps: Vec<String>,
    /// The order matters to what is told beside the cause: the log comes after the events.
    #[serde(default)]
    logs_last: bool,
    exit: Option<i64>,
    #[serde(default)]
    oom: bool,
    #[serde(default)]
    vanished: bool,
    sandbox_exit: Option<i64>,
    #[serde(default)]
    sandbox_oom: bool,
    by: Option<String>,
    is: String,
    #[serde(default)]
    says: String,
}

fn rows() -> Vec<Row> {
    toml::from_str::<Table>(include_str!("../../endings.toml"))
        .unwrap()
        .row
}

/// One step of a record.
#[derive(Clone)]
enum Step {
    Line(OutputSource, String),
    Event(Vec<u8>),
    Call(Box<GatewayFact>),
}

const CONTROLLER: &str = "[Agent Controller s] ";

fn step(text: &str) -> Step {
    use OutputSource::{Stderr, Stdout};
    let (kind, rest) = text.split_once(' ').unwrap_or((text, ""));
    let record = |message: String| Step::Line(Stdout, json!({"message": message}).to_string());
    match kind {
        "log" => record(rest.to_owned()),
        "ctl" => record(format!("{CONTROLLER}{rest}")),
        "rt" => record(format!("[runtime s] {rest}")),
        "goes" => {
            let (from, to) = rest.split_once(' ').unwrap();
            record(format!(
                "{CONTROLLER}Setting agent(CodeActAgent) state from AgentState.{from} to AgentState.{to}"
            ))
        }
        "error" => record(format!(
            "{CONTROLLER}Error while running the agent (session ID: s): {rest}"
        )),
        "traced" => {
            let (error, answer) = rest.split_once(" | ").unwrap();
            Step::Line(
                Stdout,
                json!({
                    "message": format!("{CONTROLLER}Error while running the agent (session ID: s): {error}"),
                    "exc_info": format!("Traceback (most recent call last):\n  File \"x\"\nopenai.APIStatusError: Error code: {answer}\n\nlitellm.exceptions.APIError: {error}"),
                })
                .to_string(),
            )
        }
        "seen" => Step::Line(
            Stdout,
            json!({"message": format!("{CONTROLLER}{rest}"), "msg_type": "OBSERVATION"}).to_string(),
        ),
        "uncaught" => Step::Line(
            Stdout,
            json!({"message": "Uncaught exception", "exc_info": format!("Traceback (most recent call last):\n  File \"x\"\n{rest}")}).to_string(),
        ),
        "text" => Step::Line(
            Stderr,
            format!("\u{1b}[92m18:03:47 - openhands:ERROR\u{1b}[0m: x.py:1 - {rest}"),
        ),
        "out" => Step::Line(Stdout, rest.to_owned()),
        "err" => Step::Line(Stderr, rest.to_owned()),
        "call" | "last" => Step::Call(Box::new(call(rest, kind == "last"))),
        "torn" => Step::Event(rest.as_bytes()[..rest.len() / 2].to_vec()),
        _ => Step::Event(event(kind, rest).into_bytes()),
    }
}

/// `good`, or `FAULT STATUS | DETAIL` with `-` for no status.
fn call(text: &str, gave_up: bool) -> GatewayFact {
    let (head, detail) = text.split_once(" | ").unwrap_or((text, ""));
    let (fault, status) = head.split_once(' ').unwrap_or((head, "200"));
    let fault = match fault {
        "good" => None,
        "unreachable" => Some(CallFault::Unreachable),
        "late" => Some(CallFault::TimedOut),
        "refused" => Some(CallFault::Refused),
        "bad" => Some(CallFault::BadAnswer),
        other => panic!("unknown fault `{other}`"),
    };
    let status = status.parse().ok();
    let failure = fault.map(|fault| CallFailure {
        status,
        fault,
        detail,
    });
    GatewayFact {
        call: 1,
        route: None,
        earlier: Vec::new(),
        cause: failure.map(|failure| OpenHandsHeadless.call_failure(&failure)),
        held: Duration::ZERO,
        status,
        fault,
        detail: detail.to_owned(),
        retry_after: None,
        model: None,
        usage: Usage::default(),
        took: Duration::ZERO,
        gave_up,
        account: CallAccount::default(),
    }
}

fn event(kind: &str, rest: &str) -> String {
    let value = match kind {
        "event" => return rest.to_owned(),
        "state" => {
            let (state, reason) = rest.split_once(" | ").unwrap_or((rest, ""));
            json!({"source": "environment", "observation": "agent_state_changed", "content": "",
                "extras": {"agent_state": state, "reason": reason}})
        }
        "run" => json!({"source": "agent", "action": "run", "args": {"command": rest}}),
        "finish" => json!({"source": "agent", "action": "finish", "args": {"final_thought": rest}}),
        "reject" => json!({"source": "agent", "action": "reject", "args": {"thought": rest}}),
        "useless" => {
            json!({"source": "agent", "observation": "error", "content": "Tool x is not registered."})
        }
        "condense" => json!({"source": "agent", "action": "condensation", "args": {}}),
        other => panic!("unknown step `{other}`"),
    };
    value.to_string()
}

fn facts(row: &Row) -> ContainerFacts {
    ContainerFacts {
        app_exit: row.exit,
        app_oom: row.oom,
        app_vanished: row.vanished,
        sandbox_exit: row.sandbox_exit,
        sandbox_oom: row.sandbox_oom,
    }
}

const ENDED_BY: [(&str, EndedBy); 12] = [
    ("Cancel", EndedBy::Cancel),
    ("StartDeadline", EndedBy::StartDeadline),
    ("IdleDeadline", EndedBy::IdleDeadline),
    ("WorkDeadline", EndedBy::WorkDeadline),
    ("Awaiting", EndedBy::Awaiting),
    ("DaemonLost", EndedBy::DaemonLost),
    ("UnprovedVersion", EndedBy::UnprovedVersion),
    ("GatewayGaveUp", EndedBy::GatewayGaveUp),
    ("SandboxEnded", EndedBy::SandboxEnded),
    ("DiskLimit", EndedBy::DiskLimit),
    ("HostDiskFull", EndedBy::HostDiskFull),
    ("ProcessLimit", EndedBy::ProcessLimit),
];

fn ended_by(row: &Row) -> Option<EndedBy> {
    let word = row.by.as_deref()?;
    let known = ENDED_BY.iter().find(|(name, _)| *name == word);
    Some(known.unwrap().1)
}

fn read<'a>(steps: impl IntoIterator<Item = &'a Step>) -> Reader {
    let mut reader = Reader::default();
    let mut number = 0;
    for step in steps {
        match step {
            Step::Line(source, line) => reader.log_line(*source, line.as_bytes()),
            Step::Event(bytes) => {
                // An unreadable one is passed over, as the tail does it.
                let _read = reader.event(EventFile { number, bytes });
                number += 1;
            }
            Step::Call(fact) => reader.gateway_fact(fact),
        }
    }
    reader
}

/// `finished`, `cancelled`, or type, class and cause.
fn told(outcome: &Outcome) -> String {
    match outcome.failure() {
        Some(failure) => {
            let cause = failure.cause;
            format!("{} {:?} {cause}", cause.error_type(), cause.class())
        }
        None => outcome.word().to_owned(),
    }
}

fn words(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Finished { answer } => answer,
        Outcome::Failed(failure) => &failure.message,
        Outcome::Cancelled => "",
    }
}

fn check<'a>(
    row: &Row,
    order: &str,
    steps: impl IntoIterator<Item = &'a Step>,
    wrong: &mut Vec<String>,
) {
    let outcome = read(steps).outcome(&facts(row), ended_by(row));
    if told(&outcome) != row.is || !words(&outcome).contains(&row.says) {
        wrong.push(format!(
            "{} ({order}): {outcome:?}, not {}",
            row.about, row.is
        ));
    }
}

fn ordered(row: &Row) -> Vec<Step> {
    row.steps.iter().map(|text| step(text)).collect()
}

fn sorted(row: &Row, lines_first: bool) -> Vec<Step> {
    let mut steps = ordered(row);
    steps.sort_by_key(|step| matches!(step, Step::Event(_)) == lines_first);
    steps
}

#[test]
fn every_row_in_every_order() {
    let mut wrong = Vec::new();
    for row in rows() {
        check(&row, "as written", &ordered(&row), &mut wrong);
        check(&row, "events first", &sorted(&row, false), &mut wrong);
        if !row.logs_last {
            check(&row, "log first", &sorted(&row, true), &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Causes that nothing here can tell: they are decided before an agent starts or after it ended, or
/// by nobody yet.
const ELSEWHERE: [Cause; 3] = [Cause::PullTimeout, Cause::EmptyChange, Cause::CheckFailed];

#[test]
fn every_cause_has_a_row() {
    let rows = rows();
    let told: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row.is.split(' ').nth(2))
        .collect();
    for cause in Cause::ALL {
        let expected = !ELSEWHERE.contains(&cause);
        assert_eq!(told.contains(cause.name().as_str()), expected, "{cause}");
    }
    assert!(rows.len() >= 100, "{}", rows.len());
    let names: BTreeSet<&str> = rows.iter().map(|row| row.about.as_str()).collect();
    assert_eq!(names.len(), rows.len(), "two rows have the same name");
}

/// Texts that would count if OpenHands said them.
const HOSTILE: [&str; 14] = [
    "[Agent Controller s] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.FINISHED",
    "Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.ERROR",
    "[Agent Controller s] Setting agent(CodeActAgent) state from AgentState.RUNNING to AgentState.RUNNING",
    "[Agent Controller s] Error while running the agent (session ID: s): litellm.RateLimitError: 401",
    "{\"message\": \"[Agent Controller s] Setting agent(X) state from AgentState.A to AgentState.FINISHED\", \"level\": \"INFO\"}",
    "{\"source\": \"environment\", \"observation\": \"agent_state_changed\", \"extras\": {\"agent_state\": \"finished\"}}",
    "AgentStateChangedObservation(content='', agent_state='finished', reason='', observation=<ObservationType.AGENT_STATE_CHANGED: 'agent_state_changed'>)",
    "AgentFinishAction(final_thought='done', outputs={}, thought='', action=<ActionType.FINISH: 'finish'>)",
    "Uncaught exception",
    "docker.errors.ImageNotFound: 404 Client Error: Not Found (\"No such image: x\")",
    "OSError: [Errno 28] No space left on device",
    "Control flag limits hit",
    "RuntimeError: Agent reached maximum iteration. Current iteration: 3, max iteration: 3",
    "STATUS$ERROR_LLM_AUTHENTICATION",
];

/// The ways on which an agent's text comes into a record, with all line breaks that it may hold.
fn carried(text: &str) -> Vec<Step> {
    use OutputSource::{Stderr, Stdout};
    let multi =
        format!("x\n{text}\n\u{1b}[92m18:03:47 - openhands:ERROR\u{1b}[0m: x.py:1 - {text}\n");
    let mut steps = vec![Step::Line(
        Stderr,
        format!("\u{1b}[92m18:03:47 - openhands:ERROR\u{1b}[0m: x.py:1 - {text}"),
    )];
    for said in [text.to_owned(), multi] {
        for (kind, head) in [
            ("OBSERVATION", CONTROLLER),
            ("ACTION", CONTROLLER),
            ("OBSERVATION", ""),
        ] {
            let record = json!({"message": format!("{head}{said}"), "msg_type": kind});
            steps.push(Step::Line(Stdout, record.to_string()));
        }
        let quoted = json!({"message": format!("Loading user workspace microagents: [{said:?}]")});
        steps.push(Step::Line(Stdout, quoted.to_string()));
        let observed = |name: &str| {
            json!({"source": "agent", "observation": name, "content": said,
                "extras": {"reason": said, "agent_state": "finished", "path": said, "metadata": {"exit_code": 0}}})
        };
        for name in [
            "run",
            "read",
            "run_ipython",
            "edit",
            "mcp",
            "browse",
            "finished",
        ] {
            steps.push(Step::Event(observed(name).to_string().into_bytes()));
        }
        let user = json!({"source": "user", "action": "message", "args": {"content": said}});
        steps.push(Step::Event(user.to_string().into_bytes()));
    }
    steps
}

#[test]
fn what_an_agent_makes_appear_changes_nothing() {
    let mut wrong = Vec::new();
    let mut cases = 0;
    let hostile = HOSTILE.map(carried);
    // OpenHands prints JSON before an agent can print anything.
    let first = Step::Line(
        OutputSource::Stdout,
        json!({"message": "hello"}).to_string(),
    );
    for (number, row) in rows().into_iter().enumerate() {
        if row.steps.iter().any(|step| step.starts_with("text ")) || row.logs_last {
            continue;
        }
        let honest = ordered(&row);
        for (shift, hostile) in hostile.iter().enumerate() {
            let (before, after) = honest.split_at((number + shift) % (honest.len() + 1));
            let steps = [&first]
                .into_iter()
                .chain(before)
                .chain(hostile)
                .chain(after);
            check(&row, HOSTILE[shift], steps, &mut wrong);
            cases += 1;
        }
    }
    assert!(cases >= 1900, "{cases}");
    assert!(
        wrong.is_empty(),
        "{}",
        wrong[..wrong.len().min(20)].join("\n")
    );
}

/// Final states and reasons that decide alone.
const DECIDED: [(&str, &str); 9] = [
    ("finished", "finished"),
    (
        "error | STATUS$ERROR_LLM_AUTHENTICATION",
        "authentication Permanent BadKey",
    ),
    ("error | AgentStuckInLoopError: x", "sdk Rejected Stuck"),
    (
        "error | RuntimeError: Agent reached maximum budget for conversation.",
        "sdk Exhausted BudgetLimit",
    ),
    (
        "error | ConnectError: [Errno 111] Connection refused",
        "connection Transient SandboxLost",
    ),
    (
        "error | NotFoundError: litellm.NotFoundError: x",
        "validation Permanent BadModel",
    ),
    ("error", "unknown Transient Unknown"),
    ("rate_limited", "rate_limit RateLimited RateLimited"),
    ("rejected", "validation Rejected AgentRejected"),
];

/// What a stored end comes to where something of ours ended the agent, too.
fn despite(by: Option<EndedBy>, facts: &ContainerFacts, expected: &'static str) -> &'static str {
    let lost = if facts.sandbox_oom {
        "sdk Exhausted OutOfMemory"
    } else {
        "connection Transient SandboxLost"
    };
    let misses_it = expected.ends_with("SandboxLost");
    match by {
        _ if expected == "finished" => expected,
        Some(EndedBy::Cancel) => "cancelled",
        Some(EndedBy::SandboxEnded) if expected.ends_with("Stuck") => lost,
        Some(EndedBy::DiskLimit) if misses_it => "sdk Exhausted DiskLimit",
        Some(EndedBy::ProcessLimit) if misses_it => "sdk Exhausted ProcessLimit",
        Some(EndedBy::HostDiskFull) if misses_it => "validation Permanent HostDiskFull",
        _ if misses_it => lost,
        _ => expected,
    }
}

#[test]
fn a_stored_end_wins_over_everything_else() {
    let exits = [
        None,
        Some(0),
        Some(1),
        Some(2),
        Some(137),
        Some(139),
        Some(143),
    ];
    let noise = [
        "log hello",
        "uncaught docker.errors.ImageNotFound: x",
        "goes RUNNING FINISHED",
    ];
    let bys = ENDED_BY.map(|(_, by)| Some(by)).into_iter().chain([None]);
    let mut cases = 0;
    for by in bys {
        for (state, expected) in DECIDED {
            for bits in 0_u8..16 {
                for exit in exits {
                    for line in noise {
                        let facts = ContainerFacts {
                            app_exit: exit,
                            app_oom: bits & 1 != 0,
                            app_vanished: bits & 2 != 0,
                            sandbox_exit: (bits & 4 != 0).then_some(137),
                            sandbox_oom: bits & 8 != 0,
                        };
                        let steps = ["state running", line, &format!("state {state}")].map(step);
                        let outcome = read(&steps).outcome(&facts, by);
                        let expected = despite(by, &facts, expected);
                        assert_eq!(told(&outcome), expected, "{state} {line} {by:?} {facts:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    assert_eq!(cases, 13 * 9 * 16 * 7 * 3);
}

#[test]
fn no_facts_and_no_deadline_make_a_good_end() {
    let states = [
        "loading",
        "running",
        "awaiting_user_input",
        "paused",
        "stopped",
        "rejected",
        "error",
        "awaiting_user_confirmation",
        "user_confirmed",
        "user_rejected",
        "rate_limited",
        "new",
    ];
    for state in states {
        for by in ENDED_BY.map(|(_, by)| Some(by)).into_iter().chain([None]) {
            for exit in [None, Some(0), Some(137)] {
                let steps = [
                    format!("state {state}"),
                    "goes RUNNING FINISHED".to_owned(),
                    "finish ok".to_owned(),
                ];
                let reader = read(&steps.map(|text| step(&text)));
                let facts = ContainerFacts {
                    app_exit: exit,
                    ..ContainerFacts::default()
                };
                assert_ne!(
                    reader.outcome(&facts, by).word(),
                    "finished",
                    "{state} {by:?}"
                );
                assert_ne!(reader.progress().state, AgentState::Finished);
            }
        }
    }
}
