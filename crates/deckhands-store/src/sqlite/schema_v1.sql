-- Times are whole nanoseconds since 1970; 9223372036854775807 means "later than that can say".
-- Large documents are in tables of their own, so that a transition does not rewrite them.

CREATE TABLE tasks (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 32),
    title TEXT NOT NULL,
    priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 3),
    category TEXT,
    model TEXT,
    batch TEXT,
    idempotency_key TEXT,
    retry_of TEXT,
    -- `waiting` is told as `pending` or `queued`, whichever holds at the time of the question.
    state TEXT NOT NULL CHECK
        (state IN ('waiting', 'running', 'completed', 'failed', 'cancelled', 'degraded')),
    held INTEGER NOT NULL CHECK (held IN (0, 1)),
    cancel_requested INTEGER NOT NULL DEFAULT 0 CHECK (cancel_requested IN (0, 1)),
    not_before INTEGER,
    -- 1 where there is a `not_before`; `ready_since` is the same then.
    timed INTEGER NOT NULL CHECK (timed IN (0, 1)),
    -- Since when it may start: the age that counts.
    ready_since INTEGER NOT NULL,
    submitted_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- Of its last lease. Never lowered: the number of an attempt that was given back is given out
    -- again, and then the epoch alone tells an old fence from a good one.
    epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0),
    recovery TEXT NOT NULL DEFAULT 'null',
    cause TEXT,
    note TEXT,
    -- Nanodollars of all its attempts.
    money_open INTEGER NOT NULL DEFAULT 0 CHECK (money_open >= 0),
    money_spent INTEGER NOT NULL DEFAULT 0 CHECK (money_spent >= 0),
    CHECK ((state IN ('waiting', 'running')) = (ended_at IS NULL)),
    CHECK (timed = (not_before IS NOT NULL)),
    CHECK (timed = 0 OR ready_since = not_before)
) STRICT;

-- Within one priority the older always goes first, so the next task is the first row of one of
-- the classes (timed, priority), whatever the ageing.
CREATE INDEX ready ON tasks (timed, priority, ready_since)
    WHERE state = 'waiting' AND held = 0;
-- Those that wait for a time, or did until it came.
CREATE INDEX due ON tasks (ready_since, submitted_at)
    WHERE state = 'waiting' AND held = 0 AND timed = 1;
CREATE INDEX oldest ON tasks (submitted_at)
    WHERE state = 'waiting' AND held = 0 AND timed = 0;
