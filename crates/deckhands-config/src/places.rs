//! Where this user keeps configuration and state, by the rules of the platform (XDG on Linux).

use std::path::PathBuf;

/// The user's directories for Deckhands; none of them is created here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Places {
    /// Holds `config.toml` and the list of trusted directories.
    pub config_dir: Option<PathBuf>,
    /// The default home. On platforms without a state directory the local data directory.
    pub state_dir: Option<PathBuf>,
}

impl Places {
    /// Asks the platform. Empty for a user without home directory.
    #[must_use]
    pub fn of_user() -> Self {
        let Some(dirs) = directories::ProjectDirs::from("", "", "deckhands") else {
            return Self::default();
        };
        let state = dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir());
        Self {
            config_dir: Some(dirs.config_dir().to_owned()),
            state_dir: Some(state.to_owned()),
        }
    }
}
