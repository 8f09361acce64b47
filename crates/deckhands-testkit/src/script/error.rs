//! What can be wrong with a script's text.

/// A script that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("read script{}{}", of_model(model.as_deref()), at_step(*step))]
pub struct ScriptError {
    /// The model whose steps are at fault; none if it is the steps for all others.
    pub model: Option<String>,
    /// Number of the faulty step counted from 1; none if the fault lies outside the steps.
    pub step: Option<usize>,
    /// The fault.
    #[source]
    pub kind: ScriptErrorKind,
}

/// What is wrong with a script.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScriptErrorKind {
    /// Not JSON, or a key or type that is not known here.
    #[error("malformed")]
    Malformed(#[source] serde_json::Error),
    /// The step says nothing.
    #[error(
        "no answer given, name one of text, text_mib, tool, tools, finish, filtered, refusal, status, provider_error, hang, hang_s, reset, \
         raw, truncate, empty_choices, error_in_200"
    )]
    NoAnswer,
    /// The step says two things at once.
    #[error("`{0}` and `{1}` exclude each other")]
    Conflict(&'static str, &'static str),
    /// A key that needs another one.
    #[error("`{0}` has no meaning without `{1}`")]
    Alone(&'static str, &'static str),
    /// A value outside its range.
    #[error("`{key}` must be {wanted}")]
    Value {
        /// The key.
        key: &'static str,
        /// Its allowed values.
        wanted: &'static str,
    },
}

fn of_model(model: Option<&str>) -> String {
    model.map_or_else(String::new, |name| format!(", model `{name}`"))
}

fn at_step(step: Option<usize>) -> String {
    step.map_or_else(String::new, |number| format!(", step {number}"))
}