CREATE INDEX ended ON tasks (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX by_state ON tasks (state);
CREATE INDEX by_batch ON tasks (batch) WHERE batch IS NOT NULL;
CREATE UNIQUE INDEX by_key ON tasks (idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE specs (
    task INTEGER PRIMARY KEY REFERENCES tasks (seq) ON DELETE CASCADE,
    spec TEXT NOT NULL
) STRICT;

CREATE TABLE results (
    task INTEGER PRIMARY KEY REFERENCES tasks (seq) ON DELETE CASCADE,
    result TEXT NOT NULL
) STRICT;

CREATE TABLE attempts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
    number INTEGER NOT NULL CHECK (number > 0),
    state TEXT NOT NULL CHECK (state IN ('leased', 'running', 'paused', 'ended')),
    epoch INTEGER NOT NULL,
    worker TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    -- Nanoseconds that the lease held when it was taken or renewed last.
    term INTEGER NOT NULL CHECK (term >= 0),
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    route TEXT,
    progress TEXT NOT NULL,
    session TEXT,
    adoptions INTEGER NOT NULL DEFAULT 0,
    report TEXT,
    UNIQUE (task, number),
    CHECK ((state = 'ended') = (ended_at IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX one_live_attempt ON attempts (task) WHERE ended_at IS NULL;
CREATE INDEX live ON attempts (id) WHERE ended_at IS NULL;

CREATE TABLE objects (
    id INTEGER PRIMARY KEY,
    attempt INTEGER NOT NULL REFERENCES attempts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    labels TEXT NOT NULL,
    UNIQUE (attempt, kind, name)
) STRICT;

CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    task INTEGER NOT NULL REFERENCES tasks (seq) ON DELETE CASCADE,
    attempt INTEGER,
    kind TEXT NOT NULL,
    data TEXT NOT NULL
) STRICT;

CREATE INDEX events_of_task ON events (task);

-- Who pays: an attempt, or somebody who is no stored task, with the time of the last booking.
CREATE TABLE purses (
    id INTEGER PRIMARY KEY,
    attempt INTEGER UNIQUE REFERENCES attempts (id) ON DELETE CASCADE,
    payer TEXT UNIQUE,
    at INTEGER,
    CHECK ((attempt IS NULL) = (payer IS NOT NULL)),
    CHECK ((payer IS NULL) = (at IS NULL))
) STRICT;

CREATE INDEX payers ON purses (at) WHERE at IS NOT NULL;

-- Nanodollars by the day in UTC on which they were drawn, as `2026-01-31`.
CREATE TABLE slices (
    purse INTEGER NOT NULL REFERENCES purses (id) ON DELETE CASCADE,
    day TEXT NOT NULL,
    open INTEGER NOT NULL DEFAULT 0 CHECK (open >= 0),
    spent INTEGER NOT NULL DEFAULT 0 CHECK (spent >= 0),
    PRIMARY KEY (purse, day)
) STRICT, WITHOUT ROWID;

-- Few: of what is at work, and of what is uncertain.
CREATE INDEX open_slices ON slices (day) WHERE open > 0;

-- Counters instead of scans; the triggers keep them in the transition's own transaction.
-- `fresh` is a task that no attempt was made at and that is no retry of another one: only those
-- count against the queue's bound.
CREATE TABLE task_counts (
    state TEXT NOT NULL,
    priority INTEGER NOT NULL,
    held INTEGER NOT NULL,
    timed INTEGER NOT NULL,
    fresh INTEGER NOT NULL,
    n INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (state, priority, held, timed, fresh)
) STRICT, WITHOUT ROWID;

CREATE TABLE live_attempts (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    n INTEGER NOT NULL CHECK (n >= 0)
) STRICT;
INSERT INTO live_attempts VALUES (1, 0);

CREATE TRIGGER count_new_task AFTER INSERT ON tasks BEGIN
    INSERT INTO task_counts
        VALUES (new.state, new.priority, new.held, new.timed, new.attempts = 0 AND new.retry_of IS NULL, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER count_changed_task
AFTER UPDATE OF state, priority, held, timed, attempts, retry_of ON tasks BEGIN
    UPDATE task_counts SET n = n - 1
        WHERE state = old.state AND priority = old.priority AND held = old.held
        AND timed = old.timed AND fresh = (old.attempts = 0 AND old.retry_of IS NULL);
    INSERT INTO task_counts
        VALUES (new.state, new.priority, new.held, new.timed, new.attempts = 0 AND new.retry_of IS NULL, 1)
        ON CONFLICT DO UPDATE SET n = n + 1;
END;

CREATE TRIGGER count_removed_task AFTER DELETE ON tasks BEGIN
    UPDATE task_counts SET n = n - 1
        WHERE state = old.state AND priority = old.priority AND held = old.held
        AND timed = old.timed AND fresh = (old.attempts = 0 AND old.retry_of IS NULL);
END;

CREATE TRIGGER count_new_attempt AFTER INSERT ON attempts WHEN new.ended_at IS NULL BEGIN
    UPDATE live_attempts SET n = n + 1;
END;

CREATE TRIGGER count_ended_attempt AFTER UPDATE OF ended_at ON attempts
WHEN old.ended_at IS NULL AND new.ended_at IS NOT NULL BEGIN
    UPDATE live_attempts SET n = n - 1;
END;

CREATE TRIGGER count_removed_attempt AFTER DELETE ON attempts WHEN old.ended_at IS NULL BEGIN
    UPDATE live_attempts SET n = n - 1;
END;

-- Sums of the calls of attempts that ended, also of those that were removed; '' where there is no route,
-- model or cause.
CREATE TABLE call_sums (
    route TEXT NOT NULL,
    model TEXT NOT NULL,
    cause TEXT NOT NULL,
    sum TEXT NOT NULL,
    PRIMARY KEY (route, model, cause)
) STRICT, WITHOUT ROWID;

-- Sums of money. What was removed is in them, too, and is the `gone` part, which nobody settles.
CREATE TABLE batch_money (
    batch TEXT PRIMARY KEY,
    open INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0,
    gone_open INTEGER NOT NULL DEFAULT 0 CHECK (gone_open BETWEEN 0 AND open),
    gone_spent INTEGER NOT NULL DEFAULT 0 CHECK (gone_spent BETWEEN 0 AND spent)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_money (
    day TEXT PRIMARY KEY,
    open INTEGER NOT NULL DEFAULT 0,
    spent INTEGER NOT NULL DEFAULT 0,
    gone_open INTEGER NOT NULL DEFAULT 0 CHECK (gone_open BETWEEN 0 AND open),
    gone_spent INTEGER NOT NULL DEFAULT 0 CHECK (gone_spent BETWEEN 0 AND spent)
) STRICT, WITHOUT ROWID;

-- Slices begin with nothing, so that only their changes count. What was is taken away first: a sum may
-- be the largest there is.
CREATE TRIGGER count_money AFTER UPDATE OF open, spent ON slices BEGIN
    INSERT INTO day_money (day) VALUES (new.day) ON CONFLICT DO NOTHING;
    UPDATE day_money SET open = open - old.open + new.open, spent = spent - old.spent + new.spent
        WHERE day = new.day;
    UPDATE tasks SET money_open = money_open - old.open + new.open,
            money_spent = money_spent - old.spent + new.spent
        WHERE seq = (SELECT task FROM purses JOIN attempts ON attempts.id = attempt
            WHERE purses.id = new.purse);
    INSERT INTO batch_money (batch)
        SELECT batch FROM purses JOIN attempts ON attempts.id = attempt JOIN tasks ON seq = task
            WHERE purses.id = new.purse AND batch IS NOT NULL
        ON CONFLICT DO NOTHING;
    UPDATE batch_money SET open = open - old.open + new.open, spent = spent - old.spent + new.spent
        WHERE batch = (SELECT tasks.batch
            FROM purses JOIN attempts ON attempts.id = attempt JOIN tasks ON seq = task
            WHERE purses.id = new.purse);
END;

CREATE TRIGGER keep_money_of_removed_slice AFTER DELETE ON slices BEGIN
    UPDATE day_money SET gone_open = gone_open + old.open, gone_spent = gone_spent + old.spent
        WHERE day = old.day;
END;

CREATE TRIGGER keep_money_of_removed_task BEFORE DELETE ON tasks WHEN old.batch IS NOT NULL BEGIN
    UPDATE batch_money SET gone_open = gone_open + old.money_open,
            gone_spent = gone_spent + old.money_spent
        WHERE batch = old.batch;
END;

CREATE TRIGGER remove_money_of_batch AFTER DELETE ON tasks WHEN old.batch IS NOT NULL BEGIN
    DELETE FROM batch_money WHERE batch = old.batch
        AND NOT EXISTS (SELECT 1 FROM tasks WHERE batch = old.batch);
END;
