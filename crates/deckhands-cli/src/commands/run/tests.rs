//! What is refused before anything is done.

use clap::Parser;

use super::*;
use crate::args::{Args, Command};

fn args(words: &str) -> RunArgs {
    let line = ["deckhands", "run", "text"]
        .into_iter()
        .chain(words.split_whitespace());
    match Args::try_parse_from(line).unwrap().command {
        Command::Run(run) => *run,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_replay_is_refused_with_the_reason() {
    let error = refuse_replay(&args("--replay recorded")).unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(error.message.contains("later version"), "{}", error.message);
    assert!(refuse_replay(&args("--simulate")).is_ok());
}
