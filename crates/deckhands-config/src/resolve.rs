//! The winning raw values into [`Settings`].

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::credential::{ApiKey, Environments, MissingKey};
use crate::error::{ConfigError, ConfigErrorKind};
use crate::key::{Key, Kind};
use crate::layer::{RawValue, Stack, Winner};
use crate::load::Gathered;
use crate::origin::Setting;
use crate::parse::{self, Parse};
use crate::settings::{Row, Settings};
use crate::shown::{self, Shown};
use crate::sources::Sources;

mod groups;
mod reach;
mod routes;

#[cfg(test)]
mod tests;

/// Takes one value after the other out of the stack and keeps its row.
struct Resolver<'a> {
    sources: &'a Sources,
    stack: &'a Stack,
    rows: BTreeMap<Key, Row>,
    notes: Vec<String>,
}

/// Parses and checks everything.
///
/// # Errors
/// The first value that is refused.
pub(crate) fn settings(sources: &Sources, found: Gathered) -> Result<Settings, ConfigError> {
    let Gathered {
        stack,
        environment,
        dotenv,
        notes,
    } = found;
    let mut resolver = Resolver::new(sources, &stack, notes);
    resolver.refuse_switches()?;
    let reach = resolver.reach(Environments {
        process: &environment,
        dotenv: dotenv.as_ref(),
    })?;
    let (profile, network) = resolver.walls()?;
    let way = resolver.way(profile.value)?;
    let (num_retries, llm_timeout) = resolver.calls(way.value)?;
    let (workspace, workspace_root) = resolver.workspace()?;
    resolver.note_key_files(&reach.key_files, &workspace.value);
    Ok(Settings {
        model: reach.model,
        pool: reach.pool,
        routes: reach.routes,
        keyless: reach.keyless,
        base_url: reach.base_url,
        way,
        num_retries,
        llm_timeout,
        max_output_tokens: resolver.max_output_tokens()?,
        app_image: resolver.image(Key::AppImage)?,
        sandbox_image: resolver.image(Key::SandboxImage)?,
        limits: resolver.limits()?,
        deadlines: resolver.deadlines()?,
        profile,
        network,
        workspace,
        workspace_root,
        include_ignored: resolver.setting(Key::IncludeIgnored, false, parse::boolean)?,
        checks: resolver.setting(Key::Checks, Vec::new(), parse::commands)?,
        home: resolver.home()?,
        circuit_breaker: resolver.setting(Key::CircuitBreaker, true, parse::boolean)?,
        queue_size: resolver.setting(Key::QueueSize, 1000, parse::count)?,
        engine: resolver.engine()?,
        money: resolver.money()?,
        docker: resolver.docker()?,
        key_files: reach.key_files,
        keys: reach.keys,
        notes: resolver.notes,
        rows: resolver.rows.into_values().collect(),
    })
}

impl<'a> Resolver<'a> {
    fn new(sources: &'a Sources, stack: &'a Stack, notes: Vec<String>) -> Self {
        Self {
            sources,
            stack,
            rows: BTreeMap::new(),
            notes,
        }
    }

    /// The value of the last layer that has one, else `fallback`.
    fn setting<T: Shown>(
        &mut self,
        key: Key,
        fallback: T,
        parse: Parse<T>,
    ) -> Result<Setting<T>, ConfigError> {
        let setting = self
            .parsed(key, parse)?
            .unwrap_or_else(|| Setting::default_of(fallback));
        self.row(key, &setting);
        Ok(setting)
    }

    /// The value of the last layer that has one.
    fn optional<T: Shown>(
        &mut self,
        key: Key,
        parse: Parse<T>,
    ) -> Result<Option<Setting<T>>, ConfigError> {
        let setting = self.parsed(key, parse)?;
        match &setting {
            Some(setting) => self.row(key, setting),
            None => self.row(key, &Setting::default_of(key.entry().default.to_owned())),
        }
        Ok(setting)
    }

    fn parsed<T>(&self, key: Key, parse: Parse<T>) -> Result<Option<Setting<T>>, ConfigError> {
        let Some(winner) = self.stack.winner(key) else {
            return Ok(None);
        };
        let value = parse(key, &winner.raw.value, winner.layer)
            .map_err(|refusal| invalid(key, winner, refusal))?;
        let (origin, trust) = (winner.raw.origin.clone(), winner.layer.trust);
        Ok(Some(Setting {
            value,
            origin,
            trust,
        }))
    }

    fn row<T: Shown>(&mut self, key: Key, setting: &Setting<T>) {
        let row = Row {
            key: key.name(),
            value: setting.value.shown(),
            origin: setting.origin.to_string(),
            trust: setting.trust,
        };
        self.rows.insert(key, row);
    }

    fn row_of_key(&mut self, found: &Result<ApiKey, MissingKey>) {
        let setting = match found {
            Ok(key) => Setting {
                value: "(set, not shown)".to_owned(),
                origin: key.origin.clone(),
                trust: key.trust(),
            },
            Err(missing) => Setting::default_of(format!("({missing})")),
        };
        self.row(Key::ApiKey, &setting);
    }

    /// The prototype's switches have one value each that can be honoured: `true`.
    fn refuse_switches(&self) -> Result<(), ConfigError> {
        for key in Key::all()
            .filter(|entry| entry.kind == Kind::Switch)
            .map(|entry| entry.key)
        {
            let off = self.parsed(key, parse::boolean)?.filter(|on| !on.value);
            off.map_or(Ok(()), |off| Err(switched_off(key, off)))?;
        }
        Ok(())
    }

    fn home(&mut self) -> Result<Setting<PathBuf>, ConfigError> {
        let set = self.parsed(Key::Home, parse::path)?;
        let state = || self.sources.state_dir.clone().map(Setting::default_of);
        let home = set.or_else(state).ok_or_else(|| {
            ConfigError::new(ConfigErrorKind::NoHome)
                .with_hint("name one with --home or DECKHANDS_HOME".to_owned())
        })?;
        self.row(Key::Home, &home);
        Ok(home)
    }
}

fn invalid(key: Key, winner: Winner<'_>, refusal: parse::Refusal) -> ConfigError {
    let value = match &winner.raw.value {
        RawValue::Text(text) => shown::plain(text),
        RawValue::List(list) => list.shown(),
    };
    let kind = ConfigErrorKind::Invalid {
        key,
        value: (!refusal.hidden).then_some(value),
        origin: winner.raw.origin.clone(),
        expected: key.entry().kind.to_string(),
    };
    ConfigError::new(kind).with_hint(refusal.hint)
}

fn switched_off(key: Key, off: Setting<bool>) -> ConfigError {
    let (reason, hint) = if key == Key::DockerRuntime {
        (
            "agents run in Docker containers only",
            "unset the variable, or set it to `true`",
        )
    } else {
        (
            "a stand-in is never chosen by a setting",
            "unset the variable; `deckhands run --simulate` asks for the stand-in",
        )
    };
    let value = off.value.to_string();
    let kind = ConfigErrorKind::Unsupported {
        key,
        value,
        origin: off.origin,
        reason,
    };
    ConfigError::new(kind).with_hint(hint.to_owned())
}
