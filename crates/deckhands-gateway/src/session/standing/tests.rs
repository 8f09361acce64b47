//! When a route is left alone, and when all are.

use super::*;

#[test]
fn a_route_goes_after_failures_in_a_row_and_comes_back_with_a_good_answer() {
    let standing = Standing::new(2, 3);
    assert_eq!([standing.failed(0), standing.failed(0)], [1, 2]);
    assert_eq!(standing.left(), [0, 1]);
    assert_eq!(standing.failed(0), 3);
    assert_eq!(standing.left(), [1]);
    standing.served();
    assert_eq!(standing.left(), [0, 1]);
    assert_eq!(standing.failed(0), 1, "it counts anew");
}

#[test]
fn a_closed_route_never_comes_back() {
    let standing = Standing::new(2, 3);
    standing.close(0);
    standing.served();
    assert_eq!(standing.left(), [1]);
}

#[test]
fn giving_up_is_told_once_and_stays() {
    let standing = Standing::new(1, 0);
    assert!(standing.given_up().is_none());
    assert!(standing.give_up(Answer::error(402, "first"), false));
    assert!(!standing.give_up(Answer::error(401, "second"), true));
    assert!(!standing.served(), "no further call is made");
    assert_eq!(standing.given_up().unwrap().status, 402);
    standing.failed(0);
    assert_eq!(standing.left(), Vec::<usize>::new(), "0 counts as 1");
}

#[test]
fn a_call_that_was_under_way_takes_back_what_was_given_up_for_failures() {
    let standing = Standing::new(1, 1);
    standing.failed(0);
    assert!(standing.give_up(Answer::error(402, "failures"), true));
    assert!(standing.served());
    assert!(standing.given_up().is_none());
    assert_eq!(standing.left(), [0]);
    // What lasts stays, whichever came first.
    assert!(standing.give_up(Answer::error(402, "failures"), true));
    assert!(!standing.give_up(Answer::error(401, "the key"), false));
    assert!(!standing.served());
    assert_eq!(standing.given_up().unwrap().status, 402);
}
