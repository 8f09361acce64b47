//! Figures of policies lie between bounds.

/// A figure of a policy outside its bounds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{field}` of a {policy} is {value}: it must lie between {least} and {most}")]
pub struct OutOfBounds {
    /// The kind of policy.
    pub policy: &'static str,
    /// The name of the figure.
    pub field: &'static str,
    /// The refused value.
    pub value: f64,
    /// The least value that is accepted.
    pub least: f64,
    /// The greatest value that is accepted.
    pub most: f64,
}

/// Refuses the first figure, each with its name, value and bounds, that lies outside, not-a-number
/// among them.
pub(crate) fn check(
    policy: &'static str,
    figures: &[(&'static str, f64, f64, f64)],
) -> Result<(), OutOfBounds> {
    for &(field, value, least, most) in figures {
        if !(least..=most).contains(&value) {
            return Err(OutOfBounds {
                policy,
                field,
                value,
                least,
                most,
            });
        }
    }
    Ok(())
}
