//! Every setting there is, each in one row: name, variables, what is accepted, default, effect.
//!
//! All else is derived from these rows: what a file may contain, which variables count, the bounds
//! that values are held to, the reference and the template. How values are read is
//! [`parse`](crate::parse)'s business.

mod kind;
mod table;

#[cfg(test)]
mod tests;

pub(crate) use kind::{Kind, MOST_MODELS, milli};
pub use table::Key;

/// Who may set a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Setter {
    /// Every layer, those of the project included.
    Anyone,
    /// Only the user: own file, environment, flags, or a project the user trusts.
    User,
}

/// One row of the table.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// `table.key` as in the file.
    pub(crate) name: &'static str,
    pub(crate) setter: Setter,
    pub(crate) kind: Kind,
    /// The value without any layer, as text; of a default that depends on the place a description
    /// in parentheses.
    pub(crate) default: &'static str,
    /// Variables, the one that wins first.
    pub(crate) variables: &'static [&'static str],
    effect: &'static str,
}

impl Entry {
    /// Whether a configuration file may hold the key; the others are given by variable alone.
    pub(crate) fn in_file(&self) -> bool {
        !matches!(self.kind, Kind::Secret | Kind::Switch)
    }

    /// What the key does, in sentences.
    pub(crate) fn effect(&self) -> &'static str {
        self.effect.trim_start()
    }

    /// The table and the key within it.
    pub(crate) fn path(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').unwrap_or(("", self.name))
    }
}

impl Key {
    /// The name in files and in `config show`, e.g. `deadlines.work`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// The key that files call `name`.
    pub(crate) fn in_file(name: &str) -> Option<Self> {
        let entry = table::ENTRIES.iter().find(|entry| entry.name == name)?;
        entry.in_file().then_some(entry.key)
    }

    /// The key that variable `name` sets, and its place in the key's list (0 wins).
    pub(crate) fn of_variable(name: &str) -> Option<(Self, usize)> {
        table::ENTRIES.iter().find_map(|entry| {
            let place = entry
                .variables
                .iter()
                .position(|variable| *variable == name)?;
            Some((entry.key, place))
        })
    }

    pub(crate) fn entry(self) -> &'static Entry {
        // Invariant: the rows are generated beside the variants, in the same order.
        &table::ENTRIES[self as usize]
    }

    /// All keys, in the order of the reference.
    pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
        table::ENTRIES.iter()
    }
}
