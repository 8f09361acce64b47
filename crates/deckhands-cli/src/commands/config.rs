//! `config`: shows, explains and makes configuration.

use std::fs;
use std::path::{Path, PathBuf};

use comfy_table::{Table, presets};
use deckhands_config::{Places, TrustList, init_template, schema, schema_markdown};
use serde_json::json;

use crate::args::{ConfigArgs, ConfigCommand, Global};
use crate::console::Console;
use crate::error::CliError;
use crate::wiring;
use crate::{exit_code, shown};

/// Carries the command out.
pub(crate) fn run(global: &Global, args: &ConfigArgs, console: &Console) -> Result<u8, CliError> {
    match &args.command {
        ConfigCommand::Show { origin } => show(global, *origin, console),
        ConfigCommand::Schema => {
            if console.json {
                console.document(&json!({ "keys": schema() }));
            } else {
                console.data(&schema_markdown());
            }
            Ok(exit_code::OK)
        }
        ConfigCommand::Init { file } => init(file.as_deref(), console),
        ConfigCommand::Trust { dir } => trust(dir, console),
    }
}

fn show(global: &Global, origin: bool, console: &Console) -> Result<u8, CliError> {
    let settings = wiring::settings(global, wiring::no_flags())?;
    let rows = settings.explain();
    if console.json {
        console.document(&json!({ "settings": rows, "notes": settings.notes }));
        return Ok(exit_code::OK);
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(if origin {
        vec!["key", "value", "origin"]
    } else {
        vec!["key", "value"]
    });
    for row in &rows {
        let mut cells = vec![row.key.to_owned(), shown::line(&row.value)];
        cells.extend(origin.then(|| shown::line(&row.origin)));
        table.add_row(cells);
    }
    console.data(&format!("{table}\n"));
    settings
        .notes
        .iter()
        .for_each(|note| console.note(&format!("note: {}", shown::indented(note))));
    Ok(exit_code::OK)
}

fn init(file: Option<&Path>, console: &Console) -> Result<u8, CliError> {
    let path = match file {
        Some(file) => file.to_owned(),
        None => config_dir()?.join("config.toml"),
    };
    if path.exists() {
        return Err(CliError::usage(
            format!("`{}` exists already", path.display()),
            "name another file: deckhands config init FILE",
        ));
    }
    let write = || {
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, init_template())
    };
    write().map_err(|e| CliError::environment(&e, "name a file you may write"))?;
    console.data(&format!("{}\n", path.display()));
    Ok(exit_code::OK)
}

fn trust(dir: &Path, console: &Console) -> Result<u8, CliError> {
    let config_dir = config_dir()?;
    let dir = dir.canonicalize().map_err(|error| {
        let mut failed = CliError::usage(
            format!("`{}` cannot be trusted", dir.display()),
            "name an existing directory",
        );
        failed.0.causes.push(error.to_string());
        failed
    })?;
    let mut list = TrustList::read(&config_dir)?;
    let new = list.add(&config_dir, &dir)?;
    let said = if new {
        "trusted"
    } else {
        "was trusted already"
    };
    if console.json {
        console.document(&json!({ "directory": dir, "new": new }));
    } else {
        console.data(&format!("{} {said}\n", dir.display()));
    }
    Ok(exit_code::OK)
}

fn config_dir() -> Result<PathBuf, CliError> {
    Places::of_user().config_dir.ok_or_else(|| {
        CliError::usage(
            "there is no configuration directory",
            "set HOME or XDG_CONFIG_HOME",
        )
    })
}
