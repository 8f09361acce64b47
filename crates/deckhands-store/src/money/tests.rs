//! What fits, and how a settlement is divided.

use super::parts::Part;
use super::*;

fn day(number: i8) -> Date {
    Date::constant(2026, 3, number)
}

fn check(used: Used, draw: (u64, u64), caps: MoneyCaps, wanted: Drawn) {
    let (least, most) = draw;
    let draw = Draw {
        least,
        wanted: most,
        caps,
    };
    assert_eq!(used.answer(&draw), wanted, "{used:?} {draw:?}");
}

const USED: Used = Used {
    attempt: 10,
    task: Some(20),
    batch: Some(30),
    day: 40,
};

const NO_CAP: MoneyCaps = MoneyCaps {
    attempt: None,
    task: None,
    batch: None,
    day: None,
};

fn refused(level: MoneyLevel, cap: u64, used: u64) -> Drawn {
    Drawn::Refused { level, cap, used }
}

#[test]
fn what_is_wanted_is_granted_or_what_fits_every_level() {
    check(USED, (1, 7), NO_CAP, Drawn::Granted(7));
    let all = MoneyCaps {
        attempt: Some(19),
        task: Some(28),
        batch: Some(37),
        day: Some(46),
    };
    check(USED, (6, 9), all, Drawn::Granted(6));
    check(USED, (1, 5), all, Drawn::Granted(5));
    // Nothing is too little to be wanted: then it is the least.
    check(USED, (4, 0), all, Drawn::Granted(4));
    let day = MoneyCaps {
        day: Some(40),
        ..NO_CAP
    };
    check(USED, (0, 5), day, Drawn::Granted(0));
}

#[test]
fn the_narrowest_level_without_room_is_named() {
    let caps = MoneyCaps {
        attempt: Some(20),
        task: Some(20),
        batch: Some(30),
        day: Some(39),
    };
    let rows = [
        (caps, MoneyLevel::Task, 20, 20),
        (MoneyCaps { task: None, ..caps }, MoneyLevel::Batch, 30, 30),
        (
            MoneyCaps {
                attempt: Some(10),
                ..caps
            },
            MoneyLevel::Attempt,
            10,
            10,
        ),
        (
            MoneyCaps {
                task: None,
                batch: None,
                ..caps
            },
            MoneyLevel::Day,
            39,
            40,
        ),
    ];
    for (caps, level, cap, used) in rows {
        check(USED, (1, 5), caps, refused(level, cap, used));
    }
    // Above the cap nothing is drawn at all.
    let day = MoneyCaps {
        day: Some(39),
        ..NO_CAP
    };
    check(USED, (0, 0), day, refused(MoneyLevel::Day, 39, 40));
}

#[test]
fn a_level_that_is_not_there_has_no_cap() {
    let used = Used {
        task: None,
        batch: None,
        ..USED
    };
    let caps = MoneyCaps {
        task: Some(0),
        batch: Some(0),
        ..NO_CAP
    };
    check(used, (1, 5), caps, Drawn::Granted(5));
}

#[test]
fn no_level_holds_more_than_it_can() {
    let most = 9_223_372_036_854_775_807;
    check(USED, (0, u64::MAX), NO_CAP, Drawn::Granted(most - 40));
    let wanted = refused(MoneyLevel::Attempt, most, 10);
    check(USED, (u64::MAX, u64::MAX), NO_CAP, wanted);
    assert_eq!(USED.room(), most - 40);
}

#[test]
fn the_earliest_money_is_settled_first() {
    let open = [(day(1), 5), (day(2), 5), (day(4), 5)];
    let part = |number, spent, back| Part {
        day: day(number),
        spent,
        back,
    };
    let rows = [
        ((0, 0), vec![], 0),
        ((3, 0), vec![part(1, 3, 0)], 0),
        ((3, 4), vec![part(1, 3, 2), part(2, 0, 2)], 0),
        ((7, 1), vec![part(1, 5, 0), part(2, 2, 1)], 0),
        (
            (7, 100),
            vec![part(1, 5, 0), part(2, 2, 3), part(4, 0, 5)],
            0,
        ),
        (
            (18, 1),
            vec![part(1, 5, 0), part(2, 5, 0), part(4, 5, 0)],
            3,
        ),
    ];
    for ((spent, back), wanted, over) in rows {
        assert_eq!(parts(open, spent, back), (wanted, over), "{spent} {back}");
    }
    assert_eq!(parts([], 2, 2), (vec![], 2));
}

#[test]
fn a_day_ends_at_midnight_in_utc() {
    let at = |text: &str| money_day(text.parse().unwrap());
    assert_eq!(at("2026-03-01T23:59:59.999999999Z"), day(1));
    assert_eq!(at("2026-03-02T00:00:00Z"), day(2));
    assert_eq!(at("2026-03-02T01:30:00+02:00"), day(1));
}

#[test]
fn open_money_of_attempts_that_are_over_is_uncertain() {
    let one = |number, open, spent, over| MoneyOfAttempt {
        number,
        open,
        spent,
        over,
    };
    let attempts = vec![one(1, 3, 10, true), one(2, 4, 20, false)];
    let sum = MoneyOfTask { attempts }.sum();
    let wanted = MoneySum {
        open: 7,
        spent: 30,
        uncertain: 3,
    };
    assert_eq!((sum, sum.used()), (wanted, 37));
}
