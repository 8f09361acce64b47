//! The bounds of the record.

use bytes::Bytes;
use hyper::HeaderMap;

use super::*;

fn record(len: usize) -> RecordedRequest {
    RecordedRequest::new(
        "POST",
        "/",
        &HeaderMap::new(),
        &Bytes::from(vec![b' '; len]),
    )
}

#[test]
fn old_records_give_way() {
    let desk = Desk::new(Script::new([]));
    for _ in 0..MAX_RECORDS + 5 {
        desk.note(record(1));
    }
    let kept = desk.requests();
    assert_eq!(kept.len(), MAX_RECORDS);
    assert_eq!(kept[0].sequence, 6);
    assert_eq!(desk.lock().kept_bytes, MAX_RECORDS);
}

#[test]
fn old_bodies_give_way() {
    let desk = Desk::new(Script::new([]));
    let body = record(4 << 20);
    for _ in 0..17 {
        desk.note(body.clone());
    }
    let with_body: Vec<bool> = desk.requests().iter().map(|r| r.body().is_some()).collect();
    assert_eq!(with_body.iter().filter(|kept| **kept).count(), 16);
    assert!(!with_body[0]);
    assert_eq!(desk.requests()[0].body_len, 4 << 20);
}

#[test]
fn an_unknown_name_takes_no_step() {
    let desk = Desk::new(Script::new([]));
    let mut request = record(1);
    request.script = Some("nobody".to_owned());
    let turn = desk.take(request, Form::Native).turn;
    assert_eq!(turn, Err(Missing::Script));
    assert!(!desk.ran_off_end());
    assert_eq!(desk.requests()[0].step, None);
}
