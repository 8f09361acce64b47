//! The readers under whatever bytes there may be: no panic, no good end without its stored event,
//! bounded memory, figures that only grow.
//!
//! `DECKHANDS_FUZZ_CASES` says how many cases each test runs (default below); each test prints how
//! many it ran.

mod input;

use deckhands_model::Outcome;
use deckhands_runtime::OutputSource;

use crate::adapter::{AgentReader, ContainerFacts, EventFile, Progress};
use crate::launch::EventStore;
use crate::openhands_headless::Reader;
use crate::openhands_headless::log_line::LogReader;
use input::{Corpus, Random, is_finished_event, mutate};

/// Cases of each test where nobody says another number.
const CASES: u64 = 1500;

fn cases() -> u64 {
    let given = std::env::var_os("DECKHANDS_FUZZ_CASES");
    given.map_or(CASES, |text| text.to_str().unwrap().parse().unwrap())
}

/// Runs the test on this many random numbers, each of a seed of its own, and tells how many it ran.
fn run(name: &str, mut case: impl FnMut(&mut Random)) {
    let wanted = cases();
    let mut ran = 0;
    for seed in 0..wanted {
        case(&mut Random::of(seed));
        ran += 1;
    }
    assert_eq!(ran, wanted);
    println!("{name}: {ran} cases");
}

/// Holds that figures only grow and stay within their bounds.
fn assert_grown(before: &Progress, after: &Progress) {
    assert!(after.events >= before.events && after.retries >= before.retries);
    assert!(after.usage.input_tokens >= before.usage.input_tokens);
    assert!(after.usage.output_tokens >= before.usage.output_tokens);
    assert!(after.usage.cost_usd >= before.usage.cost_usd);
    assert!(
        after
            .usage
            .cost_usd
            .is_none_or(|cost| cost.is_finite() && cost >= 0.0)
    );
    assert!(after.models.starts_with(&before.models) && after.models.len() <= 64);
    assert!(after.doing.chars().count() <= 220, "{}", after.doing);
    assert!(
        !after.doing.chars().any(char::is_control),
        "{:?}",
        after.doing
    );
    assert!(after.sandbox_seen >= before.sandbox_seen);
}

/// Reads a store; what is not readable is passed over.
fn read_store(events: &[Vec<u8>], mut seen: impl FnMut(&Reader)) -> Reader {
    let mut reader = Reader::default();
    for (number, bytes) in (0_u64..).zip(events) {
        let before = reader.progress().clone();
        if let Err(error) = reader.event(EventFile { number, bytes }) {
            assert_eq!(error.number, number);
            assert!(error.reason.chars().count() <= 200);
            assert_eq!(
                reader.progress(),
                &before,
                "what is not readable changes nothing"
            );
        }
        assert_grown(&before, reader.progress());
        seen(&reader);
    }
    reader
}

fn outcome(reader: &Reader) -> Outcome {
    let outcome = reader.outcome(&ContainerFacts::default(), None);
    let words = match &outcome {
        Outcome::Finished { answer } => answer.len() <= 64 << 10,
        Outcome::Failed(failure) => failure.message.chars().count() <= 500,
        Outcome::Cancelled => false,
    };
    assert!(words, "{outcome:?}");
    outcome
}

#[test]
fn arbitrary_bytes_never_finish() {
    run("arbitrary bytes", |random| {
        let mut reader = Reader::default();
        for number in 0..4 {
            let bytes = random.bytes(200);
            let before = reader.progress().clone();
            reader.log_line(OutputSource::Stdout, &bytes);
            reader.log_line(OutputSource::Stderr, &bytes);
            // An unreadable event is an answer as good as any other one here.
            let _read = reader.event(EventFile {
                number,
                bytes: &bytes,
            });
            assert_grown(&before, reader.progress());
        }
        assert_eq!(outcome(&reader).word(), "failed");
    });
}

