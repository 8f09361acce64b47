//! Words that a setting may have although nothing stands behind them yet.

/// Profiles that have a name but cannot be chosen yet.
pub(crate) const PROFILES_NOT_YET: &[&str] = &["single"];
