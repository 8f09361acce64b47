//! Every fault of a provider, streamed or not, before and after the first content, with and without
//! another route: what the client saw, what was told, what the health of the route made of it, and what
//! the ledger holds when the session is closed.

mod rows;

use deckhands_model::{MoneyLevel, Usd};
use deckhands_resilience::route_health::RouteCounts;

use super::*;
use crate::money::{Account, MARGIN_TOKENS, MemoryLedger, Price, PursePolicy, Rate};

/// What a token of input and one of output cost at each route, in nanodollars.
const RATES: [[u64; 2]; 2] = [[1_000, 2_000], [3_000, 4_000]];

/// Most tokens of one answer.
const MOST_OUTPUT: u32 = 1000;

/// Tokens that a scripted completion has unless told otherwise, in and out.
const TOKENS: [u64; 2] = [700, 50];

/// One fault.
struct Row {
    name: &'static str,
    step: Step,
    asked: Asked,
    bounds: SessionLimits,
    /// What a client saw whose only route this is.
    saw: Saw,
    /// The cause that it was told for then; none of an answer.
    cause: Option<Cause>,
    /// The status that the provider gave.
    status: Option<u16>,
    /// The cause of the try, where another one was told for the call.
    tried: Option<Cause>,
    route: Counted,
    other: Other,
    booked: Paid,
}

/// How the answer is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Asked {
    Whole,
    Streamed,
    /// Both: no difference is to be seen.
    Either,
}

/// What a client saw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Saw {
    /// An answer, to its end.
    Answer,
    /// An error with this status.
    Error(u16),
    /// The beginning of an answer, and our word that it broke off.
    BrokenOff,
    /// The beginning of an answer, and the provider's own error.
    ErrorInStream,
}

/// What one call counts for in the health of its route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Counted {
    Good,
    /// The route is not to blame.
    Nothing,
    Failed,
    /// It failed by a limit.
    Limited,
}

/// What a second route, of another account, had to do with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Other {
    /// It served the call.
    Serves,
    /// It was not asked.
    NotAsked,
}

/// What is booked for the call of a route that met the fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Paid {
    /// It was refused, before there was anything to pay for.
    Nothing,
    /// The provider's own figure, in nanodollars.
    Figure(u64),
    /// The tokens that the provider told, at the route's price.
    Tokens,
    /// Nobody told what it cost, and there may have been an answer: the most that it can have cost.
    Worst,
}

impl Paid {
    /// In nanodollars, for a request of so many bytes to a route.
    fn nanos(self, place: usize, bytes: usize) -> u64 {
        let of = |input: u64, output: u64| input * RATES[place][0] + output * RATES[place][1];
        match self {
            Self::Nothing => 0,
            Self::Figure(nanos) => nanos,
            Self::Tokens => of(TOKENS[0], TOKENS[1]),
            Self::Worst => of(bytes as u64 + MARGIN_TOKENS, MOST_OUTPUT.into()),
        }
    }
}

impl Counted {
    fn counts(self) -> RouteCounts {
        let of = |is: bool| u64::from(is);
        RouteCounts {
            permitted: 1,
            refused: 0,
            succeeded: of(self == Self::Good),
            failed: of(matches!(self, Self::Failed | Self::Limited)),
            rate_limited: of(self == Self::Limited),
            state_changes: 0,
        }
    }
}

/// A call over one route with a fault, and perhaps another one without.
struct Played {
    saw: Saw,
    fact: GatewayFact,
    /// Of each route.
    requests: Vec<usize>,
    /// Of each route that was called.
    counts: Vec<RouteCounts>,
    /// Bytes of the request that the faulty route got.
    bytes: usize,
    /// What the ledger holds in the end.
    account: Account,
}

/// Sorted like the places: the health of routes comes in the order of their names.
fn id(place: usize) -> ModelId {
    ModelId::resolve(["groq/faulty", "openai/other"][place]).unwrap()
}

fn price(place: usize) -> Price {
    // 1,000 picodollars are a nanodollar.
    let [input, output] = RATES[place].map(|nanos| Rate::picodollars(nanos * 1000));
    Price::of(input, output)
}

async fn play(row: &Row, streamed: bool, routes: usize) -> Played {
    let scripts = [row.step.clone(), Step::say("from the other route")];
    let (mut llms, mut ways) = (Vec::new(), Vec::new());
    for (place, step) in scripts.into_iter().take(routes).enumerate() {
        let bind = ([127, 0, 0, 1], 0).into();
        let llm = ScriptedLlm::start(Script::new([step]), bind).await.unwrap();
        ways.push(Route {
            model: id(place),
            upstream: upstream(&llm.base_url("127.0.0.1"), id(place).provider()),
            price: Some(price(place)),
            max_output_tokens: MOST_OUTPUT,
        });
        llms.push(llm);
    }
    let gateway = gateway();
    let ledger = Arc::new(MemoryLedger::new(&[(MoneyLevel::Task, Usd::dollars(1))]));
    let spec = SessionSpec {
        routes: ways,
        money: Some(SessionMoney {
            ledger: ledger.clone(),
            purse: PursePolicy::default(),
        }),
        ..spec(upstream("http://nowhere", "openai"), TOKEN, row.bounds)
    };
    let (session, mut facts) = gateway.open(spec).unwrap();
    let seen = chat(&session, json!({ "stream": streamed, "tools": [] })).await;
    let known = gateway.health().snapshot().routes;
    let fact = facts.try_recv().expect("a fact of the call");
    session.close().await.expect("a ledger in memory");
    Played {
        saw: saw(row.name, &seen),
        fact,
        requests: llms.iter().map(|llm| llm.requests().len()).collect(),
        counts: known.iter().map(|route| route.counts).collect(),
        bytes: llms[0].requests()[0].body_len,
        account: ledger.accounts()[0],
    }
}

