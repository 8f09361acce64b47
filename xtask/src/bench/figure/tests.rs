//! Which figures miss their bars, and what the table shows.

use super::{Bar, Figure, Table};

fn figure(name: &'static str, value: f64, bar: Option<Bar>) -> Figure {
    Figure {
        name,
        value,
        unit: "ms",
        bar,
        range: None,
    }
}

#[test]
fn a_bar_is_held_or_missed() {
    let rows = [
        (1.1, Some(Bar::AtMost(1.1)), true),
        (1.11, Some(Bar::AtMost(1.1)), false),
        (63.9, Some(Bar::Below(64.0)), true),
        (64.0, Some(Bar::Below(64.0)), false),
        (f64::NAN, Some(Bar::AtMost(1.1)), false),
        (1e9, None, true),
    ];
    for (value, bar, good) in rows {
        let table = Table(vec![figure("x", value, bar)]);
        assert_eq!(table.judge().is_ok(), good, "{value} {bar:?}");
    }
}

#[test]
fn every_missed_figure_is_named() {
    let table = Table(vec![
        figure("first", 2.0, Some(Bar::AtMost(1.0))),
        figure("good", 1.0, Some(Bar::AtMost(1.0))),
        figure("second", 9.0, Some(Bar::Below(9.0))),
    ]);
    let error = table.judge().map_err(|error| error.to_string());
    assert_eq!(error, Err("missed: first; second".to_owned()));
}

#[test]
fn the_table_shows_value_range_bar_and_verdict() {
    let mut ranged = figure("long name", 51.26, Some(Bar::AtMost(150.0)));
    ranged.range = Some((37.4, 3080.2));
    let table = Table(vec![
        ranged,
        figure("bad", 70.0, Some(Bar::Below(64.0))),
        figure("told", 3.0, None),
    ]);
    let text = table.to_string();
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let lines: Vec<String> = text.lines().map(words).collect();
    assert_eq!(
        lines,
        [
            "figure value unit range bar",
            "long name 51.26 ms 37 to 3080 <= 150 ok",
            "bad 70.00 ms < 64 MISSED",
            "told 3.00 ms",
        ]
    );
}
