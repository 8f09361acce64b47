//! Completes the promotions that dead processes left, before anything else is done with a home.

use deckhands_orchestration::{Home, PromoteError, error_chain, recover};

use crate::console::Console;
use crate::shown;

/// Completes interrupted changes of workspaces; returns what could not be completed.
pub(super) fn complete(home: &Home, console: &Console) -> Vec<String> {
    let recovered = match recover(home) {
        Ok(recovered) => recovered,
        Err(error) => return vec![stuck(&error)],
    };
    for workspace in &recovered.completed {
        let name = workspace.to_string_lossy();
        let name = shown::line(&name);
        console.note(&format!("completed an interrupted change of `{name}`"));
    }
    for path in &recovered.left {
        console.note(&shown::indented(&path.to_string()));
    }
    recovered.failed.iter().map(stuck).collect()
}

/// A change that could not be completed, with the reason and what to do.
fn stuck(error: &PromoteError) -> String {
    let causes = error_chain(error).join(": ");
    format!("{error}: {causes}; repair the workspace, then reap again")
}

/// Tells what could not be done, also to quiet people.
pub(super) fn tell_failed(failed: &[String], console: &Console) {
    failed
        .iter()
        .for_each(|what| console.stderr(&format!("error: {}\n", shown::indented(what))));
}

#[cfg(test)]
mod tests;
