//! The labels on everything we make.

use deckhands_model::AttemptId;
use deckhands_runtime::{LabelSelector, Labels};

use crate::attempt_dir::AttemptDir;
use crate::home::Home;

/// Says that a thing is ours at all.
pub(crate) const MANAGED_BY: (&str, &str) = ("managed-by", "deckhands");
/// The state directory it belongs to, by identity.
pub(crate) const HOME: &str = "deckhands.home";
/// The task it belongs to.
pub(crate) const TASK: &str = "deckhands.task";
/// The attempt's number.
pub(crate) const ATTEMPT: &str = "deckhands.attempt";
/// The attempt's directory, whose lock tells whether somebody still lives there.
pub(crate) const ATTEMPT_DIR: &str = "deckhands.attempt-dir";
/// What the container is for.
pub(crate) const ROLE: &str = "deckhands.role";

/// Labels of everything that belongs to an attempt.
pub(crate) fn of_attempt(home: &Home, attempt: AttemptId, dir: &AttemptDir) -> Labels {
    Labels::from([
        (MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned()),
        (HOME.to_owned(), home.id().to_owned()),
        (TASK.to_owned(), attempt.task.to_string()),
        (ATTEMPT.to_owned(), attempt.number.to_string()),
        (
            ATTEMPT_DIR.to_owned(),
            dir.root().to_string_lossy().into_owned(),
        ),
    ])
}

/// Everything that belongs to an attempt.
pub(crate) fn select_attempt(attempt: AttemptId) -> LabelSelector {
    LabelSelector::with(MANAGED_BY.0, MANAGED_BY.1)
        .and(TASK, attempt.task.to_string())
        .and(ATTEMPT, attempt.number.to_string())
}

/// Everything of ours, of one home or of all.
pub(crate) fn select_home(home: Option<&Home>) -> LabelSelector {
    let ours = LabelSelector::with(MANAGED_BY.0, MANAGED_BY.1);
    match home {
        Some(home) => ours.and(HOME, home.id()),
        None => ours,
    }
}
