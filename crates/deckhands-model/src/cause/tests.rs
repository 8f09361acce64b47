//! The table of causes, written out a second time and compared.

use std::collections::BTreeSet;

use super::Cause::*;
use super::*;
use crate::cause_docs::causes_markdown;
use crate::error_type::ErrorType::{
    Authentication, Connection, RateLimit, Sdk, Timeout, Validation,
};
use crate::error_type::FailureClass::{Exhausted, Permanent, Rejected, Transient};

const LIMITED: FailureClass = FailureClass::RateLimited;

/// Cause, type, class, exit code.
const TABLE: [(Cause, ErrorType, FailureClass, u8); 34] = [
    (ProviderUnreachable, Connection, Transient, 1),
    (ProviderError, Connection, Transient, 1),
    (SandboxLost, Connection, Transient, 1),
    (AppLost, Connection, Transient, 1),
    (DaemonUnreachable, Connection, Transient, 3),
    (StartTimeout, Timeout, Transient, 1),
    (IdleTimeout, Timeout, Transient, 1),
    (ProviderTimeout, Timeout, Transient, 1),
    (WorkTimeout, Timeout, Exhausted, 1),
    (PullTimeout, Timeout, Exhausted, 3),
    (BadKey, Authentication, Permanent, 1),
    (OutOfCredit, Authentication, Permanent, 1),
    (RateLimited, RateLimit, LIMITED, 1),
    (QuotaUntilReset, RateLimit, LIMITED, 1),
    (BadModel, Validation, Permanent, 1),
    (BadInput, Validation, Permanent, 2),
    (ImageMissing, Validation, Permanent, 3),
    (PermissionDenied, Validation, Permanent, 3),
    (HostDiskFull, Validation, Permanent, 3),
    (ContextWindow, Validation, Rejected, 1),
    (ContentRefused, Validation, Rejected, 1),
    (AgentRejected, Validation, Rejected, 1),
    (EmptyChange, Validation, Rejected, 1),
    (CheckFailed, Validation, Rejected, 1),
    (Stuck, Sdk, Rejected, 1),
    (NoProgress, Sdk, Rejected, 1),
    (IterationLimit, Sdk, Exhausted, 1),
    (BudgetLimit, Sdk, Exhausted, 1),
    (OutOfMemory, Sdk, Exhausted, 1),
    (DiskLimit, Sdk, Exhausted, 1),
    (ProcessLimit, Sdk, Exhausted, 1),
    (AgentCrashed, Sdk, Transient, 1),
    (StartRace, Sdk, Transient, 1),
    (Unknown, ErrorType::Unknown, Transient, 1),
];

#[test]
fn every_cause_has_its_type_class_and_exit_code() {
    for (cause, kind, class, code) in TABLE {
        assert_eq!(
            (cause.error_type(), cause.class(), cause.exit_code().code()),
            (kind, class, code),
            "{cause}"
        );
    }
}

#[test]
fn the_list_of_all_is_complete_and_without_doubles() {
    assert_eq!(Cause::ALL, TABLE.map(|row| row.0));
    let names: BTreeSet<String> = Cause::ALL.map(Cause::name).into();
    assert_eq!(names.len(), Cause::ALL.len());
    for cause in Cause::ALL {
        // A cause that the list forgets would make this match incomplete.
        let listed = match cause {
            ProviderUnreachable | ProviderError | SandboxLost | AppLost | DaemonUnreachable => 0..5,
            StartTimeout | IdleTimeout | ProviderTimeout | WorkTimeout | PullTimeout => 5..10,
            BadKey | OutOfCredit | RateLimited | QuotaUntilReset => 10..14,
            BadModel | BadInput | ImageMissing | PermissionDenied | HostDiskFull => 14..19,
            ContextWindow | ContentRefused | AgentRejected | EmptyChange | CheckFailed => 19..24,
            Stuck | NoProgress | IterationLimit | BudgetLimit | OutOfMemory => 24..29,
            DiskLimit | ProcessLimit | AgentCrashed | StartRace | Unknown => 29..34,
        };
        assert!(Cause::ALL[listed].contains(&cause), "{cause}");
    }
}

#[test]
fn every_hint_is_one_line_that_says_what_to_do() {
    for cause in Cause::ALL {
        let hint = cause.hint();
        assert!(
            hint.len() > 10 && !hint.contains('\n') && !hint.ends_with('.'),
            "{cause}: {hint}"
        );
    }
}

#[test]
fn a_cause_is_its_name_in_json_and_for_people() {
    for cause in Cause::ALL {
        let json = serde_json::to_string(&cause).unwrap();
        assert_eq!(json, format!("\"{}\"", cause.name()));
        assert_eq!(serde_json::from_str::<Cause>(&json).unwrap(), cause);
        assert_eq!(cause.to_string(), cause.name());
    }
    assert_eq!(BadKey.name(), "BadKey");
    assert!(serde_json::from_str::<Cause>("\"bad_key\"").is_err());
}

#[test]
fn the_page_has_a_row_for_each_cause() {
    let page = causes_markdown();
    for cause in Cause::ALL {
        let start = format!("| `{cause}` | {} | ", cause.error_type());
        let rows: Vec<_> = page
            .lines()
            .filter(|line| line.starts_with(&start))
            .collect();
        let [row] = rows[..] else {
            panic!("{cause}: {rows:?}")
        };
        assert!(
            row.ends_with(&format!(
                "| {} | {} |",
                cause.exit_code().code(),
                cause.hint()
            )),
            "{row}"
        );
    }
    assert_eq!(
        page.lines().filter(|line| line.starts_with("| `")).count(),
        Cause::ALL.len()
    );
}