#[test]
fn changed_lines_never_finish() {
    let corpus = Corpus::read();
    run("changed lines", |random| {
        let mut reader = Reader::default();
        for _ in 0..6 {
            let mut line = random.pick(&corpus.lines).clone();
            for _ in 0..random.below(3) {
                let other = random.pick(&corpus.lines).clone();
                mutate(random, &mut line, &other);
            }
            let source = *random.pick(&[OutputSource::Stdout, OutputSource::Stderr]);
            let before = reader.progress().clone();
            reader.log_line(source, &line);
            assert_grown(&before, reader.progress());
            assert_ne!(
                outcome(&reader).word(),
                "finished",
                "{}",
                line.escape_ascii()
            );
        }
    });
}

#[test]
fn changed_stores_finish_only_with_the_intact_event() {
    let corpus = Corpus::read();
    let (mut good, mut bad) = (0_u64, 0_u64);
    run("changed stores", |random| {
        let mut events = random.pick(&corpus.sessions).clone();
        for _ in 0..=random.below(3) {
            let other = corpus.event(random).clone();
            let place = random.below(events.len());
            match random.below(8) {
                0 => drop(events.splice(place..place, [other])),
                1 => drop(events.remove(place)),
                2 => events.truncate(place + 1),
                3 => events.swap(0, place),
                4 => events.push(other),
                5 => {
                    let last = events.len() - 1;
                    mutate(random, &mut events[last], &other);
                }
                _ => mutate(random, &mut events[place], &other),
            }
            if events.is_empty() {
                return;
            }
        }
        let reader = read_store(&events, |_| ());
        let finished = outcome(&reader).word() == "finished";
        let intact = events.iter().any(|event| is_finished_event(event));
        assert!(
            intact || !finished,
            "a good end out of nothing: {}",
            events.concat().escape_ascii()
        );
        if finished {
            good += 1;
        } else {
            bad += 1;
        }
    });
    assert!(
        cases() < 500 || (good > 20 && bad > 20),
        "{good} good, {bad} bad"
    );
}

#[test]
fn a_cut_finish_is_no_finish_at_any_byte() {
    let corpus = Corpus::read();
    let mut cut = 0_u64;
    for session in &corpus.sessions {
        let last = session.last().unwrap();
        if !is_finished_event(last) {
            continue;
        }
        for keep in 0..last.len() {
            let mut events = session[session.len().saturating_sub(3)..].to_vec();
            events.last_mut().unwrap().truncate(keep);
            let reader = read_store(&events, |_| ());
            assert_eq!(outcome(&reader).word(), "failed", "{keep}");
            cut += 1;
        }
    }
    println!("a cut finish: {cut} cases");
    assert!(cut >= 2000, "{cut}");
}

#[test]
fn a_flipped_finish_is_no_finish_unless_it_still_says_so() {
    let corpus = Corpus::read();
    let mut flipped = 0_u64;
    let finished = |session: &&Vec<Vec<u8>>| is_finished_event(session.last().unwrap());
    let last = corpus
        .sessions
        .iter()
        .find(finished)
        .unwrap()
        .last()
        .unwrap();
    for place in 0..last.len() {
        for bit in 0..8 {
            let mut event = last.clone();
            event[place] ^= 1 << bit;
            let intact = is_finished_event(&event);
            let told = outcome(&read_store(&[event], |_| ())).word() == "finished";
            assert!(intact || !told, "byte {place}, bit {bit}");
            flipped += 1;
        }
    }
    println!("a flipped finish: {flipped} cases");
    assert!(flipped >= 1000, "{flipped}");
}

/// The frames into which something deep or large is put; `@` is its place.
const FRAMES: [&str; 8] = [
    "@",
    r#"{"action":@}"#,
    r#"{"action":"run","args":@}"#,
    r#"{"action":"run","args":{"command":@}}"#,
    r#"{"observation":"agent_state_changed","extras":@}"#,
    r#"{"action":"run","tool_call_metadata":{"model_response":{"usage":@}}}"#,
    r#"{"message":@,"level":"INFO"}"#,
    r#"{"message":"Uncaught exception","exc_info":@}"#,
];

