//! Files that were cut short, with a log beside them and without: what is left stays as it is.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deckhands_store::{Intake, Retention, SqliteOptions, SqliteStore, StoreError, Upkeep};

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

    /// Whether the database has more pages than its own file.
    fn is_short(&self) -> bool {
        let path = self.lay(&std::env::temp_dir());
        let db = rusqlite::Connection::open(&path).unwrap();
        let number = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        let pages = db.pragma_query_value(None, "page_count", number);
        drop(db);
        fs::remove_dir_all(path.parent().unwrap()).unwrap();
        usize::try_from(pages.unwrap()).unwrap() * PAGE > self.len()
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

/// The log has what was written since it was begun anew, which is not all that was cut off.
#[tokio::test]
async fn a_file_cut_beside_a_log_without_the_rest_is_refused_and_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let whole = killed(dir.path()).await;
    let pages = whole.len() / PAGE;
    let odd = [HEAD, 512, PAGE, PAGE + 1, 2 * PAGE, 3 * PAGE, 8 * PAGE];
    for len in odd
        .into_iter()
        .chain([(pages / 2) * PAGE, pages / 2 * PAGE + 77])
    {
        let cut = whole.cut(len);
        assert_refused(&format!("{len} bytes"), &cut, dir.path());
        let path = cut.lay(dir.path());
        let error = SqliteStore::look(&path, SqliteOptions::default()).err();
        let told = matches!(error, Some(StoreError::Corrupt(_)));
        assert!(told, "{len} bytes: {error:?}");
    }
    let store = open(&whole.lay(dir.path()));
    assert_eq!(all(&store, at(0)).await.len(), 200);
}

#[tokio::test]
async fn a_cut_file_opens_only_where_its_log_has_all_of_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    // Few enough that the log was not folded in meanwhile.
    let whole = killed_after(dir.path(), 40).await;
    let mut opened = 0;
    let mut refused = 0;
    for pages in 1..whole.len() / PAGE {
        let cut = whole.cut(pages * PAGE);
        let path = cut.lay(dir.path());
        let Ok(store) = SqliteStore::open(&path, SqliteOptions::default()) else {
            assert_refused(&format!("{pages} pages"), &cut, dir.path());
            refused += 1;
            continue;
        };
        opened += 1;
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        assert_eq!(all(&store, at(0)).await.len(), 140, "{pages} pages");
    }
    assert!(
        opened > 0 && refused > 0,
        "{opened} opened, {refused} refused"
    );
}

/// Where a log's end is torn, what was handed in last is gone, and only that.
#[tokio::test]
async fn a_file_that_grew_in_a_log_with_a_torn_end_opens() {
    let dir = tempfile::tempdir().unwrap();
    let whole = killed_after(dir.path(), 40).await;
    let log = whole.log.clone().unwrap();
    let mut left = Vec::new();
    for cut in [1, 5000, log.len() / 2, log.len() - 100] {
        let torn = Files {
            log: Some(log[..log.len() - cut].to_vec()),
            ..whole.clone()
        };
        let store = open(&torn.lay(dir.path()));
        assert_eq!(store.check().await.unwrap(), Vec::<String>::new());
        left.push(all(&store, at(0)).await.len());
    }
    assert_eq!((left[0], left[3]), (139, 100));
    assert!(left.is_sorted_by(|more, less| more >= less), "{left:?}");
}

/// A copy of a moment between two writes, the log folded in several times meanwhile.
#[tokio::test]
async fn a_copy_taken_in_mid_life_opens_with_everything() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let store = open(&path);
    let mut grown = 0;
    for n in 0..400 {
        submit(&store, id(1, n), at(0)).await;
        if n % 3 == 0 {
            store.cancel(id(1, n), at(0)).await.unwrap();
        }
        if n % 100 == 99 {
            let retention = Retention {
                keep: Duration::from_secs(1),
            };
            store.prune(retention, at(2)).await.unwrap();
        }
        if n % 16 > 0 {
            continue;
        }
        let files = Files::read(&path);
        grown += u32::from(files.is_short());
        let copy = open(&files.lay(dir.path()));
        assert_eq!(
            copy.check().await.unwrap(),
            Vec::<String>::new(),
            "after {n}"
        );
        let tasks = all(&store, at(0)).await;
        assert_eq!(all(&copy, at(0)).await, tasks, "after {n}");
    }
    assert!(grown > 5, "{grown}");
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
