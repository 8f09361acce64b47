//! What workers write about the attempts that they hold.

use async_trait::async_trait;
use deckhands_model::AttemptId;
use jiff::Timestamp;
use rusqlite::{Connection, params};
use serde_json::{Value, json};

use super::classify::Done;
use super::rows::{self, Live};
use super::values::{At, Json, Term, Word};
use super::{SqliteStore, booking, claim, ends};
use crate::error::StoreResult;
use crate::lease::{Fence, LeaseTerm, SilentLease, WorkerId};
use crate::money::{Draw, Drawn};
use crate::port::Work;
use crate::records::{AttemptEnd, Intent, Progress, Session};
use crate::task::{Claim, Renewed, TaskEnd, Waiting};

#[async_trait]
impl Work for SqliteStore {
    async fn claim(
        &self,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Option<Claim>> {
        self.write(move |tx| claim::claim(tx, worker, term, now))
            .await
    }

    async fn adopt(
        &self,
        attempt: AttemptId,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        self.write(move |tx| claim::adopt(tx, attempt, worker, term, now))
            .await
    }

    async fn adopt_silent(
        &self,
        seen: SilentLease,
        worker: WorkerId,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Claim> {
        self.write(move |tx| claim::adopt_silent(tx, seen, worker, term, now))
            .await
    }

    async fn renew(&self, fence: Fence, term: LeaseTerm, now: Timestamp) -> StoreResult<Renewed> {
        self.fenced(fence, move |db, live| renew(db, live, term, now))
            .await
    }

    async fn start(
        &self,
        fence: Fence,
        route: &str,
        term: LeaseTerm,
        now: Timestamp,
    ) -> StoreResult<Renewed> {
        let route = route.to_owned();
        self.fenced(fence, move |db, live| start(db, live, &route, (term, now)))
            .await
    }

    async fn intend(&self, fence: Fence, object: &Intent, now: Timestamp) -> StoreResult<()> {
        let object = object.clone();
        self.fenced(fence, move |db, live| intend(db, live, &object, now))
            .await
    }

    async fn progress(&self, fence: Fence, progress: &Progress, _: Timestamp) -> StoreResult<()> {
        let progress = progress.clone();
        self.fenced(fence, move |db, live| {
            let sql = "UPDATE attempts SET progress = ?2 WHERE id = ?1";
            let mut statement = db.prepare_cached(sql)?;
            statement.execute(params![live.attempt, Json(&progress)])?;
            Ok(())
        })
        .await
    }

    async fn session(
        &self,
        fence: Fence,
        session: Option<&Session>,
        _: Timestamp,
    ) -> StoreResult<()> {
        let session = session.cloned();
        self.fenced(fence, move |db, live| {
            let sql = "UPDATE attempts SET session = ?2 WHERE id = ?1";
            let mut statement = db.prepare_cached(sql)?;
            statement.execute(params![live.attempt, session.as_ref().map(Json)])?;
            Ok(())
        })
        .await
    }

    async fn draw(&self, fence: Fence, draw: Draw, now: Timestamp) -> StoreResult<Drawn> {
        self.fenced(fence, move |db, live| booking::draw(db, live, &draw, now))
            .await
    }

    async fn settle(&self, fence: Fence, spent: u64, back: u64, now: Timestamp) -> StoreResult<()> {
        self.fenced(fence, move |db, live| {
            booking::settle(db, live, (spent, back), now)
        })
        .await
    }

    async fn pause(&self, fence: Fence, progress: &Progress, now: Timestamp) -> StoreResult<()> {
        let progress = progress.clone();
        self.fenced(fence, move |db, live| pause(db, live, &progress, now))
            .await
    }

    async fn requeue(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        waiting: &Waiting,
        now: Timestamp,
    ) -> StoreResult<()> {
        let (end, waiting) = (end.clone(), waiting.clone());
        self.fenced(fence, move |db, live| {
            ends::requeue(db, live, &end, &waiting, now)
        })
        .await
    }

    async fn give_back(
        &self,
        fence: Fence,
        not_before: Option<Timestamp>,
        note: &str,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let note = note.to_owned();
        self.fenced(fence, move |db, live| {
            ends::give_back(db, live, not_before, &note, now)
        })
        .await
    }

    async fn finish(
        &self,
        fence: Fence,
        end: &AttemptEnd,
        task: &TaskEnd,
        now: Timestamp,
    ) -> StoreResult<()> {
        let (end, task) = (end.clone(), task.clone());
        self.fenced(fence, move |db, live| {
            ends::finish(db, live, &end, &task, now)
        })
        .await
    }

    async fn note(
        &self,
        fence: Fence,
        kind: &str,
        data: &Value,
        now: Timestamp,
    ) -> StoreResult<()> {
        let (kind, data) = (kind.to_owned(), data.clone());
        self.fenced(fence, move |db, live| {
            rows::event(db, (live.task, Some(live.number)), &kind, &data, now)
        })
        .await
    }
}

impl SqliteStore {
    /// A write about an attempt, refused as `Stale` where the lease is not held.
    async fn fenced<T, F>(&self, fence: Fence, work: F) -> StoreResult<T>
    where
        F: Fn(&Connection, &Live) -> Done<T> + Send + 'static,
        T: Send + 'static,
    {
        self.write(move |tx| {
            let live = rows::live(tx, fence)?;
            work(tx, &live)
        })
        .await
    }
}

fn renew(db: &Connection, live: &Live, term: LeaseTerm, now: Timestamp) -> Done<Renewed> {
    let lease_until = term.end(now);
    let sql = "UPDATE attempts SET lease_until = ?2, term = ?3 WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![live.attempt, At(lease_until), Term(term)])?;
    Ok(Renewed {
        lease_until,
        cancel_requested: live.cancel_requested,
    })
}

fn start(
    db: &Connection,
    live: &Live,
    route: &str,
    (term, now): (LeaseTerm, Timestamp),
) -> Done<Renewed> {
    let lease_until = term.end(now);
    let sql = "UPDATE attempts SET state = 'running', route = ?2, lease_until = ?3, term = ?4
        WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![live.attempt, route, At(lease_until), Term(term)])?;
    let data = json!({ "route": route });
    rows::event(db, (live.task, Some(live.number)), "started", &data, now)?;
    Ok(Renewed {
        lease_until,
        cancel_requested: live.cancel_requested,
    })
}

fn intend(db: &Connection, live: &Live, object: &Intent, now: Timestamp) -> Done<()> {
    let sql = "INSERT INTO objects (attempt, kind, name, labels) VALUES (?1, ?2, ?3, ?4)
        ON CONFLICT DO UPDATE SET labels = excluded.labels WHERE labels <> excluded.labels";
    let mut statement = db.prepare_cached(sql)?;
    let (kind, labels) = (Word(object.kind), Json(&object.labels));
    let changed = statement.execute(params![live.attempt, kind, object.name, labels])?;
    if changed == 0 {
        return Ok(());
    }
    let data = json!({ "kind": object.kind, "name": object.name });
    rows::event(db, (live.task, Some(live.number)), "object", &data, now)
}

fn pause(db: &Connection, live: &Live, progress: &Progress, now: Timestamp) -> Done<()> {
    let sql = "UPDATE attempts SET state = 'paused', progress = ?2, lease_until = ?3
        WHERE id = ?1";
    let mut statement = db.prepare_cached(sql)?;
    statement.execute(params![live.attempt, Json(progress), At(now)])?;
    rows::event(
        db,
        (live.task, Some(live.number)),
        "paused",
        &Value::Null,
        now,
    )
}
