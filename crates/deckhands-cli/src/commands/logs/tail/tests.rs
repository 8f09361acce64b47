//! Lines come whole, in order and once, however they are written.

use std::fs;
use std::io::Write as _;

use tempfile::TempDir;

use super::*;

#[test]
fn lines_come_whole_as_they_are_written() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("transcript.log");
    let mut tail = Tail::new(path.clone());
    assert_eq!(tail.line().unwrap(), None, "there is no file yet");
    let mut file = fs::File::create(&path).unwrap();
    assert_eq!(tail.line().unwrap(), None);
    file.write_all(b"one\ntw").unwrap();
    assert_eq!(tail.line().unwrap(), Some(b"one\n".to_vec()));
    assert_eq!(tail.line().unwrap(), None, "the second is not whole");
    file.write_all(b"o\n\xff\nlast").unwrap();
    assert_eq!(tail.line().unwrap(), Some(b"two\n".to_vec()));
    assert_eq!(tail.line().unwrap(), Some(b"\xff\n".to_vec()));
    assert_eq!(tail.line().unwrap(), None);
    assert_eq!(tail.rest(), Some(b"last".to_vec()));
    assert_eq!((tail.rest(), tail.line().unwrap()), (None, None));
}

#[test]
fn what_cannot_be_read_is_an_error() {
    let dir = TempDir::new().unwrap();
    let mut tail = Tail::new(dir.path().to_owned());
    assert!(tail.line().is_err());
}
