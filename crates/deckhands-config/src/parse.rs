//! Texts into values, held to the bounds of their key.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use deckhands_model::{ByteSize, ImageRef, ModelId, ModelIdError, Usd, UsdError};

use crate::base_url::BaseUrl;
use crate::key::{Key, Kind, MOST_MODELS};
use crate::layer::{Layer, RawValue};
use crate::shown::MilliCpus;

#[cfg(test)]
mod tests;

/// Why a value was refused; the caller knows field and origin.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// What is probably meant.
    pub(crate) hint: Option<String>,
    /// Whether the value may be a secret and must not be shown.
    pub(crate) hidden: bool,
}

/// Reads one value; the layer tells where relative paths start.
pub(crate) type Parse<T> = fn(Key, &RawValue, &Layer) -> Result<T, Refusal>;

const HIDDEN: Refusal = Refusal {
    hint: None,
    hidden: true,
};

fn text(value: &RawValue) -> Result<&str, Refusal> {
    match value {
        RawValue::Text(text) if !text.trim().is_empty() => Ok(text.trim()),
        RawValue::Text(_) | RawValue::List(_) => Err(Refusal::default()),
    }
}

/// True and false in the words the prototype took.
pub(crate) fn boolean(_: Key, value: &RawValue, _: &Layer) -> Result<bool, Refusal> {
    match text(value)?.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(Refusal::default()),
    }
}

/// A whole number within the key's bounds.
pub(crate) fn count(key: Key, value: &RawValue, _: &Layer) -> Result<u32, Refusal> {
    let Kind::Count { min, max } = key.entry().kind else {
        return Err(Refusal::default());
    };
    let count = u32::from_str(text(value)?)
        .ok()
        .filter(|n| (min..=max).contains(n));
    count.ok_or_else(Refusal::default)
}

/// Processors with up to three decimals within the key's bounds.
pub(crate) fn cpus(key: Key, value: &RawValue, _: &Layer) -> Result<MilliCpus, Refusal> {
    let Kind::Cpus { min, max } = key.entry().kind else {
        return Err(Refusal::default());
    };
    let milli = thousandths(text(value)?).and_then(|n| u32::try_from(n).ok());
    let milli = milli.filter(|n| (min..=max).contains(n));
    milli.map(MilliCpus).ok_or_else(Refusal::default)
}

/// An amount of US dollars.
pub(crate) fn money(_: Key, value: &RawValue, _: &Layer) -> Result<Usd, Refusal> {
    text(value)?
        .parse()
        .map_err(|_no_amount: UsdError| Refusal::default())
}

/// A size with a unit, or a number of bytes, within the key's bounds.
pub(crate) fn size(key: Key, value: &RawValue, _: &Layer) -> Result<ByteSize, Refusal> {
    let Kind::Size { min_kib, max_kib } = key.entry().kind else {
        return Err(Refusal::default());
    };
    let size = ByteSize::from_str(text(value)?).ok();
    let size = size.filter(|size| (min_kib << 10..=max_kib << 10).contains(&size.as_u64()));
    size.ok_or_else(Refusal::default)
}

/// A time with a unit, or a number of seconds, within the key's bounds.
pub(crate) fn duration(key: Key, value: &RawValue, _: &Layer) -> Result<Duration, Refusal> {
    let Kind::Duration { min, max } = key.entry().kind else {
        return Err(Refusal::default());
    };
    let text = text(value)?;
    let bare = thousandths(text).map(Duration::from_millis);
    let time = bare.or_else(|| humantime::parse_duration(text).ok());
    let bounds = Duration::from_secs(min)..=Duration::from_secs(max);
    time.filter(|time| bounds.contains(time))
        .ok_or_else(Refusal::default)
}

/// `12`, `1.5` or `0.125` in thousandths; exact, which a float is not.
fn thousandths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return None;
    }
    let part = part.trim_end_matches('0');
    if part.len() > 3 {
        return None;
    }
    let part: u64 = format!("{part:0<3}").parse().ok()?;
    u64::from_str(whole)
        .ok()?
        .checked_mul(1000)?
        .checked_add(part)
}

/// A model by alias or full id.
pub(crate) fn model(_: Key, value: &RawValue, _: &Layer) -> Result<ModelId, Refusal> {
    one_model(text(value)?)
}

