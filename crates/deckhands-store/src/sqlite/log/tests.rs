//! Logs that SQLite wrote, whole and damaged.

use std::fs;

use rusqlite::Connection;

use super::*;

const PAGE: usize = 512;

/// A log of several transactions with each of the pages, and how many pages there are.
fn log() -> (Vec<u8>, u64) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("db");
    let db = Connection::open(&path).unwrap();
    db.pragma_update(None, "page_size", 512).unwrap();
    db.pragma_update(None, "journal_mode", "WAL").unwrap();
    db.execute_batch("CREATE TABLE notes (text)").unwrap();
    for _ in 0..4 {
        let insert = "INSERT INTO notes VALUES (hex(zeroblob(1000)))";
        db.execute_batch(insert).unwrap();
    }
    let pages = db.pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0));
    let log = fs::read(dir.path().join("db-wal")).unwrap();
    (log, u64::try_from(pages.unwrap()).unwrap())
}

fn has_of(bytes: &[u8], pages: RangeInclusive<u64>, page_size: u64) -> bool {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), bytes).unwrap();
    has(file.path(), pages, page_size).unwrap()
}

fn whole(bytes: &[u8], pages: u64) -> bool {
    has_of(bytes, 1..=pages, 512)
}

#[test]
fn a_log_has_the_pages_that_were_written_and_no_others() {
    let (log, pages) = log();
    assert!(pages > 12, "{pages}");
    assert!(whole(&log, pages));
    assert!(!whole(&log, pages + 1));
    assert!(
        !has_of(&log, 1..=pages, 4096),
        "its pages are of another size"
    );
    let gone = Path::new("/nowhere/db-wal");
    assert!(!has(gone, 1..=1, 512).unwrap());
}

#[test]
fn what_is_damaged_does_not_count_nor_what_comes_after_it() {
    let (log, pages) = log();
    // In the head: how it begins, the version, the page size, a salt, its checksum. In the first frame:
    // the page's number, the size, a salt, the checksum, the content.
    for at in [
        3,
        7,
        10,
        17,
        25,
        35,
        39,
        41,
        50,
        60,
        HEAD + FRAME + PAGE - 1,
    ] {
        let mut damaged = log.clone();
        damaged[at] ^= 1;
        assert!(!has_of(&damaged, 1..=1, 512), "byte {at}");
    }
    let mut damaged = log.clone();
    *damaged.last_mut().unwrap() ^= 1;
    assert!(!whole(&damaged, pages));
    assert!(has_of(&damaged, 1..=1, 512));
}

#[test]
fn a_transaction_that_was_not_ended_does_not_count() {
    let (log, pages) = log();
    let frames = (log.len() - HEAD) / (FRAME + PAGE);
    let cut = |left: usize| &log[..HEAD + left * (FRAME + PAGE)];
    // Of the last transaction this is the last frame but one.
    let last = pages - 1..=pages - 1;
    assert!(has_of(cut(frames), last.clone(), 512));
    assert!((0..frames).all(|left| !has_of(cut(left), last.clone(), 512)));
    assert!(!has_of(&log[..log.len() - 1], last, 512));
    for short in [0, HEAD - 1, HEAD, HEAD + FRAME] {
        assert!(!has_of(&log[..short], 1..=1, 512), "{short} bytes");
    }
}

/// A log that is begun anew keeps the frames of before behind its own.
#[test]
fn frames_of_an_earlier_log_do_not_count() {
    let (log, pages) = log();
    let (other, _) = self::log();
    let half = HEAD + 8 * (FRAME + PAGE);
    let mixed = [&other[..half], &log[half..]].concat();
    assert!(has_of(&mixed, 1..=1, 512));
    assert!(!whole(&mixed, pages));
}

/// A database of a gibibyte has one page that is written nowhere.
#[test]
fn the_page_of_the_locks_is_not_wanted() {
    let locks = (1 << 30) / 512 + 1;
    assert!(has_of(&[], locks..=locks, 512));
    assert!(!has_of(&[], locks..=locks + 1, 512));
    assert!(!has_of(&[], locks - 1..=locks, 512));
}
