//! A directory as it is at a moment, to be compared with another moment.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Every entry below a directory, itself included, with all that a user could miss.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree(BTreeMap<PathBuf, Entry>);

#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    mode: u32,
    owner: (u32, u32),
    content: Content,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Content {
    File(Vec<u8>),
    Link(PathBuf),
    Other,
}

impl Tree {
    /// Reads a directory; links are not followed.
    ///
    /// # Panics
    /// When a part of it cannot be read.
    #[must_use]
    pub fn of(dir: &Path) -> Self {
        let mut tree = Self::default();
        tree.add(dir);
        tree
    }

    fn add(&mut self, path: &Path) {
        let meta = fs::symlink_metadata(path).expect("an entry of the tree");
        let content = if meta.is_file() {
            Content::File(fs::read(path).expect("a file of the tree"))
        } else if meta.is_symlink() {
            Content::Link(fs::read_link(path).expect("a link of the tree"))
        } else {
            Content::Other
        };
        let entry = Entry {
            mode: meta.mode(),
            owner: (meta.uid(), meta.gid()),
            content,
        };
        self.0.insert(path.to_owned(), entry);
        if meta.is_dir() {
            for item in fs::read_dir(path).expect("a directory of the tree") {
                self.add(&item.expect("an entry of the tree").path());
            }
        }
    }
}
