//! `submit`: stores a task for an engine, and prints its id at once.

mod key;
mod start;
mod target;

use deckhands_agent::clean_text;
use deckhands_config::{Origin, Settings};
use deckhands_model::{ModelId, TaskId, TaskState, TaskText};
use deckhands_orchestration::{
    Clock, IdSource, SystemClock, SystemIds, TaskRequest, check_provider,
};
use deckhands_resilience::catalogue::Catalogue;
use deckhands_resilience::select::select;
use deckhands_store::{NewTask, QueueBounds, Store};
use jiff::Timestamp;
use serde::Serialize;

use super::choice;
use super::stored::{self, short};
use super::task;
use crate::args::{Global, SubmitArgs};
use crate::console::Console;
use crate::error::CliError;
use crate::{exit_code, wiring};

/// Bytes of a title: what fits in a line.
const TITLE: usize = 100;

/// What is told of a task that was handed in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
struct Told {
    task_id: TaskId,
    /// Whether an earlier hand-in with the same key was found instead.
    existing: bool,
    state: TaskState,
}

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &SubmitArgs, console: &Console) -> Result<u8, CliError> {
    let source = task::Source {
        command: "submit",
        file: args.file.as_deref(),
        text: args.text.as_deref().or(args.description.as_deref()),
    };
    let (settings, text) = task::read(global, &args.task, None, &source)?;
    let title = title(&text);
    let text = target::with_target(text, args.target_file.as_deref(), &settings.workspace.value)?;
    task::tell_notes(&settings, console);
    let mut request = wiring::request(&settings, text, task::policy(&args.task, &settings));
    request.money.prices = choice::prices()?;
    if let Some(model) = chosen(args, &settings, choice::registry)? {
        console.note(&format!(
            "model {model}: `deckhands models select` tells why"
        ));
        request.model = model;
    }
    check_provider(&request)?;
    let now = SystemClock.now();
    let id = TaskId::from_random(SystemIds.random());
    let new = NewTask {
        title,
        ..new_task(args, &request, id, now)?
    };
    let bounds = QueueBounds {
        max_size: settings.queue_size.value.into(),
    };
    let home = wiring::home(&settings)?;
    let store = wiring::store(&home)?;
    let told = wiring::block_on(hand_in(&*store, &new, bounds, now))??;
    tell(&told, args.hold, console);
    Ok(exit_code::OK)
}

async fn hand_in(
    store: &dyn Store,
    new: &NewTask,
    bounds: QueueBounds,
    now: Timestamp,
) -> Result<Told, CliError> {
    let submitted = store.submit(new, bounds, now).await;
    let submitted = submitted.map_err(key::as_written)?;
    Ok(Told {
        task_id: submitted.id,
        existing: submitted.existing,
        state: store.task(submitted.id, now).await?.state,
    })
}

/// The model that is chosen by the kind of work, where the user set none.
fn chosen(
    args: &SubmitArgs,
    settings: &Settings,
    registry: impl FnOnce() -> Result<Catalogue, CliError>,
) -> Result<Option<ModelId>, CliError> {
    let Some(category) = args.category else {
        return Ok(None);
    };
    let wish = choice::wish(category, args.complexity, args.quality_threshold)?;
    if settings.model.origin != Origin::Default {
        return Ok(None);
    }
    // The key at hand is that of one provider.
    let provider = settings.model.value.provider();
    let usable = |model: &ModelId| model.provider() == provider;
    let selection = select(&registry()?, &wish, usable);
    selection.chosen.map(Some).ok_or_else(|| {
        CliError::usage(
            format!("no known model can do {category} at this quality"),
            "lower --quality-threshold, or name a model with --model",
        )
    })
}

/// The task that the arguments make of a request; its title is that of the whole text.
fn new_task(
    args: &SubmitArgs,
    request: &TaskRequest,
    id: TaskId,
    now: Timestamp,
) -> Result<NewTask, CliError> {
    let not_before = args.not_before.as_deref();
    Ok(NewTask {
        id,
        spec: stored::spec_of(request)?,
        title: title(&request.text),
        priority: args.priority,
        category: args.category,
        model: Some(request.model.as_str().to_owned()),
        batch: None,
        idempotency_key: args
            .idempotency_key
            .as_deref()
            .map(key::stored)
            .transpose()?,
        not_before: not_before.map(|when| start::time(when, now)).transpose()?,
        held: args.hold,
        retry_of: None,
    })
}

/// The first line of a text that says something.
fn title(text: &TaskText) -> String {
    let mut lines = text.as_str().lines().map(|line| clean_text(line, TITLE));
    let said = lines.find(|line| !line.trim().is_empty());
    said.unwrap_or_default().trim().to_owned()
}

/// The id alone on stdout, for scripts; the rest beside it.
fn tell(told: &Told, held: bool, console: &Console) {
    if console.json {
        console.document(told);
        return;
    }
    console.data(&format!("{}\n", told.task_id));
    let (id, state) = (short(told.task_id), told.state);
    console.note(&match state {
        _ if told.existing => format!("it was stored before: {state}"),
        TaskState::Pending if held => format!("held: `deckhands release {id}` lets it start"),
        TaskState::Pending => format!("it waits for its time: `deckhands watch {id}` follows it"),
        _ => format!("`deckhands engine` runs it, `deckhands watch {id}` follows it"),
    });
}

#[cfg(test)]
mod tests;
