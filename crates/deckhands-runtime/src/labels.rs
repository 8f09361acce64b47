//! Labels on everything we make, and the selectors that find it again.

use std::collections::BTreeMap;

/// Labels of a container or network: key to value.
pub type Labels = BTreeMap<String, String>;

/// Objects that carry all of these labels.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LabelSelector {
    /// Key and value pairs that must all be there.
    pub equal: Labels,
}

impl LabelSelector {
    /// Selects by one label.
    #[must_use]
    pub fn with(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self::default().and(key, value)
    }

    /// Narrows by one more label.
    #[must_use]
    pub fn and(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.equal.insert(key.into(), value.into());
        self
    }

    /// Whether an object with these labels is selected.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.equal
            .iter()
            .all(|(key, value)| labels.get(key) == Some(value))
    }
}
