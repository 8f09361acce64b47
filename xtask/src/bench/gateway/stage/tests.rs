//! Which books are right.

use super::check;

#[test]
fn books_have_what_the_calls_cost_to_the_nanodollar() {
    let rows = [
        (4.0, r#"{"spent_usd": 0.003, "open_usd": 0.0}"#, true),
        (0.0, r#"{"spent_usd": 0.0, "open_usd": 0.0}"#, true),
        (4.0, r#"{"spent_usd": 0.003000001, "open_usd": 0.0}"#, false),
        (4.0, r#"{"spent_usd": 0.00225, "open_usd": 0.0}"#, false),
        (
            4.0,
            r#"{"spent_usd": 0.003, "open_usd": 0.000000001}"#,
            false,
        ),
        (4.0, r#"{"spent_usd": 0.003}"#, false),
        (4.0, "null", false),
    ];
    for (calls, money, right) in rows {
        let stats = format!(r#"{{"money_today": {money}}}"#);
        assert_eq!(check(&stats, calls).is_ok(), right, "{money}");
    }
    assert!(check("", 0.0).is_err());
}