fn one_model(text: &str) -> Result<ModelId, Refusal> {
    ModelId::resolve(text).map_err(|error| {
        let suggestion = match error {
            ModelIdError::NoProvider { suggestion, .. } => suggestion,
            _ => None,
        };
        Refusal {
            hint: suggestion.map(|id| format!("did you mean `{id}`?")),
            hidden: false,
        }
    })
}

/// Models by alias or full id, none of them twice. In one text they stand between commas.
pub(crate) fn models(_: Key, value: &RawValue, _: &Layer) -> Result<Vec<ModelId>, Refusal> {
    let texts: Vec<&str> = match value {
        RawValue::Text(text) => text.split(',').collect(),
        RawValue::List(list) => list.iter().map(String::as_str).collect(),
    };
    let texts = texts.into_iter().map(str::trim).filter(|t| !t.is_empty());
    let models = texts.map(one_model).collect::<Result<Vec<_>, _>>()?;
    let twice = |(place, model): (usize, &ModelId)| models[..place].contains(model);
    if models.len() > MOST_MODELS || models.iter().enumerate().any(twice) {
        return Err(Refusal::default());
    }
    Ok(models)
}

/// An address. A refused one is not shown: it may carry a password.
pub(crate) fn base_url(_: Key, value: &RawValue, _: &Layer) -> Result<BaseUrl, Refusal> {
    let text = text(value)?;
    BaseUrl::parse(text).ok_or(Refusal {
        hint: None,
        hidden: text.contains(['@', '?', '#']),
    })
}

/// An image reference.
pub(crate) fn image(_: Key, value: &RawValue, _: &Layer) -> Result<ImageRef, Refusal> {
    text(value)?
        .parse()
        .map_err(|_not_a_reference| Refusal::default())
}

/// An absolute path. Relative ones start at the layer's base.
pub(crate) fn path(_: Key, value: &RawValue, layer: &Layer) -> Result<PathBuf, Refusal> {
    let text = text(value)?;
    if text.contains('\0') {
        return Err(Refusal::default());
    }
    if text == "~" || text.starts_with("~/") {
        let hint = "`~` is not expanded here: write the path out".to_owned();
        return Err(Refusal {
            hint: Some(hint),
            hidden: false,
        });
    }
    Ok(layer.base.join(text))
}

/// The name of a variable. Anything else is not shown: a key pasted here by mistake stays hidden.
pub(crate) fn variable_name(_: Key, value: &RawValue, _: &Layer) -> Result<String, Refusal> {
    let hint = || {
        let hint = "it takes the variable's name, not the key itself".to_owned();
        Refusal {
            hint: Some(hint),
            hidden: true,
        }
    };
    let text = text(value).map_err(|_empty| HIDDEN)?;
    let starts = text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let rest = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    (starts && text.bytes().all(rest))
        .then(|| text.to_owned())
        .ok_or_else(hint)
}

/// One of the key's words, lower case.
pub(crate) fn word(key: Key, value: &RawValue, _: &Layer) -> Result<String, Refusal> {
    let Kind::Words(words) = key.entry().kind else {
        return Err(Refusal::default());
    };
    let text = text(value)?.to_ascii_lowercase();
    words
        .contains(&text.as_str())
        .then_some(text)
        .ok_or_else(Refusal::default)
}

/// Commands, none of them empty. A single text is a list of one.
pub(crate) fn commands(_: Key, value: &RawValue, _: &Layer) -> Result<Vec<String>, Refusal> {
    let list = match value {
        RawValue::Text(text) => std::slice::from_ref(text),
        RawValue::List(list) => list,
    };
    let good = list
        .iter()
        .all(|command| !command.trim().is_empty() && !command.contains('\0'));
    good.then(|| list.to_vec()).ok_or_else(Refusal::default)
}

/// The address of a daemon.
pub(crate) fn docker_host(_: Key, value: &RawValue, _: &Layer) -> Result<String, Refusal> {
    let text = text(value)?;
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let good = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    good.then(|| text.to_owned()).ok_or_else(Refusal::default)
}

/// Any text that is not empty.
pub(crate) fn any(_: Key, value: &RawValue, _: &Layer) -> Result<String, Refusal> {
    text(value).map(str::to_owned)
}
