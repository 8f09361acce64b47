//! Why there is no API key, and what to do about it.

use std::path::PathBuf;

use crate::origin::Origin;
use crate::shown::shell_word;

/// There is no usable API key. Loading does not fail for it: a dry run or the doctor needs none.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{kind}")]
pub struct MissingKey {
    /// Why.
    pub kind: MissingKeyKind,
}

/// Why there is no usable API key.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MissingKeyKind {
    /// The variables that could hold it are not set or empty.
    #[error("no API key: {} set{}", variables_text(variables), named_text(named))]
    Unset {
        /// Any of these would do.
        variables: Vec<String>,
        /// Who asked for that variable, where somebody did.
        named: Option<Origin>,
    },
    /// The file that should hold it cannot be read.
    #[error("no API key: read `{}` ({origin}): {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Who named it.
        origin: Origin,
        /// What the system says.
        reason: String,
    },
    /// What is there cannot be a key: empty, or white space or control characters inside.
    #[error("no API key: what is given there is none ({origin})")]
    Malformed {
        /// Where it stands.
        origin: Origin,
    },
    /// Every route of the chosen pool lacks its key.
    #[error("none of the routes `{pool}` ({origin}) has its API key")]
    NoRoute {
        /// The pool.
        pool: String,
        /// Where it was chosen.
        origin: Origin,
        /// What would help one of them.
        hint: String,
    },
    /// There is a key, but whoever chose the endpoint is trusted less than whoever set the key.
    #[error("the API key ({origin}) is not sent to provider `{provider}`, which the project chose")]
    Withheld {
        /// Where the key was set.
        origin: Origin,
        /// The provider that would have got it.
        provider: String,
    },
}

impl MissingKey {
    pub(crate) fn new(kind: MissingKeyKind) -> Self {
        Self { kind }
    }

    pub(crate) fn unset(variables: Vec<String>) -> Self {
        Self::new(MissingKeyKind::Unset {
            variables,
            named: None,
        })
    }

    /// Whether it is as if there were none: nobody gave one and nobody said where it is, or it is another
    /// endpoint's.
    pub(super) fn may_be_missing(&self) -> bool {
        matches!(
            &self.kind,
            MissingKeyKind::Unset { named: None, .. } | MissingKeyKind::Withheld { .. }
        )
    }

    /// Adds who asked for that variable.
    pub(super) fn named_by(mut self, origin: Option<&Origin>) -> Self {
        if let MissingKeyKind::Unset { named, .. } = &mut self.kind {
            *named = origin.cloned();
        }
        self
    }

    /// Adds the variables that work for every provider.
    pub(super) fn or_ours(mut self) -> Self {
        if let MissingKeyKind::Unset { variables, .. } = &mut self.kind {
            variables.extend(["DECKHANDS_API_KEY", "DECKHANDS_API_KEY_FILE"].map(str::to_owned));
        }
        self
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        Some(match &self.kind {
            MissingKeyKind::Unset { variables, .. } => {
                let name = variables
                    .first()
                    .map_or("DECKHANDS_API_KEY", String::as_str);
                format!(
                    "export {name}=…, or write the key to a file and set DECKHANDS_API_KEY_FILE"
                )
            }
            MissingKeyKind::Unreadable { path, .. } => {
                format!("ls -l {}", shell_word(&path.to_string_lossy()))
            }
            MissingKeyKind::Malformed { .. } => {
                "give the key alone, without quotes or spaces".to_owned()
            }
            MissingKeyKind::NoRoute { hint, .. } => hint.clone(),
            MissingKeyKind::Withheld { provider, .. } => {
                let name = super::provider_variable(provider);
                format!("choose the model yourself with --model, or export {name}=…")
            }
        })
    }
}

fn variables_text(variables: &[String]) -> String {
    let quoted: Vec<_> = variables.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [one] => format!("{one} is not"),
        many => format!("none of {} is", many.join(", ")),
    }
}

fn named_text(named: &Option<Origin>) -> String {
    named
        .as_ref()
        .map_or_else(String::new, |origin| format!(" (named by {origin})"))
}