/// All that was drawn is spent or given back, and what is spent is what the row says.
fn check_booked(what: &str, row: &Row, played: &Played) {
    let other = played.requests.get(1).is_some_and(|calls| *calls > 0);
    let other = if other { Paid::Tokens } else { Paid::Nothing };
    let spent = row.booked.nanos(0, played.bytes) + other.nanos(1, 0);
    let Account {
        open, spent: told, ..
    } = played.account;
    assert_eq!((open.as_nanos(), told.as_nanos()), (0, spent), "{what}");
}

/// What a client makes of an answer.
fn saw(name: &str, seen: &Seen) -> Saw {
    let text = seen.text();
    if seen.status != 200 {
        assert!(
            seen.json()["error"]["message"].is_string(),
            "{name}: {text}"
        );
        return Saw::Error(seen.status);
    }
    if seen.headers["content-type"] != "text/event-stream" {
        assert!(seen.json()["choices"][0].is_object(), "{name}: {text}");
        return Saw::Answer;
    }
    let whole = text.trim_end().ends_with("data: [DONE]");
    let error = text.contains("\"error\":");
    assert_ne!(whole, error, "{name}: {text}");
    match (error, text.contains("the answer broke off: ")) {
        (true, true) => Saw::BrokenOff,
        (true, false) => Saw::ErrorInStream,
        (false, _) => Saw::Answer,
    }
}

/// The fault at the only route.
async fn check_alone(row: &Row, streamed: bool) {
    let what = format!("{}, streamed {streamed}", row.name);
    let played = play(row, streamed, 1).await;
    let fact = &played.fact;
    assert_eq!(played.saw, row.saw, "{what}: {fact:?}");
    assert_eq!((fact.cause, fact.status), (row.cause, row.status), "{what}");
    assert_eq!(fact.detail.is_empty(), row.cause.is_none(), "{what}");
    assert_eq!(played.requests, [1], "{what}");
    assert_eq!(played.counts, [row.route.counts()], "{what}");
    check_booked(&what, row, &played);
}

/// The fault where another route is there.
async fn check_beside_another(row: &Row, streamed: bool) {
    let what = format!("{}, streamed {streamed}, beside another", row.name);
    let played = play(row, streamed, 2).await;
    let fact = &played.fact;
    check_booked(&what, row, &played);
    if row.other == Other::NotAsked {
        assert_eq!(played.saw, row.saw, "{what}: {fact:?}");
        assert_eq!((fact.cause, fact.status), (row.cause, row.status), "{what}");
        assert_eq!(fact.route, Some(id(0)), "{what}");
        assert_eq!(played.requests, [1, 0], "{what}");
        assert_eq!(played.counts, [row.route.counts()], "{what}");
        return;
    }
    assert_eq!(played.saw, Saw::Answer, "{what}: {fact:?}");
    assert!(fact.is_good(), "{what}: {fact:?}");
    assert_eq!(fact.route, Some(id(1)), "{what}");
    let tried = fact
        .earlier
        .iter()
        .map(|tried| (Some(tried.cause), tried.status));
    let expected = (row.tried.or(row.cause), row.status);
    assert_eq!(tried.collect::<Vec<_>>(), [expected], "{what}");
    assert_eq!(played.requests, [1, 1], "{what}");
    let both = [row.route, Counted::Good].map(Counted::counts);
    assert_eq!(played.counts, both, "{what}");
}

/// All at once: some of them wait.
async fn check_all(rows: Vec<Row>) {
    let checks = rows.iter().flat_map(|row| {
        let ways: &[bool] = match row.asked {
            Asked::Whole => &[false],
            Asked::Streamed => &[true],
            Asked::Either => &[false, true],
        };
        ways.iter().map(move |streamed| async move {
            check_alone(row, *streamed).await;
            check_beside_another(row, *streamed).await;
        })
    });
    futures::future::join_all(checks).await;
}

#[tokio::test]
async fn refusals() {
    check_all(rows::refusals()).await;
}

#[tokio::test]
async fn answers_that_break() {
    check_all(rows::broken()).await;
}

#[tokio::test]
async fn answers_that_are_late() {
    check_all(rows::late()).await;
}

#[tokio::test]
async fn answers_that_are_none() {
    check_all(rows::no_answers()).await;
}

#[tokio::test]
async fn answers_without_end() {
    check_all(rows::too_much()).await;
}

#[tokio::test]
async fn odd_answers_are_the_clients_to_read() {
    check_all(rows::odd()).await;
}
