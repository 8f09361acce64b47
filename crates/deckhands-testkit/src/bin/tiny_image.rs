//! Builds the tiny agent image; the steps are the library's.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use deckhands_testkit::tiny_image;

/// Handles the tiny agent image.
#[derive(Debug, Parser)]
#[command(name = "tiny-image")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Compiles the program and imports the image unless the same one is there; prints its tag.
    Build {
        /// Name the image gets.
        #[arg(long, default_value = tiny_image::TAG)]
        tag: String,
    },
}

fn main() -> ExitCode {
    let Command::Build { tag } = Args::parse().command;
    match tiny_image::build(&tag) {
        Ok(_) => match writeln!(io::stdout(), "{tag}") {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        },
        Err(error) => {
            let mut text = format!("error: {error}");
            let mut source = std::error::Error::source(&error);
            while let Some(cause) = source {
                text.push_str(&format!(": {cause}"));
                source = cause.source();
            }
            let _ = writeln!(io::stderr(), "{text}");
            ExitCode::FAILURE
        }
    }
}
