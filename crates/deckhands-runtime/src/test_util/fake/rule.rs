//! Which script a new container plays.

use deckhands_model::ImageRef;

use super::script::Script;
use crate::spec::ContainerSpec;

/// Which containers a script is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Match {
    /// All.
    Any,
    /// The one of exactly this name.
    Name(String),
    /// Those whose name contains this, e.g. a role.
    NameContains(String),
    /// Those that carry this label.
    Label {
        /// The label's key.
        key: String,
        /// The label's value.
        value: String,
    },
    /// Those made from this image, as the spec names it.
    Image(ImageRef),
}

impl Match {
    /// Whether a container of this spec is meant.
    #[must_use]
    pub fn fits(&self, spec: &ContainerSpec) -> bool {
        match self {
            Self::Any => true,
            Self::Name(name) => spec.name.0 == *name,
            Self::NameContains(part) => spec.name.0.contains(part),
            Self::Label { key, value } => spec.labels.get(key) == Some(value),
            Self::Image(image) => spec.image == *image,
        }
    }
}

/// A script for some containers.
pub(super) struct Rule {
    pub(super) matching: Match,
    pub(super) script: Script,
    pub(super) uses: Uses,
}

/// How often a rule is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Uses {
    Once,
    Always,
}

/// The script of the first rule that fits; a rule for one container is used up by it.
pub(super) fn pick(rules: &mut Vec<Rule>, spec: &ContainerSpec) -> Option<Script> {
    let index = rules.iter().position(|rule| rule.matching.fits(spec))?;
    match rules[index].uses {
        Uses::Once => Some(rules.remove(index).script),
        Uses::Always => Some(rules[index].script.clone()),
    }
}
