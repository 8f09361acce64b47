//! Drawing and settling money. What is counted of it, for tasks, batches and days, follows by triggers.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::classify::Done;
use super::rows::Live;
use super::values::{At, Name, Whole};
use crate::money::{Draw, Drawn, Used, money_day, parts};

/// Draws for an attempt.
pub(super) fn draw(db: &Connection, live: &Live, draw: &Draw, now: Timestamp) -> Done<Drawn> {
    let day = money_day(now);
    let drawn = used(db, live, day)?.answer(draw);
    if let Drawn::Granted(amount @ 1..) = drawn {
        let purse = purse(db, live.attempt)?;
        change(db, (purse, day), Change::drawn(amount))?;
    }
    Ok(drawn)
}

/// Draws for a payer that is no stored task.
pub(super) fn draw_for(db: &Connection, payer: &str, draw: &Draw, now: Timestamp) -> Done<Drawn> {
    let day = money_day(now);
    let drawn = used_for(db, payer, day)?.answer(draw);
    if let Drawn::Granted(amount @ 1..) = drawn {
        let purse = purse_for(db, payer, now)?;
        change(db, (purse, day), Change::drawn(amount))?;
    }
    Ok(drawn)
}

/// Settles what an attempt has open: so much was spent, and so much is given back.
pub(super) fn settle(
    db: &Connection,
    live: &Live,
    (spent, back): (u64, u64),
    now: Timestamp,
) -> Done<()> {
    let sql = "SELECT id FROM purses WHERE attempt = ?1";
    let known = found(db, sql, live.attempt)?;
    let day = money_day(now);
    let over = book(db, known, (spent, back))?;
    if over > 0 {
        let over = over.min(used(db, live, day)?.room());
        let purse = purse(db, live.attempt)?;
        change(db, (purse, day), Change::spent(over))?;
    }
    Ok(())
}

/// Settles what a payer has open.
pub(super) fn settle_for(
    db: &Connection,
    payer: &str,
    (spent, back): (u64, u64),
    now: Timestamp,
) -> Done<()> {
    let known = found(db, "SELECT id FROM purses WHERE payer = ?1", payer)?;
    let day = money_day(now);
    let over = book(db, known, (spent, back))?;
    if known.is_some() || over > 0 {
        let over = over.min(used_for(db, payer, day)?.room());
        let purse = purse_for(db, payer, now)?;
        change(db, (purse, day), Change::spent(over))?;
    }
    Ok(())
}

/// Books what a purse has open; returns what was spent above that.
fn book(db: &Connection, purse: Option<i64>, (spent, back): (u64, u64)) -> Done<u64> {
    let Some(purse) = purse else {
        return Ok(spent);
    };
    let sql = "SELECT day, open FROM slices WHERE purse = ?1 AND open > 0 ORDER BY day";
    let mut statement = db.prepare_cached(sql)?;
    let open = statement.query_map([purse], |row| {
        Ok((row.get::<_, Name<Date>>(0)?.0, row.get::<_, Whole>(1)?.0))
    })?;
    let open: Vec<(Date, u64)> = open.collect::<rusqlite::Result<_>>()?;
    let (parts, over) = parts(open, spent, back);
    for part in parts {
        let (closed, spent) = (part.spent + part.back, part.spent);
        let drawn = 0;
        let settled = Change {
            drawn,
            closed,
            spent,
        };
        change(db, (purse, part.day), settled)?;
    }
    Ok(over)
}

/// What becomes of the money of one day.
struct Change {
    drawn: u64,
    closed: u64,
    spent: u64,
}

impl Change {
    const fn drawn(drawn: u64) -> Self {
        Self {
            drawn,
            closed: 0,
            spent: 0,
        }
    }

    const fn spent(spent: u64) -> Self {
        Self {
            drawn: 0,
            closed: 0,
            spent,
        }
    }
}

fn change(db: &Connection, (purse, day): (i64, Date), change: Change) -> Done<()> {
    let Change {
        drawn,
        closed,
        spent,
    } = change;
    if (drawn, closed, spent) == (0, 0, 0) {
        return Ok(());
    }
    let day = Name(day);
    let sql = "INSERT INTO slices (purse, day) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    db.prepare_cached(sql)?.execute(params![purse, day])?;
    let sql = "UPDATE slices SET open = open - ?4 + ?3, spent = spent + ?5
        WHERE purse = ?1 AND day = ?2";
    let (drawn, closed, spent) = (Whole(drawn), Whole(closed), Whole(spent));
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![purse, day, drawn, closed, spent])?;
    Ok(())
}

/// What is used where an attempt draws.
fn used(db: &Connection, live: &Live, day: Date) -> Done<Used> {
    let sql = "SELECT
            coalesce((SELECT sum(open + spent) FROM purses JOIN slices ON purse = purses.id
                WHERE attempt = ?2), 0),
            coalesce((SELECT open + spent FROM day_money WHERE day = ?3), 0),
            money_open + money_spent,
            CASE WHEN batch IS NOT NULL THEN coalesce((SELECT open + spent FROM batch_money
                WHERE batch_money.batch = tasks.batch), 0) END
        FROM tasks WHERE seq = ?1";
    let key = params![live.task, live.attempt, Name(day)];
    let used = db.prepare_cached(sql)?.query_row(key, |row| {
        Ok(Used {
            attempt: whole(row, 0)?,
            task: Some(whole(row, 2)?),
            batch: row.get::<_, Option<Whole>>(3)?.map(|used| used.0),
            day: whole(row, 1)?,
        })
    });
    Ok(used?)
}

/// What is used where a payer draws that is no stored task.
fn used_for(db: &Connection, payer: &str, day: Date) -> Done<Used> {
    let sql = "SELECT
            coalesce((SELECT sum(open + spent) FROM purses JOIN slices ON purse = purses.id
                WHERE payer = ?1), 0),
            coalesce((SELECT open + spent FROM day_money WHERE day = ?2), 0)";
    let key = params![payer, Name(day)];
    let used = db.prepare_cached(sql)?.query_row(key, |row| {
        Ok(Used {
            attempt: whole(row, 0)?,
            task: None,
            batch: None,
            day: whole(row, 1)?,
        })
    });
    Ok(used?)
}

fn whole(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    Ok(row.get::<_, Whole>(column)?.0)
}

/// The purse of an attempt, which is made where there is none.
fn purse(db: &Connection, attempt: i64) -> Done<i64> {
    if let Some(known) = found(db, "SELECT id FROM purses WHERE attempt = ?1", attempt)? {
        return Ok(known);
    }
    let sql = "INSERT INTO purses (attempt) VALUES (?1)";
    db.prepare_cached(sql)?.execute([attempt])?;
    Ok(db.last_insert_rowid())
}

/// The purse of a payer, which is made where there is none. It has booked something now.
fn purse_for(db: &Connection, payer: &str, now: Timestamp) -> Done<i64> {
    let sql = "INSERT INTO purses (payer, at) VALUES (?1, ?2)
        ON CONFLICT (payer) DO UPDATE SET at = excluded.at RETURNING id";
    let mut statement = db.prepare_cached(sql)?;
    let id = statement.query_row(params![payer, At(now)], |row| row.get(0));
    Ok(id?)
}

fn found(db: &Connection, sql: &str, key: impl rusqlite::ToSql) -> Done<Option<i64>> {
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([key], |row| row.get(0));
    Ok(found.optional()?)
}
