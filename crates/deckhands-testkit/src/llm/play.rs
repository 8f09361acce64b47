//! The places in one script: a model's own, or the one that all others share.

use std::collections::BTreeMap;

use super::answer::Form;
use super::cursor::{Cursor, Turn};
use crate::script::Script;

/// A script as it is played.
#[derive(Debug)]
pub(super) struct Play {
    common: Option<Cursor>,
    models: BTreeMap<String, Cursor>,
}

impl Play {
    pub(super) fn new(script: Script) -> Self {
        let own = |(name, script): (&str, &Script)| (name.to_owned(), Cursor::new(script.clone()));
        Self {
            models: script.models().map(own).collect(),
            common: script.has_common_steps().then(|| Cursor::new(script)),
        }
    }

    /// What a request for this model gets; none if the model is unknown.
    pub(super) fn next(&mut self, model: Option<&str>, form: Form) -> Option<Turn> {
        let own = model.and_then(|name| self.models.get_mut(name));
        let cursor = own.or(self.common.as_mut())?;
        Some(cursor.next(form))
    }

    /// The models with steps of their own, and whether any other is answered.
    pub(super) fn models(&self) -> (Vec<String>, bool) {
        (self.models.keys().cloned().collect(), self.common.is_some())
    }
}

#[cfg(test)]
mod tests;
