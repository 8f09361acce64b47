//! Drawing and settling money in memory.

use jiff::Timestamp;
use jiff::civil::Date;

use super::State;
use super::ledger::{Change, Payer, Slices};
use crate::error::StoreResult;
use crate::lease::Fence;
use crate::money::{Draw, Drawn, Used, money_day, parts};

/// Draws for an attempt.
pub(super) fn draw(
    state: &mut State,
    fence: Fence,
    draw: &Draw,
    now: Timestamp,
) -> StoreResult<Drawn> {
    let day = money_day(now);
    let drawn = look(state, fence, day)?.used.answer(draw);
    if let Drawn::Granted(amount @ 1..) = drawn {
        book(state, fence, &[drawing(day, amount)])?;
    }
    Ok(drawn)
}

/// Settles what an attempt has open: so much was spent, and so much is given back.
pub(super) fn settle(
    state: &mut State,
    fence: Fence,
    settled: (u64, u64),
    now: Timestamp,
) -> StoreResult<()> {
    let day = money_day(now);
    let Looked { used, open } = look(state, fence, day)?;
    let changes = settling(open, settled, &used, day);
    book(state, fence, &changes)
}

/// Draws for a payer that is no stored task.
pub(super) fn draw_for(state: &mut State, payer: &str, draw: &Draw, now: Timestamp) -> Drawn {
    let day = money_day(now);
    let drawn = used_for(state, payer, day).answer(draw);
    if let Drawn::Granted(amount @ 1..) = drawn {
        book_for(state, payer, &[drawing(day, amount)], now);
    }
    drawn
}

/// Settles what a payer has open.
pub(super) fn settle_for(state: &mut State, payer: &str, settled: (u64, u64), now: Timestamp) {
    let day = money_day(now);
    let known = state.ledger.payers.get(payer);
    let open = known.map(|known| known.money.open()).unwrap_or_default();
    let used = used_for(state, payer, day);
    let changes = settling(open, settled, &used, day);
    if state.ledger.payers.contains_key(payer) || !changes.is_empty() {
        book_for(state, payer, &changes, now);
    }
}

/// What an attempt has to know before it books.
struct Looked {
    used: Used,
    open: Vec<(Date, u64)>,
}

fn look(state: &mut State, fence: Fence, day: Date) -> StoreResult<Looked> {
    let (task, batch, live) = state.fenced(fence, |row| {
        let (task, batch) = (row.money(), row.record.batch.clone());
        Ok((task, batch, row.leased(fence)?.money.clone()))
    })?;
    let used = Used {
        attempt: live.sum().used(),
        task: Some(task.used()),
        batch: batch.map(|batch| state.ledger.of_batch(&batch)),
        day: state.ledger.of_day(day),
    };
    let open = live.open();
    Ok(Looked { used, open })
}

fn used_for(state: &State, payer: &str, day: Date) -> Used {
    let known = state.ledger.payers.get(payer);
    Used {
        attempt: known.map_or(0, |known| known.money.sum().used()),
        task: None,
        batch: None,
        day: state.ledger.of_day(day),
    }
}

fn drawing(day: Date, drawn: u64) -> Change {
    let (closed, spent) = (0, 0);
    Change {
        day,
        drawn,
        closed,
        spent,
    }
}

/// What a settlement changes; what was spent above all that is open is of `today`.
fn settling(
    open: Vec<(Date, u64)>,
    (spent, back): (u64, u64),
    used: &Used,
    today: Date,
) -> Vec<Change> {
    let (parts, over) = parts(open, spent, back);
    let mut changes: Vec<Change> = parts
        .into_iter()
        .map(|part| Change {
            day: part.day,
            drawn: 0,
            closed: part.spent + part.back,
            spent: part.spent,
        })
        .collect();
    let over = over.min(used.room());
    if over > 0 {
        let (day, drawn, closed, spent) = (today, 0, 0, over);
        changes.push(Change {
            day,
            drawn,
            closed,
            spent,
        });
    }
    changes
}

fn book(state: &mut State, fence: Fence, changes: &[Change]) -> StoreResult<()> {
    let batch = state.fenced(fence, |row| {
        let batch = row.record.batch.clone();
        let live = row.leased(fence)?;
        changes.iter().for_each(|change| live.money.change(*change));
        Ok(batch)
    })?;
    let ledger = &mut state.ledger;
    for change in changes {
        ledger.count(batch.as_deref(), *change);
    }
    Ok(())
}

fn book_for(state: &mut State, payer: &str, changes: &[Change], now: Timestamp) {
    let new = || Payer {
        at: now,
        money: Slices::default(),
    };
    let payers = &mut state.ledger.payers;
    let known = payers.entry(payer.to_owned()).or_insert_with(new);
    known.at = now;
    for change in changes {
        known.money.change(*change);
    }
    for change in changes {
        state.ledger.count(None, *change);
    }
}
