//! What can be wrong with a catalogue file.

use deckhands_model::ModelIdError;

/// A fault in a catalogue file.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("line {line}, `{field}`")]
pub struct CatalogueError {
    /// The line of the fault, from 1.
    pub line: usize,
    /// The field, or the table where the fault is in none of its fields.
    pub field: String,
    /// What is wrong.
    #[source]
    pub fault: Fault,
}

/// What is wrong with a field.
#[derive(Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// No TOML, an unknown field, or a value of the wrong kind.
    #[error("{0}")]
    Malformed(String),
    /// A form of the file that this program does not know.
    #[error("is {found}: this program reads version {known}")]
    Version {
        /// What the file says.
        found: u32,
        /// What can be read.
        known: u32,
    },
    /// It must be there.
    #[error("is missing")]
    Missing,
    /// No model id.
    #[error(transparent)]
    Id(#[from] ModelIdError),
    /// Two entries for one model.
    #[error("stands in line {first}, too: a model has one entry")]
    Duplicate {
        /// The line of the first one.
        first: usize,
    },
    /// A figure outside its bounds.
    #[error("is {value}: it must lie between {least} and {most}")]
    OutOfBounds {
        /// The refused value.
        value: f64,
        /// The least value that is accepted.
        least: f64,
        /// The greatest value that is accepted.
        most: f64,
    },
    /// Verified, but by nothing.
    #[error(
        "is `verified`, which needs `evidence` with the date, the image's digest and the outcome \
         `completed`"
    )]
    NoEvidence,
}
