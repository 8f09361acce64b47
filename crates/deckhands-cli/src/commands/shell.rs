//! `completions` and `man`: texts made from the command line's own shape.

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::exit_code;

/// Prints a completion script.
pub(crate) fn completions(args: &CompletionsArgs, console: &Console) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "deckhands", &mut script);
    console.data(&String::from_utf8_lossy(&script));
    Ok(exit_code::OK)
}

/// Prints the manual page.
pub(crate) fn man(console: &Console) -> Result<u8, CliError> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Args::command())
        .render(&mut page)
        .map_err(|e| CliError::new(exit_code::INTERNAL, e.to_string(), None))?;
    console.data(&String::from_utf8_lossy(&page));
    Ok(exit_code::OK)
}
