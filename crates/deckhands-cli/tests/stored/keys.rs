//! Idempotency keys of users.

use serde_json::Value;

use crate::bench::{Bench, Ended};

fn submit(bench: &Bench, text: &str, key: &str) -> Ended {
    bench.call(&["submit", text, "--quiet", "--idempotency-key", key])
}

#[test]
fn the_same_key_is_the_same_task_and_no_other_one() {
    let bench = Bench::new();
    let longest = "\u{e9}".repeat(100);
    for key in ["a", "user:a", longest.as_str()] {
        let first = submit(&bench, "one", key);
        assert_eq!(first.code, 0, "{first:?}");
        assert_eq!(submit(&bench, "one", key).stdout, first.stdout);
        let other = submit(&bench, "two", key);
        assert_eq!(other.code, 2, "{other:?}");
        let told = format!("the idempotency key `{key}` belongs to a different task");
        assert!(other.stderr.contains(&told), "{other:?}");
    }
    assert_eq!(bench.listed().len(), 3);
}

#[test]
fn a_key_that_says_nothing_or_too_much_is_refused() {
    let bench = Bench::new();
    let long = "k".repeat(201);
    for (key, told) in [
        ("", "the idempotency key is empty"),
        (" ", "the idempotency key is empty"),
        (
            &long,
            "the idempotency key has 201 bytes, at most 200 are kept",
        ),
    ] {
        let refused = submit(&bench, "one", key);
        assert_eq!((refused.code, refused.stdout.as_str()), (2, ""));
        let expected = format!("error: {told}\nhint: ");
        assert!(refused.stderr.starts_with(&expected), "{refused:?}");
        assert_eq!(refused.stderr.lines().count(), 2, "{refused:?}");
    }
    assert_eq!(bench.listed().len(), 0);
}

#[test]
fn a_user_s_key_is_none_of_those_that_commands_make_up() {
    let bench = Bench::new();
    let first = bench.submit("one");
    assert_eq!(bench.call(&["cancel", &first]).code, 0);
    // What a retry of the first would go by.
    let key = format!("retry of {first} after {first}");
    let other = submit(&bench, "two", &key);
    assert_eq!(other.code, 0, "{other:?}");
    let again = bench.call(&["retry", &first, "--json"]);
    assert_eq!(again.code, 0, "{again:?}");
    let again: Value = serde_json::from_str(&again.stdout).unwrap();
    let new = again["tasks"][0]["new_task_id"].as_str().unwrap();
    assert_eq!(bench.listed(), [&first, other.stdout.trim(), new]);
}
