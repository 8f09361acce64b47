//! What is known of money.

use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row};

use super::classify::Done;
use super::values::{At, Name, Whole};
use super::{SqliteStore, booking};
use crate::error::StoreResult;
use crate::money::{
    Booked, Draw, Drawn, MoneyOfAttempt, MoneyOfDay, MoneyOfPayer, MoneyOfTask, MoneySum,
};
use crate::port::Money;

#[async_trait]
impl Money for SqliteStore {
    async fn draw_for(&self, payer: &str, draw: Draw, now: Timestamp) -> StoreResult<Drawn> {
        let payer = payer.to_owned();
        self.write(move |tx| booking::draw_for(tx, &payer, &draw, now))
            .await
    }

    async fn settle_for(
        &self,
        payer: &str,
        spent: u64,
        back: u64,
        now: Timestamp,
    ) -> StoreResult<()> {
        let payer = payer.to_owned();
        self.write(move |tx| booking::settle_for(tx, &payer, (spent, back), now))
            .await
    }

    async fn money_of_payer(&self, payer: &str) -> StoreResult<Booked> {
        let payer = payer.to_owned();
        self.read(move |tx| {
            let sql = "SELECT coalesce(sum(open), 0), coalesce(sum(spent), 0)
                FROM purses JOIN slices ON purse = purses.id WHERE payer = ?1";
            Ok(tx.prepare_cached(sql)?.query_row([&payer], booked)?)
        })
        .await
    }

    async fn open_payers(&self) -> StoreResult<Vec<MoneyOfPayer>> {
        self.read(open_payers).await
    }

    async fn money_of_batch(&self, batch: &str) -> StoreResult<MoneySum> {
        let batch = batch.to_owned();
        self.read(move |tx| of_batch(tx, &batch)).await
    }

    async fn money_of_days(&self, since: Date) -> StoreResult<Vec<MoneyOfDay>> {
        self.read(move |tx| of_days(tx, since)).await
    }
}

/// Money of the attempts of a task.
pub(super) fn of_task(db: &Connection, task: i64) -> Done<MoneyOfTask> {
    let sql = "SELECT coalesce(sum(open), 0), coalesce(sum(spent), 0), number, ended_at IS NOT NULL
        FROM attempts LEFT JOIN purses ON attempt = attempts.id LEFT JOIN slices ON purse = purses.id
        WHERE task = ?1 GROUP BY number ORDER BY number";
    let mut statement = db.prepare_cached(sql)?;
    let attempts = statement.query_map([task], |row| {
        let Booked { open, spent } = booked(row)?;
        Ok(MoneyOfAttempt {
            number: row.get(2)?,
            open,
            spent,
            over: row.get(3)?,
        })
    })?;
    let attempts = attempts.collect::<rusqlite::Result<_>>()?;
    Ok(MoneyOfTask { attempts })
}

fn open_payers(db: &rusqlite::Transaction<'_>) -> Done<Vec<MoneyOfPayer>> {
    // The few that are open lead to their payers, not the other way round.
    let sql = "SELECT sum(every.open), sum(every.spent), payer, at
        FROM (SELECT DISTINCT purse FROM slices INDEXED BY open_slices WHERE open > 0) AS some
        CROSS JOIN purses ON purses.id = some.purse
        CROSS JOIN slices AS every ON every.purse = purses.id
        WHERE payer IS NOT NULL GROUP BY purses.id ORDER BY payer";
    let mut statement = db.prepare_cached(sql)?;
    let payers = statement.query_map([], |row| {
        Ok(MoneyOfPayer {
            payer: row.get(2)?,
            at: row.get::<_, At>(3)?.0,
            booked: booked(row)?,
        })
    })?;
    Ok(payers.collect::<rusqlite::Result<_>>()?)
}

fn of_batch(db: &Connection, batch: &str) -> Done<MoneySum> {
    let sql = "SELECT open, spent, gone_open + coalesce((SELECT sum(slices.open)
            FROM slices INDEXED BY open_slices
            CROSS JOIN purses ON purses.id = purse
            CROSS JOIN attempts ON attempts.id = attempt
            CROSS JOIN tasks ON seq = task
            WHERE slices.open > 0 AND attempts.ended_at IS NOT NULL AND tasks.batch = ?1), 0)
        FROM batch_money WHERE batch = ?1";
    let found = db.prepare_cached(sql)?.query_row([batch], sum);
    Ok(found.optional()?.unwrap_or_default())
}

fn of_days(db: &Connection, since: Date) -> Done<Vec<MoneyOfDay>> {
    let sql = "SELECT open, spent, gone_open + coalesce((SELECT sum(slices.open)
            FROM slices INDEXED BY open_slices
            CROSS JOIN purses ON purses.id = purse
            CROSS JOIN attempts ON attempts.id = attempt
            WHERE slices.open > 0 AND slices.day = day_money.day
                AND attempts.ended_at IS NOT NULL), 0), day
        FROM day_money WHERE day >= ?1 AND open + spent > 0 ORDER BY day";
    let mut statement = db.prepare_cached(sql)?;
    let days = statement.query_map([Name(since)], |row| {
        Ok(MoneyOfDay {
            day: row.get::<_, Name<Date>>(3)?.0,
            sum: sum(row)?,
        })
    })?;
    Ok(days.collect::<rusqlite::Result<_>>()?)
}

fn booked(row: &Row<'_>) -> rusqlite::Result<Booked> {
    let (Whole(open), Whole(spent)) = (row.get(0)?, row.get(1)?);
    Ok(Booked { open, spent })
}

fn sum(row: &Row<'_>) -> rusqlite::Result<MoneySum> {
    let Booked { open, spent } = booked(row)?;
    let Whole(uncertain) = row.get(2)?;
    Ok(MoneySum {
        open,
        spent,
        uncertain,
    })
}
