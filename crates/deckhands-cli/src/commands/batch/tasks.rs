//! From described tasks to those that are handed in.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use deckhands_config::{Flags, Key, Settings};
use deckhands_gateway::PriceTable;
use deckhands_model::{TaskId, TaskText};
use deckhands_orchestration::{BatchItem, BatchTask, IdSource, TaskRequest, check_provider};
use deckhands_store::NewTask;

use super::super::{stored, task};
use super::fields::{Described, described};
use super::file::{BatchFile, Fault};
use crate::args::TaskArgs;
use crate::error::CliError;
use crate::{shown, wiring};

/// Most bytes of all texts together: they are in memory until they are handed in.
const MOST_TEXT: usize = 256 << 20;

/// Bytes of a title: what fits in a line.
const TITLE: usize = 100;

/// The tasks of a file, and what the user should hear once.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) tasks: Vec<Ready>,
    pub(super) notes: BTreeSet<String>,
}

/// A task that can be handed in.
#[derive(Debug)]
pub(super) struct Ready {
    item: BatchItem,
    described: Described,
    title: String,
    request: TaskRequest,
}

/// What holds for all tasks of a file.
pub(super) struct Common {
    /// Workspaces of any size and any place are fine.
    pub(super) any_size: bool,
    /// What models cost.
    pub(super) prices: Arc<PriceTable>,
}

/// Loads the settings that some flags make.
pub(super) type Load<'a> = &'a dyn Fn(Flags) -> Result<Settings, CliError>;

/// What of a task are settings. Tasks that have the same share them.
type SettingsKey = (
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<Vec<String>>,
);

/// Checks all tasks of a file before any is handed in.
pub(super) fn prepare(
    load: Load<'_>,
    own: &Settings,
    file: &BatchFile,
    common: &Common,
) -> Result<Prepared, CliError> {
    let mut settings = BTreeMap::new();
    let mut prepared = Prepared {
        tasks: Vec::new(),
        notes: own.notes.iter().cloned().collect(),
    };
    let mut bytes = 0;
    for (place, entry) in file.entries.iter().enumerate() {
        let described = described(entry).map_err(|fault| fault.in_file(&file.path))?;
        let at = |error: CliError| in_task(error, &file.path, described.line, place + 1);
        let args = args(&described, file, common.any_size);
        let key = key(&described);
        if !settings.contains_key(&key) {
            let of_task = settings_of(load, &described, &args).map_err(at)?;
            wiring::require_key_for(own, &of_task.model.value).map_err(at)?;
            prepared.notes.extend(of_task.notes.iter().cloned());
            settings.insert(key.clone(), of_task);
        }
        let text = text(&described, file).map_err(at)?;
        bytes += text.as_str().len();
        if bytes > MOST_TEXT {
            let message = format!("the texts have more than {} MiB together", MOST_TEXT >> 20);
            return Err(Fault::new(described.line, message).in_file(&file.path));
        }
        // Invariant: it was put in right above, if it was not there.
        let Some(settings) = settings.get(&key) else {
            continue;
        };
        let title = title(&described, &text);
        let mut request = wiring::request(settings, text, task::policy(&args, settings));
        request.max_batch_cost = wiring::amount(settings.money.per_batch.as_ref());
        request.money.prices = common.prices.clone();
        check_provider(&request).map_err(|failure| at(failure.into()))?;
        prepared.tasks.push(Ready {
            item: BatchItem {
                index: place + 1,
                name: described.name.clone().unwrap_or_else(|| title.clone()),
                apply: !described.no_apply,
            },
            described,
            title,
            request,
        });
    }
    Ok(prepared)
}

/// The tasks as they are handed in under the batch's name.
pub(super) fn of_batch(
    tasks: Vec<Ready>,
    batch: &str,
    ids: &dyn IdSource,
) -> Result<Vec<BatchTask>, CliError> {
    let new = |ready: Ready| {
        let task = NewTask {
            id: TaskId::from_random(ids.random()),
            spec: stored::spec_of(&ready.request)?,
            title: ready.title,
            priority: ready.described.priority,
            category: ready.described.category,
            model: Some(ready.request.model.as_str().to_owned()),
            batch: Some(batch.to_owned()),
            idempotency_key: Some(format!("batch:{batch}:{}", ready.item.index)),
            not_before: None,
            held: false,
            retry_of: None,
        };
        Ok(BatchTask {
            item: ready.item,
            task,
        })
    };
    tasks.into_iter().map(new).collect()
}

fn key(task: &Described) -> SettingsKey {
    (
        task.workspace.clone(),
        task.model.clone(),
        task.timeout.clone(),
        task.max_iterations.clone(),
        task.max_cost.clone(),
        task.memory.clone(),
        task.checks.clone(),
    )
}

/// The task as arguments of a command. Paths start at the file that names them.
fn args(task: &Described, file: &BatchFile, any_size: bool) -> TaskArgs {
    TaskArgs {
        workspace: task.workspace.as_ref().map(|path| beside(file, path)),
        model: task.model.clone(),
        timeout: task.timeout.clone(),
        max_iterations: task.max_iterations.clone(),
        max_cost: task.max_cost.clone(),
        memory: task.memory.clone(),
        cpus: None,
        max_disk: None,
        profile: None,
        network: None,
        check: task.checks.clone().unwrap_or_default(),
        allow_no_change: task.allow_no_change,
        include_ignored: false,
        no_apply: task.no_apply,
        keep: false,
        unproved_version: false,
        yes: any_size,
    }
}

fn beside(file: &BatchFile, path: &str) -> std::path::PathBuf {
    file.path.parent().unwrap_or(Path::new("/")).join(path)
}

fn settings_of(
    load: Load<'_>,
    described: &Described,
    args: &TaskArgs,
) -> Result<Settings, CliError> {
    let mut flags = task::flags(args);
    // An empty list means no checks, also where the settings have some.
    if described.checks.as_ref().is_some_and(Vec::is_empty) {
        flags = flags.with_list(Key::Checks, "checks", Vec::new());
    }
    let settings = load(flags)?;
    task::guard_workspace(args, &settings)?;
    Ok(settings)
}

fn text(task: &Described, file: &BatchFile) -> Result<TaskText, CliError> {
    let path = task.file.as_ref().map(|path| beside(file, path));
    let source = task::Source {
        command: "batch",
        file: path.as_deref(),
        text: None,
    };
    match &task.text {
        // Never read as the word for stdin.
        Some(text) => TaskText::try_new(text.clone())
            .map_err(|error| CliError::usage(error.to_string(), "write down what is to be done")),
        None => source.text(),
    }
}

/// The name, or the first line of the text that says something.
fn title(task: &Described, text: &TaskText) -> String {
    let lines = task
        .name
        .iter()
        .map(String::as_str)
        .chain(text.as_str().lines());
    let mut lines = lines.map(|line| {
        let short: String = line.chars().take(TITLE).collect();
        shown::line(&short).trim().to_owned()
    });
    lines.find(|line| !line.is_empty()).unwrap_or_default()
}

/// The error of a task, with its place.
fn in_task(mut error: CliError, path: &Path, line: usize, index: usize) -> CliError {
    error.0.message = format!(
        "{}:{line}: task {index}: {}",
        path.display(),
        error.0.message
    );
    error
}

#[cfg(test)]
mod tests;
