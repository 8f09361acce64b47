//! What the `.gitignore` files of a tree ignore.
//!
//! An agent may have put anything in their place, so only plain files of a bounded size inside the
//! tree count. Git's other sources (`.git/info/exclude`, the user's own file) are not read.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::workspace::files::read_small;

/// Largest `.gitignore` that counts, in bytes: 1 MiB.
const MAX_FILE: u64 = 1 << 20;

/// Most bytes of `.gitignore` files in a tree: 8 MiB; those after it do not count.
const MAX_ALL: u64 = 8 << 20;

/// How many bytes of rules a reading took already.
#[derive(Default)]
pub(super) struct Budget(u64);

/// The rules of one directory and, below it in rank, of those above.
#[derive(Default)]
pub(super) struct Rules {
    directory: PathBuf,
    own: Option<Gitignore>,
    above: Option<Rc<Rules>>,
}

impl Rules {
    /// The rules for what is in a directory.
    pub(super) fn of(
        root: &Path,
        directory: &Path,
        above: Rc<Self>,
        budget: &mut Budget,
    ) -> Rc<Self> {
        match read(&root.join(directory).join(".gitignore"), budget) {
            None => above,
            Some(text) => Rc::new(Self {
                directory: directory.to_owned(),
                own: parsed(Path::new("."), &text),
                above: Some(above),
            }),
        }
    }

    /// Whether a path is ignored; the nearest rule that matches decides.
    pub(super) fn ignore(rules: Option<&Self>, path: &Path, is_dir: bool) -> bool {
        let mut next = rules;
        while let Some(rules) = next {
            let below = path.strip_prefix(&rules.directory).unwrap_or(path);
            match rules.own.as_ref().map(|own| own.matched(below, is_dir)) {
                Some(Match::Ignore(_)) => return true,
                Some(Match::Whitelist(_)) => return false,
                Some(Match::None) | None => next = rules.above.as_deref(),
            }
        }
        false
    }
}

fn read(path: &Path, budget: &mut Budget) -> Option<String> {
    let bytes = read_small(path, MAX_FILE.min(MAX_ALL - budget.0))?;
    budget.0 += bytes.len() as u64;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The rules of a text, for paths below `root`. Lines that are no rule are passed over, as git does.
pub(in crate::workspace) fn parsed(root: &Path, text: &str) -> Option<Gitignore> {
    let mut builder = GitignoreBuilder::new(root);
    for line in text.lines() {
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}
