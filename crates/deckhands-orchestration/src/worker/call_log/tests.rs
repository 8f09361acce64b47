//! The file of calls: whole lines, within its bound, gone on with by another process.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, SystemTime};

use deckhands_model::{CallAccount, CallCost, Cause, CostBy, ModelId, Usage};
use tempfile::TempDir;

use super::*;
use crate::call_file;

const SECRET: &str = "canary-5f3a-key";

/// A call that took 2 s and cost a thousandth of a dollar.
fn fact(call: u64) -> GatewayFact {
    GatewayFact {
        call,
        route: Some(ModelId::resolve("openai/m").unwrap()),
        earlier: Vec::new(),
        cause: None,
        status: Some(200),
        fault: None,
        detail: String::new(),
        retry_after: None,
        model: Some("m-1".to_owned()),
        usage: Usage::default(),
        took: Duration::from_secs(2),
        held: Duration::ZERO,
        gave_up: false,
        account: CallAccount {
            began: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(call)),
            cost: Some(CallCost {
                usd: Usd::nanos(1_000_000),
                by: CostBy::Table,
                other: None,
            }),
            ..CallAccount::default()
        },
    }
}

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn path(&self) -> std::path::PathBuf {
        self.0.path().join("calls.jsonl")
    }

    fn open(&self, bound: u64) -> CallLog {
        CallLog::open(&self.path(), bound, vec![SECRET.to_owned()]).unwrap()
    }

    /// One process that sees so many calls; what all calls came to then.
    fn see(&self, bound: u64, calls: u64) -> CallsReport {
        let mut log = self.open(bound);
        for call in 1..=calls {
            log.add(&fact(call), Timestamp::UNIX_EPOCH);
        }
        let (report, error) = log.close();
        assert!(error.is_none(), "{error:?}");
        report
    }

    fn numbers(&self) -> (Vec<u64>, u64) {
        let kept = call_file::read(&self.path()).unwrap();
        let numbers = kept.records.iter().map(|call| call.call).collect();
        (numbers, kept.left_out)
    }
}

/// Bytes of a line of [`fact`], with a number of one digit.
fn line() -> u64 {
    let place = Place::new();
    place.see(BYTES, 1);
    fs::metadata(place.path()).unwrap().len()
}

#[test]
fn each_call_is_a_whole_line_from_its_end_on() {
    let place = Place::new();
    let mut log = place.open(BYTES);
    assert_eq!(log.cost_so_far(), None);
    for call in 1..=3 {
        log.add(&fact(call), Timestamp::UNIX_EPOCH);
        let text = fs::read_to_string(place.path()).unwrap();
        assert_eq!(text.lines().count() as u64, call);
        assert!(text.ends_with('\n'));
    }
    assert_eq!(log.cost_so_far(), Some(Usd::nanos(3_000_000)));
    let mode = fs::metadata(place.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let kept = call_file::read(&place.path()).unwrap();
    let told = |call: &CallRecord| (call.call, call.started_at.clone(), call.cost_usd);
    let second = (2, "1970-01-01T00:00:02Z".to_owned(), Some(0.001));
    assert_eq!(told(&kept.records[1]), second);
}

#[test]
fn another_process_goes_on_with_numbers_and_sums() {
    let place = Place::new();
    place.see(BYTES, 3);
    let report = place.see(BYTES, 2);
    assert_eq!((report.count, report.list.len()), (5, 5));
    assert_eq!(report.cost(), Some(Usd::nanos(5_000_000)));
    assert_eq!(place.numbers(), (vec![1, 2, 3, 4, 5], 0));
}

#[test]
fn what_a_death_tore_is_cut_off() {
    let place = Place::new();
    place.see(BYTES, 2);
    let whole = fs::read(place.path()).unwrap();
    for torn in [&whole[..whole.len() - 1], b"{\"call\":", b"\0\0\0\n"] {
        let before = if torn.len() > 10 { 1 } else { 2 };
        let text = match before {
            1 => torn.to_vec(),
            _ => [whole.as_slice(), torn].concat(),
        };
        fs::write(place.path(), text).unwrap();
        assert_eq!(place.numbers().0.len(), before);
        let report = place.see(BYTES, 1);
        assert_eq!(report.count, before as u64 + 1);
        let numbers: Vec<_> = (1..=report.count).collect();
        assert_eq!(place.numbers(), (numbers, 0));
    }
}

#[test]
fn a_full_file_says_in_its_last_line_what_it_left_out() {
    let place = Place::new();
    let bound = 3 * line() + 10;
    for (seen, left_out) in [(2, 0), (3, 2), (4, 6)] {
        let report = place.see(bound, seen);
        let (numbers, told) = place.numbers();
        assert_eq!(
            (numbers.len() as u64 + told, told),
            (report.count, left_out)
        );
        let cost = Usd::nanos(1_000_000 * report.count);
        assert_eq!(report.cost(), Some(cost), "of all calls");
        assert_eq!(report.list.len() as u64 + report.left_out, report.count);
    }
    assert_eq!(place.numbers().0, [1, 2, 3]);
    let text = fs::read_to_string(place.path()).unwrap();
    let last = text.lines().last().unwrap();
    assert!(
        last.starts_with(r#"{"left_out":6,"last_call":9,"#),
        "{last}"
    );
    assert_eq!(text.lines().count(), 4);
}

#[test]
fn nothing_secret_and_no_word_of_the_provider_is_kept() {
    let place = Place::new();
    let mut log = place.open(BYTES);
    let failed = GatewayFact {
        model: Some(format!("m {SECRET}")),
        detail: "words of the provider".to_owned(),
        cause: Some(Cause::ProviderError),
        ..fact(1)
    };
    log.add(&failed, Timestamp::UNIX_EPOCH);
    let told = format!("{:?}", log.close().0) + &fs::read_to_string(place.path()).unwrap();
    assert!(!told.contains(SECRET) && !told.contains("words"), "{told}");
    assert!(told.contains("ProviderError"), "{told}");
}

#[test]
fn others_read_what_all_calls_came_to() {
    let place = Place::new();
    let seen = place.see(3 * line() + 10, 7);
    let read = call_file::sums(&place.path()).unwrap().unwrap();
    assert_eq!((read.count, read.cost()), (7, seen.cost()));
    assert_eq!(read.models, seen.models);
}

#[test]
fn a_file_that_is_not_there_has_no_calls() {
    let place = Place::new();
    assert_eq!(call_file::sums(&place.path()).unwrap(), None);
    assert_eq!(place.numbers(), (Vec::new(), 0));
}
