//! The fields of one table: each of a known name, and of a good value.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::str::FromStr;

use toml::de::DeTable;

use super::super::{is_key_itself, raw_value};
use super::Reader;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::layer::RawValue;
use crate::parse::Refusal;
use crate::pool::TABLE;
use crate::shown::{likeness, nearest, plain};

/// The fields of one table, each of a known name, with their places.
pub(super) struct Fields<'a> {
    reader: Reader<'a>,
    values: BTreeMap<&'static str, (RawValue, usize)>,
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    /// Reads a table that may have these fields.
    pub(super) fn fields(
        self,
        table: &DeTable<'_>,
        at: usize,
        known: &'static [&'static str],
    ) -> Result<Fields<'a>, ConfigError> {
        let mut values = BTreeMap::new();
        for (name, value) in table {
            let written = name.get_ref().as_ref();
            let Some(field) = known.iter().find(|known| **known == written) else {
                return Err(self.unknown(written, name.span().start, known));
            };
            let place = value.span().start;
            let Some(raw) = raw_value(value.get_ref()) else {
                let message = format!("`{field}` of `{TABLE}.{}` takes no table", self.pool);
                return Err(self.file.syntax(place, &message));
            };
            values.insert(*field, (raw, place));
        }
        Ok(Fields {
            reader: self,
            values,
            at,
        })
    }

    fn unknown(self, written: &str, at: usize, known: &[&'static str]) -> ConfigError {
        let origin = self.file.origin(at);
        if is_key_itself(written) {
            return ConfigError::new(ConfigErrorKind::KeyInFile { origin }).with_hint(
                "name a variable with `api_key_env` or a file with `api_key_file`".to_owned(),
            );
        }
        let name = plain(&format!("{TABLE}.{}.{written}", self.pool));
        let meant = nearest(known.iter().copied(), |known| likeness(written, known));
        let hint = meant.map_or_else(
            || format!("it takes {}", known.join(", ")),
            |meant| format!("did you mean `{meant}`?"),
        );
        ConfigError::new(ConfigErrorKind::Unknown { name, origin }).with_hint(hint)
    }
}

impl Fields<'_> {
    /// The value of a field, where it is there.
    pub(super) fn read<T>(
        &self,
        field: &'static str,
        expected: &str,
        parse: impl Fn(&RawValue) -> Result<T, Refusal>,
    ) -> Result<Option<T>, ConfigError> {
        let Some((raw, at)) = self.values.get(field) else {
            return Ok(None);
        };
        parse(raw).map(Some).map_err(|refusal| {
            let value = match raw {
                RawValue::Text(text) if !refusal.hidden => format!("`{}`", plain(text)),
                RawValue::Text(_) | RawValue::List(_) => "the value given".to_owned(),
            };
            let Reader { file, pool, .. } = self.reader;
            let message = format!(
                "{value} is no value for `{field}` of `{TABLE}.{pool}`: expected {expected}"
            );
            file.syntax(*at, &message).with_hint(refusal.hint)
        })
    }

    /// The same of a field that has to be there.
    pub(super) fn needed<T>(
        &self,
        field: &'static str,
        expected: &str,
        parse: impl Fn(&RawValue) -> Result<T, Refusal>,
    ) -> Result<T, ConfigError> {
        let read = self.read(field, expected, parse)?;
        read.ok_or_else(|| {
            let Reader { file, pool, .. } = self.reader;
            let message = format!("`{TABLE}.{pool}` lacks `{field}`: {expected}");
            file.syntax(self.at, &message)
        })
    }

    /// How tools are called: whether natively.
    pub(super) fn tools(&self) -> Result<Option<bool>, ConfigError> {
        self.read("tools", "`native` or `text`", |raw| match raw {
            RawValue::Text(text) if text == "native" => Ok(true),
            RawValue::Text(text) if text == "text" => Ok(false),
            RawValue::Text(_) | RawValue::List(_) => Err(Refusal::default()),
        })
    }

    /// A whole number within bounds.
    pub(super) fn number(
        &self,
        field: &'static str,
        bounds: RangeInclusive<u32>,
    ) -> Result<Option<u32>, ConfigError> {
        let expected = format!("a whole number from {} to {}", bounds.start(), bounds.end());
        self.read(field, &expected, |raw| {
            let number: u32 = word(raw)?;
            let good = bounds.contains(&number);
            good.then_some(number).ok_or_else(Refusal::default)
        })
    }

    /// A number from 0 to a bound.
    pub(super) fn share(
        &self,
        field: &'static str,
        most: f64,
        expected: &str,
    ) -> Result<Option<f64>, ConfigError> {
        self.read(field, expected, |raw| {
            let number: f64 = word(raw)?;
            let good = (0.0..=most).contains(&number);
            good.then_some(number).ok_or_else(Refusal::default)
        })
    }
}

/// Anything that one word means.
pub(super) fn word<T: FromStr>(raw: &RawValue) -> Result<T, Refusal> {
    match raw {
        RawValue::Text(text) => text
            .trim()
            .parse()
            .map_err(|_no_such_word| Refusal::default()),
        RawValue::List(_) => Err(Refusal::default()),
    }
}

/// Several words, none of them empty.
pub(super) fn list(raw: &RawValue) -> Result<Vec<String>, Refusal> {
    match raw {
        RawValue::List(items) if items.iter().all(|item| !item.trim().is_empty()) => {
            Ok(items.clone())
        }
        RawValue::List(_) | RawValue::Text(_) => Err(Refusal::default()),
    }
}
