//! What all checks together say about a change.

use serde::{Deserialize, Serialize};

/// The judgement over one attempt's change.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", content = "findings", rename_all = "snake_case")]
pub enum Verdict {
    /// Every rule holds; findings are warnings at most.
    Accepted(Vec<Finding>),
    /// At least one rule does not hold.
    Rejected(Vec<Finding>),
    /// A rule could not be carried out, so nothing is proved.
    Inconclusive(Vec<Finding>),
}

/// One problem that a check found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Finding {
    /// How grave it is.
    pub severity: Severity,
    /// Which check found it, e.g. `empty_change` or the command of a `--check`.
    pub check: String,
    /// What is wrong, in one line or a bounded excerpt of output.
    pub message: String,
}

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth a look.
    Warning,
    /// Not acceptable.
    Error,
}

impl Verdict {
    /// Whether the change may be promoted.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        match self {
            Self::Accepted(_) => true,
            Self::Rejected(_) | Self::Inconclusive(_) => false,
        }
    }

    /// What was found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Accepted(findings) | Self::Rejected(findings) | Self::Inconclusive(findings) => {
                findings
            }
        }
    }

    /// What was found, to be cleaned before it is shown.
    pub fn findings_mut(&mut self) -> &mut [Finding] {
        match self {
            Self::Accepted(findings) | Self::Rejected(findings) | Self::Inconclusive(findings) => {
                findings
            }
        }
    }

    /// Short word for JSON documents and people.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Accepted(_) => "accepted",
            Self::Rejected(_) => "rejected",
            Self::Inconclusive(_) => "inconclusive",
        }
    }
}

#[cfg(test)]
mod tests;
