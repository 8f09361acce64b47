//! Why a tape can't be written, read or played on.

use std::io;

/// What went wrong with a tape.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TapeError {
    /// There is no such file.
    #[error("there is no such recording")]
    NotFound,
    /// The file is there and can't be opened or read.
    #[error("read the recording")]
    Read {
        /// The system's error.
        source: io::Error,
    },
    /// It can't be written, or the last of it did not get to the disk.
    #[error("write the recording")]
    Write {
        /// The system's error.
        source: io::Error,
    },
    /// No call is on it.
    #[error("the recording is empty")]
    Empty,
    /// Its first line is not that of a tape.
    #[error("the file is no recording of model calls")]
    NotATape,
    /// A newer version of this program wrote it.
    #[error("the recording has version {version}, and {known} is the newest that is known here")]
    Newer {
        /// The recording's version.
        version: u32,
        /// The newest version that can be read.
        known: u32,
    },
    /// A line is not as a recorder writes it.
    #[error("line {line} of the recording is damaged")]
    Damaged {
        /// Number of the line, from 1.
        line: u64,
        /// What is wrong with it.
        source: io::Error,
    },
    /// It is longer than anything that is read into memory.
    #[error("the recording has {bytes} bytes, and at most {most} are read")]
    TooLarge {
        /// The file's length in bytes.
        bytes: u64,
        /// The longest that is read, in bytes.
        most: u64,
    },
    /// All its calls were played.
    #[error("the recording ended after {calls} calls, and the agent made another one")]
    Ended {
        /// How many calls are on it.
        calls: u64,
    },
    /// A stream was recorded and none is wanted, or the other way round; neither is made of the other.
    #[error("call {call} of the recording was answered {}, and the agent wants it {}", form(*.streamed), form(!*.streamed))]
    OtherForm {
        /// Number of the call on the tape, from 1.
        call: u64,
        /// Whether the recorded request asked for a stream.
        streamed: bool,
    },
}

fn form(streamed: bool) -> &'static str {
    if streamed { "as a stream" } else { "whole" }
}
