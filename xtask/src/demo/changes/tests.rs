//! Which files count as left by the agent.

use std::path::PathBuf;

use super::{Contents, differing};

/// Path and text.
type File = (&'static str, &'static str);

fn contents(files: &[File]) -> Contents {
    let owned = |(path, text): &File| (PathBuf::from(path), text.as_bytes().to_vec());
    files.iter().map(owned).collect()
}

#[test]
fn new_and_different_files_are_found() {
    let old = [("README.md", "hello"), ("src/lib.rs", "old")];
    let rows: [(&[File], &[&str]); 4] = [
        (&old, &[]),
        (&[("README.md", "hello")], &[]),
        (
            &[("README.md", "hello"), ("src/lib.rs", "new")],
            &["src/lib.rs"],
        ),
        (
            &[("hello.txt", ""), ("README.md", "hi")],
            &["README.md", "hello.txt"],
        ),
    ];
    for (new, expected) in rows {
        let expected: Vec<PathBuf> = expected.iter().map(PathBuf::from).collect();
        assert_eq!(
            differing(&contents(&old), contents(new)),
            expected,
            "{new:?}"
        );
    }
}
