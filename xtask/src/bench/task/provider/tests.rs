//! What counts as a call.

use super::*;

#[test]
fn only_calls_for_answers_count() {
    let log = "1 GET /v1/models model=- messages=0 tools=0 bytes=0 -> no step\n\
               2 POST /v1/chat/completions model=m messages=3 tools=0 bytes=9 -> step 1\n\
               warning: something else\n\
               3 POST /v1/chat/completions model=m messages=5 tools=0 bytes=9 -> step 2\n";
    assert_eq!(calls(log.as_bytes()).len(), 2);
}

#[test]
fn a_task_makes_as_many_calls_as_its_script_has_answers() {
    let began = now();
    let at = |seconds| began + Duration::from_secs(seconds);
    let steps = between(&[at(1), at(2), at(4)]).unwrap();
    assert_eq!(steps, Duration::from_secs(3));
    assert!(between(&[at(1)]).is_err() && between(&[]).is_err());
}
