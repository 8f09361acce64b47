//! The pools of routes in a file: `[[routes.NAME]]` for each route, or `[routes.NAME]` with what the
//! registry's models must be.

use std::collections::BTreeMap;

use deckhands_model::ModelId;
use toml::Spanned;
use toml::de::DeValue;

use super::TomlFile;
use crate::error::ConfigError;
use crate::key::{Key, MOST_MODELS};
use crate::layer::Layer;
use crate::parse::{self, Refusal};
use crate::pool::{Filling, KeyPlace, RawPool, RawRoute, TABLE};
use crate::shown::plain;

mod fields;
mod wanted;

use fields::Fields;

#[cfg(test)]
mod tests;

/// What a route may have.
const ROUTE: &[&str] = &[
    "model",
    "name",
    "base_url",
    "api_key_env",
    "api_key_file",
    "tools",
];

/// All pools of a file; the layer tells where relative paths start.
///
/// # Errors
/// The first fault, with its line.
pub(super) fn pools(
    file: TomlFile<'_>,
    content: &Spanned<DeValue<'_>>,
    layer: &Layer,
) -> Result<BTreeMap<String, RawPool>, ConfigError> {
    let DeValue::Table(pools) = content.get_ref() else {
        return Err(file.syntax(content.span().start, &shape("NAME")));
    };
    let mut found = BTreeMap::new();
    for (name, content) in pools {
        let reader = Reader {
            file,
            pool: name.get_ref(),
            layer,
        };
        let at = name.span().start;
        if !is_name(reader.pool) {
            let name = plain(reader.pool);
            let message = format!(
                "`{name}` is no name of a pool: it takes small letters, digits, `-` and `_`"
            );
            return Err(file.syntax(at, &message));
        }
        let filling = match content.get_ref() {
            DeValue::Array(routes) => Filling::Listed(reader.routes(routes, at)?),
            DeValue::Table(wanted) => Filling::Selected(reader.wanted(wanted, at)?),
            _ => return Err(file.syntax(content.span().start, &shape(reader.pool))),
        };
        let origin = file.origin(at);
        found.insert(reader.pool.to_owned(), RawPool { filling, origin });
    }
    Ok(found)
}

fn shape(pool: &str) -> String {
    format!(
        "`{TABLE}.{pool}` takes a `[[{TABLE}.{pool}]]` for each route, or one `[{TABLE}.{pool}]` with what \
         its models must be"
    )
}

fn is_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    !name.is_empty() && name.bytes().all(good)
}

/// Reads one pool.
#[derive(Clone, Copy)]
struct Reader<'a> {
    file: TomlFile<'a>,
    pool: &'a str,
    layer: &'a Layer,
}

impl Reader<'_> {
    fn routes(
        self,
        items: &[Spanned<DeValue<'_>>],
        at: usize,
    ) -> Result<Vec<RawRoute>, ConfigError> {
        let mut routes: Vec<RawRoute> = Vec::with_capacity(items.len());
        for item in items {
            let at = item.span().start;
            let DeValue::Table(table) = item.get_ref() else {
                return Err(self.file.syntax(at, &shape(self.pool)));
            };
            let route = self.route(&self.fields(table, at, ROUTE)?)?;
            if routes.iter().any(|other| other.id == route.id) {
                let id = plain(route.id.as_str());
                let message = format!(
                    "`{TABLE}.{}` has two routes to `{id}`: give one of them a `name`",
                    self.pool
                );
                return Err(self.file.syntax(at, &message));
            }
            routes.push(route);
        }
        if !(1..=MOST_MODELS).contains(&routes.len()) {
            let message = format!("`{TABLE}.{}` takes 1 to {MOST_MODELS} routes", self.pool);
            return Err(self.file.syntax(at, &message));
        }
        Ok(routes)
    }

    fn route(self, fields: &Fields<'_>) -> Result<RawRoute, ConfigError> {
        let model = fields.needed("model", "an alias or `provider/model`", |raw| {
            parse::model(Key::Model, raw, self.layer).and_then(plain_model)
        })?;
        let name = fields.read("name", ROUTE_NAME, |raw| {
            let text = parse::any(Key::Routes, raw, self.layer)?;
            model.by_route(&text).map_err(|_no_name| Refusal::default())
        })?;
        let base_url = fields.read("base_url", "an http or https address", |raw| {
            parse::base_url(Key::BaseUrl, raw, self.layer)
        })?;
        let variable = fields.read("api_key_env", "the name of a variable", |raw| {
            parse::variable_name(Key::ApiKeyEnv, raw, self.layer)
        })?;
        let key_file = fields.read("api_key_file", "a path", |raw| {
            parse::path(Key::ApiKeyFile, raw, self.layer)
        })?;
        if variable.is_some() && key_file.is_some() {
            let message = "a route takes `api_key_env` or `api_key_file`, not both";
            return Err(self.file.syntax(fields.at, message));
        }
        let key = variable.map(KeyPlace::Variable);
        let key = key.or_else(|| key_file.map(KeyPlace::File));
        Ok(RawRoute {
            id: name.unwrap_or(model),
            base_url,
            key: key.unwrap_or(KeyPlace::Usual),
            native_tools: fields.tools()?,
            origin: self.file.origin(fields.at),
        })
    }
}

/// What the name of a route looks like.
const ROUTE_NAME: &str = "up to 32 small letters, digits, `-` and `_`";

/// A route has its name in a field of its own.
fn plain_model(model: ModelId) -> Result<ModelId, Refusal> {
    let named = model.route_name().is_some();
    (!named).then_some(model).ok_or_else(Refusal::default)
}
