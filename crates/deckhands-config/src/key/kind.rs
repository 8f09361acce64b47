//! What a value must look like, with its bounds: one description for parsing and for people.

use std::fmt;

/// Most models in a list.
pub(crate) const MOST_MODELS: usize = 20;

/// The accepted form of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// An alias or a full model id.
    Model,
    /// An HTTP address without credentials in it.
    Url,
    /// A reference to an image.
    Image,
    /// A path; relative ones start at the file that names them, else at the working directory.
    Path,
    /// The name of an environment variable.
    VariableName,
    /// One of a few words.
    Words(&'static [&'static str]),
    /// Yes or no.
    Bool,
    /// Yes or no, kept for the prototype's variables: only one of the two can be honoured.
    Switch,
    /// A whole number.
    Count { min: u32, max: u32 },
    /// Processors, in thousandths of one.
    Cpus { min: u32, max: u32 },
    /// Bytes, the bounds in KiB.
    Size { min_kib: u64, max_kib: u64 },
    /// A time, the bounds in seconds.
    Duration { min: u64, max: u64 },
    /// Money, in US dollars.
    Money,
    /// A list of commands.
    Commands,
    /// A list of models; in one text they stand between commas.
    Models,
    /// Free text, described.
    Text(&'static str),
    /// An API key itself.
    Secret,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model => write!(f, "an alias or `provider/model`"),
            Self::Url => write!(
                f,
                "an http or https address without user, query or fragment"
            ),
            Self::Image => write!(f, "an image reference, e.g. `name:tag` or `name@sha256:…`"),
            Self::Path => write!(f, "a path"),
            Self::VariableName => {
                write!(
                    f,
                    "the name of a variable in capitals, e.g. `OPENROUTER_API_KEY`"
                )
            }
            Self::Words(words) => write!(f, "one of: {}", words.join(", ")),
            Self::Bool | Self::Switch => {
                write!(f, "`true` or `false` (also 1/0, yes/no, on/off)")
            }
            Self::Count { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Cpus { min, max } => {
                write!(
                    f,
                    "a number from {} to {}, at most 3 decimals",
                    milli(*min),
                    milli(*max)
                )
            }
            Self::Size { min_kib, max_kib } => {
                write!(
                    f,
                    "a size from {} to {}, e.g. `4g`",
                    kib(*min_kib),
                    kib(*max_kib)
                )
            }
            Self::Duration { min, max } => {
                write!(
                    f,
                    "a time from {min}s to {max}s: `90s`, `5m` or a number of seconds"
                )
            }
            Self::Money => write!(
                f,
                "an amount of US dollars with at most nine decimals, e.g. `0.50`"
            ),
            Self::Commands => write!(f, "a list of commands"),
            Self::Models => write!(
                f,
                "a list of aliases or `provider/model`, at most {MOST_MODELS}"
            ),
            Self::Text(description) => f.write_str(description),
            Self::Secret => write!(f, "an API key"),
        }
    }
}

fn kib(count: u64) -> deckhands_model::ByteSize {
    deckhands_model::ByteSize::bytes(count << 10)
}

/// Thousandths as a decimal number without trailing zeros.
pub(crate) fn milli(thousandths: u32) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
