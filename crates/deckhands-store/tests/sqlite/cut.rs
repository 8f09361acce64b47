//! Files that were cut short, with a log beside them and without: what is left stays as it is.

use std::fs;
use std::path::{Path, PathBuf};

use deckhands_store::{Queries, SqliteOptions, SqliteStore, StoreError, Upkeep};

use crate::samples::{all, at, id, open, submit};

const PAGE: usize = 4096;
const HEAD: usize = 100;

/// The files of a database as they lie on the disk.
#[derive(Clone, PartialEq)]
struct Files {
    database: Option<Vec<u8>>,
    log: Option<Vec<u8>>,
}

impl Files {
    fn read(path: &Path) -> Self {
        let log = fs::read(beside(path)).ok();
        Self {
            database: fs::read(path).ok(),
            // Looking at a database makes an empty one.
            log: log.filter(|log| !log.is_empty()),
        }
    }

    /// Lays them into a place of their own.
    fn lay(&self, dir: &Path) -> PathBuf {
        let path = tempfile::tempdir_in(dir).unwrap().keep().join("db");
        if let Some(database) = &self.database {
            fs::write(&path, database).unwrap();
        }
        if let Some(log) = &self.log {
            fs::write(beside(&path), log).unwrap();
        }
        path
    }

    fn cut(&self, len: usize) -> Self {
        let database = self.database.as_ref().map(|all| all[..len].to_vec());
        let log = self.log.clone();
        Self { database, log }
    }

    fn len(&self) -> usize {
        self.database.as_ref().map_or(0, Vec::len)
    }
}

fn beside(path: &Path) -> PathBuf {
    path.with_file_name("db-wal")
}

fn refusal(path: &Path) -> Option<StoreError> {
    SqliteStore::open(path, SqliteOptions::default()).err()
}

/// Everything is in the database, nothing in a log.
async fn settled(dir: &Path) -> Files {
    let store = open(&dir.join("first"));
    for n in 0..100 {
        submit(&store, id(1, n), at(0)).await;
    }
    let path = dir.join("settled");
    store.backup(&path).await.unwrap();
    Files::read(&path)
}

/// What a process leaves that was killed: some of it in the database, some in the log only.
async fn killed(dir: &Path) -> Files {
    killed_after(dir, 100).await
}

/// The same where so many tasks came after those in the database.
async fn killed_after(dir: &Path, more: u32) -> Files {
    let path = settled(dir).await.lay(dir);
    let store = open(&path);
    for n in 100..100 + more {
        submit(&store, id(1, n), at(0)).await;
    }
    Files::read(&path)
}

/// It must be refused as damaged, with nothing changed.
fn assert_refused(what: &str, files: &Files, dir: &Path) {
    let path = files.lay(dir);
    let error = refusal(&path);
    let damaged = matches!(error, Some(StoreError::Corrupt(_)));
    assert!(damaged, "{what}: {error:?}");
    assert!(
        Files::read(&path) == *files,
        "{what}: something was changed"
    );
}

#[tokio::test]
async fn a_file_that_was_cut_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let whole = settled(dir.path()).await;
    let odd = [HEAD, 511, 512, PAGE - 1, PAGE, PAGE + 1, 2 * PAGE];
    let ends = [whole.len() - PAGE, whole.len() - PAGE + 1, whole.len() - 1];
    for len in (1..HEAD).chain(odd).chain(ends) {
        assert_refused(&format!("{len} bytes"), &whole.cut(len), dir.path());
    }
    let store = open(&whole.lay(dir.path()));
    assert_eq!(all(&store, at(0)).await.len(), 100);
}

#[tokio::test]
async fn a_file_without_its_head_is_refused_although_its_log_is_there() {
    let dir = tempfile::tempdir().unwrap();
    let whole = killed(dir.path()).await;
    assert!(whole.log.as_ref().is_some_and(|log| !log.is_empty()));
    for len in 0..HEAD {
        assert_refused(&format!("{len} bytes"), &whole.cut(len), dir.path());
    }
    let missing = Files {
        database: None,
        ..whole.clone()
    };
    assert_refused("none", &missing, dir.path());
}

#[tokio::test]
async fn a_file_cut_beside_its_log_tells_all_or_that_it_is_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let whole = killed(dir.path()).await;
    let mut refused = 0;
    for len in [HEAD, 512, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, 8 * PAGE] {
        let cut = whole.cut(len);
        let path = cut.lay(dir.path());
        let Ok(store) = SqliteStore::open(&path, SqliteOptions::default()) else {
            assert_refused(&format!("{len} bytes"), &cut, dir.path());
            refused += 1;
            continue;
        };
        for n in 0..200 {
            let spec = store.spec(id(1, n)).await;
            let told = matches!(spec, Ok(_) | Err(StoreError::Corrupt(_)));
            assert!(told, "{len} bytes, task {n}: {spec:?}");
        }
        assert_ne!(store.check().await.unwrap(), Vec::<String>::new());
    }
    assert!(refused > 0);
    let store = open(&whole.lay(dir.path()));
    assert_eq!(all(&store, at(0)).await.len(), 200);
}

/// SQLite makes an empty file before it writes to it; whoever dies in between leaves that.
#[tokio::test]
async fn an_empty_file_with_nothing_beside_it_is_a_new_one() {
    let dir = tempfile::tempdir().unwrap();
    for log in [None, Some(Vec::new())] {
        let database = Some(Vec::new());
        let path = Files { database, log }.lay(dir.path());
        let store = open(&path);
        submit(&store, id(1, 1), at(0)).await;
        assert_eq!(all(&store, at(0)).await.len(), 1);
    }
}

/// Even a refusal opens the file, and closing it would bring the log's content into it.
#[tokio::test]
async fn a_newer_version_in_the_log_is_left_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = settled(dir.path()).await.lay(dir.path());
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "journal_mode", "WAL").unwrap();
    newer.pragma_update(None, "user_version", 99).unwrap();
    let files = Files::read(&path);
    let copy = files.lay(dir.path());
    let error = refusal(&copy);
    let told = matches!(error, Some(StoreError::Newer { found: 99, .. }));
    assert!(told, "{error:?}");
    assert!(Files::read(&copy) == files, "something was changed");
}

/// SQLite resolves a link and keeps the log beside what it leads to.
#[tokio::test]
async fn a_database_behind_a_link_is_judged_by_the_log_of_its_own_place() {
    let dir = tempfile::tempdir().unwrap();
    // The database has grown in the log only.
    let whole = killed_after(dir.path(), 40).await;
    let link_to = |files: &Files| {
        let path = files.lay(dir.path());
        let link = tempfile::tempdir_in(dir.path()).unwrap().keep().join("db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        (path, link)
    };
    let store = open(&link_to(&whole).1);
    assert_eq!(all(&store, at(0)).await.len(), 140);
    for left in [0, 50] {
        let (path, link) = link_to(&whole.cut(left));
        let error = refusal(&link);
        assert!(matches!(error, Some(StoreError::Corrupt(_))), "{error:?}");
        assert!(
            Files::read(&path) == whole.cut(left),
            "something was changed"
        );
    }
}
