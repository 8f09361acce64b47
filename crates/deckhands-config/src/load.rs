//! Finds the layers, in order: user file, project file, `.env`, environment, flags.

use std::io;
use std::path::{Path, PathBuf};

use crate::dotenv;
use crate::error::{ConfigError, ConfigErrorKind};
use crate::files;
use crate::layer::{Layer, Raw, Stack};
use crate::origin::{Origin, Trust};
use crate::resolve;
use crate::settings::Settings;
use crate::shown;
use crate::sources::Sources;
use crate::toml_layer::{self, Place, TomlFile};
use crate::variables::{CONFIG, Source, Variables};

#[cfg(test)]
mod tests;

/// The project's file, searched from the working directory upward.
const PROJECT_FILE: &str = "deckhands.toml";

/// The project's variables, searched the same way.
const DOTENV: &str = ".env";

/// The user's file in the user's configuration directory.
const USER_FILE: &str = "config.toml";

/// Most notes on a project's `.env`.
const MAX_NOTES: usize = 10;

/// What was found.
pub(crate) struct Gathered {
    pub(crate) stack: Stack,
    pub(crate) environment: Variables,
    pub(crate) dotenv: Option<Variables>,
    pub(crate) notes: Vec<String>,
}

/// Reads all layers and resolves them.
///
/// A missing API key is no error here: see [`Settings::require_key`].
///
/// # Errors
/// [`ConfigError`] for the first fault: a file that cannot be read, an unknown key or variable, a
/// value out of bounds, a setting that an untrusted project may not make.
pub fn load(sources: &Sources) -> Result<Settings, ConfigError> {
    resolve::settings(sources, gather(sources)?)
}

fn gather(sources: &Sources) -> Result<Gathered, ConfigError> {
    let mut notes = Vec::new();
    let environment = Variables::of_environment(&sources.env)?;
    let user_path = user_file(sources, &environment);
    let mut layers = Vec::new();
    layers.extend(read_user_file(user_path.as_ref())?);
    layers.extend(read_project_file(sources, user_path.as_ref())?);
    let dotenv = read_dotenv(sources, &mut notes)?;
    if let Some(variables) = &dotenv
        && let Source::DotEnv(path) = &variables.source
    {
        let empty = Layer::new(variables.trust, parent(path));
        layers.push(variables.layer(empty, &mut notes)?);
        cut(&mut notes, path);
    }
    let empty = Layer::new(Trust::Trusted, sources.cwd.clone());
    layers.push(environment.layer(empty, &mut notes)?);
    layers.push(flags(sources));
    Ok(Gathered {
        stack: Stack::new(layers)?,
        environment,
        dotenv,
        notes,
    })
}

/// Keeps what is to be said about a `.env` short: whoever wrote it chose how much that is.
fn cut(notes: &mut Vec<String>, dotenv: &Path) {
    let surplus = notes.len().saturating_sub(MAX_NOTES);
    if surplus > 0 {
        notes.truncate(MAX_NOTES);
        let path = shown::path(dotenv);
        notes.push(format!("{surplus} more notes on `{path}` are left out"));
    }
}

/// The user's file, and whether it was named and so has to be there.
struct UserFile {
    path: PathBuf,
    named: bool,
}

fn user_file(sources: &Sources, environment: &Variables) -> Option<UserFile> {
    let named = sources.explicit_config.clone();
    if let Some(path) = named.or_else(|| environment.get(CONFIG).map(PathBuf::from)) {
        return Some(UserFile {
            path: sources.cwd.join(path),
            named: true,
        });
    }
    let path = sources.user_config_dir.as_ref()?.join(USER_FILE);
    Some(UserFile { path, named: false })
}

fn read_user_file(file: Option<&UserFile>) -> Result<Option<Layer>, ConfigError> {
    let Some(UserFile { path, named }) = file else {
        return Ok(None);
    };
    let text = if *named {
        files::read(path).map(Some)
    } else {
        files::read_if_there(path)
    };
    let Some(text) = text.map_err(|error| unreadable(path, error))? else {
        return Ok(None);
    };
    let file = TomlFile {
        path,
        text: &text,
        place: Place::User,
    };
    toml_layer::read(file, Trust::Trusted).map(Some)
}

fn read_project_file(
    sources: &Sources,
    user: Option<&UserFile>,
) -> Result<Option<Layer>, ConfigError> {
    let Some(path) = files::find_upward(&sources.cwd, PROJECT_FILE) else {
        return Ok(None);
    };
    // The user named this very file: it is their layer already.
    if user.is_some_and(|user| files::canonical(&user.path) == files::canonical(&path)) {
        return Ok(None);
    }
    let text = files::read_plain(&path).map_err(|error| unreadable(&path, error))?;
    let file = TomlFile {
        path: &path,
        text: &text,
        place: Place::Project,
    };
    toml_layer::read(file, trust_of(sources, &path)).map(Some)
}

fn read_dotenv(
    sources: &Sources,
    notes: &mut Vec<String>,
) -> Result<Option<Variables>, ConfigError> {
    let Some(path) = files::find_upward(&sources.cwd, DOTENV) else {
        return Ok(None);
    };
    if !path.is_file() {
        // Other programs keep other things under this name, e.g. a pipe.
        let path = shown::path(&path);
        notes.push(format!("`{path}` is not a plain file and is left out"));
        return Ok(None);
    }
    let text = files::read_plain(&path).map_err(|error| unreadable(&path, error))?;
    let trust = trust_of(sources, &path);
    Variables::of_dotenv(dotenv::read(&text), path, trust, notes).map(Some)
}

/// Trust belongs to one directory, not to those below it: a clone inside a trusted directory is
/// somebody else's.
fn trust_of(sources: &Sources, file: &Path) -> Trust {
    let dir = files::canonical(&parent(file));
    let trusted = sources
        .trusted_dirs
        .iter()
        .any(|trusted| files::canonical(trusted) == dir);
    if trusted {
        Trust::Trusted
    } else {
        Trust::Project
    }
}

fn flags(sources: &Sources) -> Layer {
    let mut layer = Layer::new(Trust::Trusted, sources.cwd.clone());
    for (key, name, value) in &sources.flags.values {
        let origin = Origin::Flag { name: name.clone() };
        layer.values.insert(
            *key,
            Raw {
                value: value.clone(),
                origin,
            },
        );
    }
    layer
}

fn parent(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("/")).to_owned()
}

fn unreadable(path: &Path, error: io::Error) -> ConfigError {
    ConfigError::io(
        ConfigErrorKind::Read {
            path: path.to_owned(),
        },
        error,
    )
}