#[test]
fn depth_and_size_are_bounded() {
    const DEPTH: usize = 10_000;
    let max = usize::try_from(EventStore::MAX_BYTES).unwrap();
    let deep = [
        ("[".repeat(DEPTH), "]".repeat(DEPTH)),
        (r#"{"a":"#.repeat(DEPTH), "}".repeat(DEPTH)),
        (r#"[{"a":"#.repeat(DEPTH), "}]".repeat(DEPTH)),
    ];
    let mut fillings: Vec<String> = Vec::new();
    for (open, close) in deep {
        fillings.push(format!("{open}1{close}"));
        fillings.push(open);
    }
    fillings.push(format!("\"{}\"", "x".repeat(1 << 20)));
    fillings.push(format!("\"{}\"", r"\ud83d".repeat(100_000)));
    fillings.push(format!("\"{}\"", r"\n".repeat(100_000)));
    fillings.push("9".repeat(100_000));
    fillings.push(format!("[{}1]", "1,".repeat(100_000)));
    let mut ran = 0;
    for frame in FRAMES {
        for filling in &fillings {
            let record = frame.replace('@', filling);
            let mut reader = read_store(&[record.clone().into_bytes()], |_| ());
            reader.log_line(OutputSource::Stdout, record.as_bytes());
            assert_eq!(outcome(&reader).word(), "failed");
            ran += 1;
        }
    }
    // One byte more than the bound is refused whatever it is, and the bound is named.
    let huge = vec![b'x'; max + 1];
    let bytes = huge.as_slice();
    let refused = Reader::default().event(EventFile { number: 7, bytes });
    let error = refused.unwrap_err().to_string();
    assert_eq!(error, "event 7 is not readable: larger than 16777216 bytes");
    println!("depth and size: {ran} cases");
    assert_eq!(ran, FRAMES.len() * fillings.len());
}

#[test]
fn a_reader_holds_no_more_than_its_bounds() {
    let corpus = Corpus::read();
    let mut reader = Reader::default();
    let error = "x".repeat(70_000);
    let line = format!(
        r#"{{"message":"[Agent Controller s] Error while running the agent (session ID: s): {error}"}}"#
    );
    let model = |number: usize| {
        format!(
            r#"{{"action":"finish","args":{{"final_thought":"{error}","thought":"{error}","openhands_version":"{error}"}},
                "tool_call_metadata":{{"model_response":{{"id":"{number}{error}","model":"{number}{error}","usage":{{"cost":1}}}}}}}}"#
        )
    };
    for number in 0..80 {
        reader.log_line(OutputSource::Stdout, line.as_bytes());
        reader.log_line(
            OutputSource::Stderr,
            format!("ValueError: {error}").as_bytes(),
        );
        let bytes = model(number).into_bytes();
        let bytes = bytes.as_slice();
        reader.event(EventFile { number: 0, bytes }).unwrap();
        reader.log_line(OutputSource::Stdout, random_line(&corpus, number));
    }
    // Everything that is kept, in a form whose length tells its size.
    let kept = format!("{reader:?}").len();
    assert!(kept < 1 << 20, "{kept} bytes are kept");
}

fn random_line(corpus: &Corpus, number: usize) -> &[u8] {
    &corpus.lines[number * 7 % corpus.lines.len()]
}

#[test]
fn lines_of_any_source_give_at_most_one_bounded_fact() {
    let corpus = Corpus::read();
    run("facts of lines", |random| {
        let mut line = random.pick(&corpus.lines).clone();
        let other = random.pick(&corpus.lines).clone();
        mutate(random, &mut line, &other);
        let mut log = LogReader::default();
        for source in [OutputSource::Stdout, OutputSource::Stderr] {
            let fact = log.read(source, &line);
            assert!(format!("{fact:?}").len() <= 16 * line.len() + 64);
        }
    });
}
