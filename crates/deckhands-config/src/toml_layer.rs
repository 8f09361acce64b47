//! A TOML file as a layer. Strict: an unknown key, a table where a value belongs or an API key in
//! the file is an error with its line.

use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{ConfigError, ConfigErrorKind};
use crate::key::Key;
use crate::layer::{Layer, Raw, RawValue};
use crate::origin::{Origin, Trust};
use crate::pool::TABLE;
use crate::shown::{likeness, nearest, plain};

mod routes;

#[cfg(test)]
mod tests;

/// The file a text was read from.
#[derive(Clone, Copy)]
pub(crate) struct TomlFile<'a> {
    pub(crate) path: &'a Path,
    pub(crate) text: &'a str,
    pub(crate) place: Place,
}

/// Whose file it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    User,
    Project,
}

/// Reads all values of a file; they are not parsed yet.
///
/// # Errors
/// The first fault, with its line.
pub(crate) fn read(file: TomlFile<'_>, trust: Trust) -> Result<Layer, ConfigError> {
    let document = DeTable::parse(file.text).map_err(|error| {
        // Not the error's own text: it quotes the line, which may hold a secret.
        file.syntax(error.span().map_or(0, |span| span.start), error.message())
    })?;
    let base = file.path.parent().unwrap_or(Path::new("")).to_owned();
    let mut layer = Layer::new(trust, base);
    for (table, content) in document.get_ref() {
        if table.get_ref() == TABLE {
            layer.pools = routes::pools(file, content, &layer)?;
            continue;
        }
        let DeValue::Table(content) = content.get_ref() else {
            return Err(file.unknown(table, None));
        };
        for (key, value) in content {
            let (key, raw) = file.entry(table, key, value)?;
            layer.values.insert(key, raw);
        }
        if content.is_empty() && !tables().any(|known| known == table.get_ref()) {
            return Err(file.unknown(table, None));
        }
    }
    Ok(layer)
}

impl TomlFile<'_> {
    fn entry(
        self,
        table: &Spanned<impl AsRef<str>>,
        name: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<(Key, Raw), ConfigError> {
        let full = format!("{}.{}", table.get_ref().as_ref(), name.get_ref().as_ref());
        let Some(key) = Key::in_file(&full) else {
            return Err(self.unknown(name, Some(&full)));
        };
        let value = raw_value(value.get_ref()).ok_or_else(|| {
            let expected = format!("`{full}` takes {}", key.entry().kind);
            self.syntax(value.span().start, &expected)
        })?;
        Ok((
            key,
            Raw {
                value,
                origin: self.origin(name.span().start),
            },
        ))
    }

    fn unknown(self, name: &Spanned<impl AsRef<str>>, full: Option<&str>) -> ConfigError {
        let origin = self.origin(name.span().start);
        let written = name.get_ref().as_ref();
        if is_key_itself(written) {
            let kind = ConfigErrorKind::KeyInFile { origin };
            return ConfigError::new(kind).with_hint(
                "name a variable with `api_key_env` or a file with `api_key_file`".to_owned(),
            );
        }
        let full = full.unwrap_or(written);
        let kind = ConfigErrorKind::Unknown {
            name: plain(full),
            origin,
        };
        ConfigError::new(kind).with_hint(suggestion(full))
    }

    fn syntax(self, at: usize, message: &str) -> ConfigError {
        ConfigError::new(ConfigErrorKind::Syntax {
            path: self.path.to_owned(),
            line: self.line(at),
            message: plain(message),
        })
    }

    fn origin(self, at: usize) -> Origin {
        let (path, line) = (self.path.to_owned(), self.line(at));
        match self.place {
            Place::User => Origin::UserFile { path, line },
            Place::Project => Origin::ProjectFile { path, line },
        }
    }

    fn line(self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        before.filter(|byte| **byte == b'\n').count() + 1
    }
}

/// Whether somebody meant to write down the API key itself.
fn is_key_itself(name: &str) -> bool {
    let name = name.to_ascii_lowercase().replace('-', "_");
    matches!(
        name.as_str(),
        "api_key" | "apikey" | "key" | "token" | "secret"
    ) || name.ends_with("_api_key")
}

fn tables() -> impl Iterator<Item = &'static str> {
    Key::all()
        .filter(|entry| entry.in_file())
        .map(|entry| entry.path().0)
}

/// The key that is meant. The name within the table weighs more than the table's.
fn suggestion(full: &str) -> Option<String> {
    let (table, name) = full.split_once('.').unwrap_or(("", full));
    let known = Key::all()
        .filter(|entry| entry.in_file())
        .map(|entry| entry.name);
    let meant = nearest(known, |known| {
        let (other_table, other_name) = known.split_once('.').unwrap_or(("", known));
        (likeness(table, other_table) + 2.0 * likeness(name, other_name)) / 3.0
    });
    let seen = || "`deckhands config schema` lists all settings".to_owned();
    Some(meant.map_or_else(seen, |name| format!("did you mean `{name}`?")))
}

fn raw_value(value: &DeValue<'_>) -> Option<RawValue> {
    if let DeValue::Array(items) = value {
        let items = items.iter().map(|item| scalar(item.get_ref()));
        return items.collect::<Option<Vec<_>>>().map(RawValue::List);
    }
    scalar(value).map(RawValue::Text)
}

fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Float(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Some(truth.to_string()),
        DeValue::Integer(_) | DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}
