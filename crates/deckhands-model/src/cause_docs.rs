//! The causes as a page for people.

use std::fmt::Write as _;

use crate::cause::Cause;

/// The text of `docs/reference/causes.md`.
#[must_use]
pub fn causes_markdown() -> String {
    let mut page = String::from(
        "# Causes\n\n\
         Why a run can fail, as `error.cause` in JSON documents. Generated from\n\
         `crates/deckhands-model/src/cause.rs`.\n\n\
         | cause | type | class | exit code | what to do |\n|---|---|---|---|---|\n",
    );
    for cause in Cause::ALL {
        let class = format!("{:?}", cause.class());
        let (kind, code) = (cause.error_type(), cause.exit_code().code());
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "| `{cause}` | {kind} | {class} | {code} | {} |",
            cause.hint()
        );
    }
    page
}
