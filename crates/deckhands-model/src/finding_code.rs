//! The closed table of what a judgement can find in a change: code, level, stage and meaning.
//!
//! Decision 0017 has the same table for people, with the reasons.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error_type::UnknownWord;
use crate::verdict::Severity;

/// Part of a judgement. The parts follow each other in this order; one that finds an error is the
/// last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JudgementStage {
    /// Which paths changed. Nothing is read but their bytes.
    Collect,
    /// The text of changed test files. Nothing is executed.
    Static,
    /// One run of the new tests.
    Runs,
    /// Further runs in other orders and circumstances.
    Repeats,
    /// Lines and branches of the target, old tests against old and new ones.
    Coverage,
    /// Changed targets: a new test must fail for one that the old tests let pass.
    Mutants,
    /// Targets that are written differently and mean the same: no test may fail.
    Placebos,
    /// The smallest set of the tests that proves the same.
    Minimise,
    /// The commands that the user asks for.
    Checks,
}

/// One kind of finding. Closed: a new kind means a new row here.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the table below says what each means")]
pub enum FindingCode {
    EmptyChange,
    RefusedPath,
    OverwrittenPath,
    ForbiddenPath,
    SourceChanged,
    ConfigChanged,
    ShadowsModule,
    LinkedFile,
    EmptyFile,
    TooLarge,
    Secret,
    Encoding,
    Syntax,
    NoTest,
    DuplicateName,
    ConstantAssert,
    SameBothSides,
    SkipMark,
    RunnerInternals,
    RunnerHook,
    RemovedTest,
    WeakenedTest,
    ChangedTest,
    Naming,
    NoCheck,
    OrAssert,
    Swallows,
    Sleep,
    CollectError,
    Failed,
    NotPassed,
    Missing,
    Vanished,
    AbnormalEnd,
    ExitDisagrees,
    Forged,
    Canary,
    Strays,
    Flood,
    Timeout,
    TargetAltered,
    NeedsNetwork,
    Flaky,
    OrderDependent,
    Pollutes,
    HashOrder,
    Clock,
    Timezone,
    LeaksState,
    CoverageForged,
    BelowThreshold,
    NoGain,
    ExcludedLines,
    KillsNothing,
    CrashOnly,
    ReadsSource,
    AddsNothing,
    CheckFailed,
}

/// One row of the table.
#[derive(Clone, Copy)]
struct Row(
    FindingCode,
    &'static str,
    Severity,
    JudgementStage,
    &'static str,
);

/// Every code, in the order of the enum.
#[rustfmt::skip]
const TABLE: [Row; 58] = [
    Row(FindingCode::EmptyChange, "empty_change", Severity::Error, JudgementStage::Collect, "nothing changed"),
    Row(FindingCode::RefusedPath, "refused_path", Severity::Warning, JudgementStage::Collect, "a new path that cannot be taken over: a link that leads out, a device, a pipe, special mode bits"),
    Row(FindingCode::OverwrittenPath, "overwritten_path", Severity::Error, JudgementStage::Collect, "a path of the base became one that cannot be taken over"),
    Row(FindingCode::ForbiddenPath, "forbidden_path", Severity::Error, JudgementStage::Collect, "a new path outside of where tests belong, bytecode, or a name with control characters"),
    Row(FindingCode::SourceChanged, "source_changed", Severity::Error, JudgementStage::Collect, "a file of the base that is no test was changed or deleted"),
    Row(FindingCode::ConfigChanged, "config_changed", Severity::Error, JudgementStage::Collect, "a file was added, changed or deleted that configures the runner or Python's start"),
    Row(FindingCode::ShadowsModule, "shadows_module", Severity::Error, JudgementStage::Collect, "a new file has the name of a module of the library, an installed one or the target"),
    Row(FindingCode::LinkedFile, "linked_file", Severity::Error, JudgementStage::Collect, "a new or changed path is a link within the workspace; a test is a regular file"),
    Row(FindingCode::EmptyFile, "empty_file", Severity::Error, JudgementStage::Collect, "a test file has nothing but white space"),
    Row(FindingCode::TooLarge, "too_large", Severity::Error, JudgementStage::Collect, "a file or the change is larger than allowed"),
    Row(FindingCode::Secret, "secret", Severity::Error, JudgementStage::Collect, "something looks like a key, a token or a password of a provider"),
    Row(FindingCode::Encoding, "encoding", Severity::Error, JudgementStage::Static, "a test file is not UTF-8, or declares another encoding"),
    Row(FindingCode::Syntax, "syntax", Severity::Error, JudgementStage::Static, "a test file cannot be parsed"),
    Row(FindingCode::NoTest, "no_test", Severity::Error, JudgementStage::Static, "the change has no new or changed test that the project's runner would find"),
    Row(FindingCode::DuplicateName, "duplicate_name", Severity::Error, JudgementStage::Static, "two tests of one scope have the same name, so the first never runs"),
    Row(FindingCode::ConstantAssert, "constant_assert", Severity::Error, JudgementStage::Static, "an assertion holds whatever happens"),
    Row(FindingCode::SameBothSides, "same_both_sides", Severity::Error, JudgementStage::Static, "both sides of a comparison are the same expression"),
    Row(FindingCode::SkipMark, "skip_mark", Severity::Error, JudgementStage::Static, "a test or module is newly skipped or expected to fail"),
    Row(FindingCode::RunnerInternals, "runner_internals", Severity::Error, JudgementStage::Static, "a test file reaches for the runner, the interpreter or other processes"),
    Row(FindingCode::RunnerHook, "runner_hook", Severity::Error, JudgementStage::Static, "a hook or plugin of the runner comes with the change"),
    Row(FindingCode::RemovedTest, "removed_test", Severity::Error, JudgementStage::Static, "a test of the base is gone"),
    Row(FindingCode::WeakenedTest, "weakened_test", Severity::Error, JudgementStage::Static, "a test of the base asks for less than before"),
    Row(FindingCode::ChangedTest, "changed_test", Severity::Warning, JudgementStage::Static, "a test of the base is written differently"),
    Row(FindingCode::Naming, "naming", Severity::Warning, JudgementStage::Static, "a file with tests has a name that the project's runner does not look for"),
    Row(FindingCode::NoCheck, "no_check", Severity::Warning, JudgementStage::Static, "a test has no assertion"),
    Row(FindingCode::OrAssert, "or_assert", Severity::Warning, JudgementStage::Static, "an assertion holds in several ways"),
    Row(FindingCode::Swallows, "swallows", Severity::Warning, JudgementStage::Static, "a test swallows exceptions, failed assertions among them"),
    Row(FindingCode::Sleep, "sleep", Severity::Warning, JudgementStage::Static, "a test sleeps"),
    Row(FindingCode::CollectError, "collect_error", Severity::Error, JudgementStage::Runs, "a test file cannot be imported; nothing else is told of such a run"),
    Row(FindingCode::Failed, "failed", Severity::Error, JudgementStage::Runs, "a test, or what it sets up, fails each time"),
    Row(FindingCode::NotPassed, "not_passed", Severity::Error, JudgementStage::Runs, "a test was skipped or failed as expected when it ran"),
    Row(FindingCode::Missing, "missing", Severity::Error, JudgementStage::Runs, "a test that stands in the file never began, and the run ended by itself"),
    Row(FindingCode::Vanished, "vanished", Severity::Error, JudgementStage::Runs, "a test began and never ended, and the run ended by itself"),
    Row(FindingCode::AbnormalEnd, "abnormal_end", Severity::Error, JudgementStage::Runs, "the process ended otherwise than by the runner's last line"),
    Row(FindingCode::ExitDisagrees, "exit_disagrees", Severity::Error, JudgementStage::Runs, "the process's status is not what the told outcomes give"),
    Row(FindingCode::Forged, "forged", Severity::Error, JudgementStage::Runs, "a phase was told twice, of a test that was not planned, or in no known form"),
    Row(FindingCode::Canary, "canary", Severity::Error, JudgementStage::Runs, "a test of our own was told wrongly or not at all by a run that ended well"),
    Row(FindingCode::Strays, "strays", Severity::Error, JudgementStage::Runs, "processes were left when the run was over"),
    Row(FindingCode::Flood, "flood", Severity::Error, JudgementStage::Runs, "output or report went beyond its bound"),
    Row(FindingCode::Timeout, "timeout", Severity::Error, JudgementStage::Runs, "the run was ended by us because its time was up"),
    Row(FindingCode::TargetAltered, "target_altered", Severity::Error, JudgementStage::Runs, "the target's file was another after the run than before"),
    Row(FindingCode::NeedsNetwork, "needs_network", Severity::Warning, JudgementStage::Runs, "a test asked for a name or an address that is not on this machine"),
    Row(FindingCode::Flaky, "flaky", Severity::Error, JudgementStage::Repeats, "a test passes and fails in the same circumstances"),
    Row(FindingCode::OrderDependent, "order_dependent", Severity::Error, JudgementStage::Repeats, "a new test fails alone or after another"),
    Row(FindingCode::Pollutes, "pollutes", Severity::Error, JudgementStage::Repeats, "a test of the base fails after this new one"),
    Row(FindingCode::HashOrder, "hash_order", Severity::Error, JudgementStage::Repeats, "a test depends on the secret of Python's hashes"),
    Row(FindingCode::Clock, "clock", Severity::Error, JudgementStage::Repeats, "a test depends on the date"),
    Row(FindingCode::Timezone, "timezone", Severity::Error, JudgementStage::Repeats, "a test depends on the time zone"),
    Row(FindingCode::LeaksState, "leaks_state", Severity::Warning, JudgementStage::Repeats, "a test leaves environment, directory, threads, files or modules changed"),
    Row(FindingCode::CoverageForged, "coverage_forged", Severity::Error, JudgementStage::Coverage, "lines are told as covered that the target's own code never ran"),
    Row(FindingCode::BelowThreshold, "below_threshold", Severity::Error, JudgementStage::Coverage, "less of the target is covered than the task asks for"),
    Row(FindingCode::NoGain, "no_gain", Severity::Warning, JudgementStage::Coverage, "no line or branch of the target is covered newly"),
    Row(FindingCode::ExcludedLines, "excluded_lines", Severity::Info, JudgementStage::Coverage, "the base leaves lines of the target out of its coverage"),
    Row(FindingCode::KillsNothing, "kills_nothing", Severity::Error, JudgementStage::Mutants, "no mutant that the old tests let live fails a new test"),
    Row(FindingCode::CrashOnly, "crash_only", Severity::Error, JudgementStage::Mutants, "such mutants crash, but no assertion sees one"),
    Row(FindingCode::ReadsSource, "reads_source", Severity::Error, JudgementStage::Placebos, "a test fails though only the target's text changed"),
    Row(FindingCode::AddsNothing, "adds_nothing", Severity::Warning, JudgementStage::Minimise, "a test proves nothing that the others do not, and is left out"),
    Row(FindingCode::CheckFailed, "check_failed", Severity::Error, JudgementStage::Checks, "a check of the user's does not accept the result"),
];

impl FindingCode {
    /// Every code, in the order of the table.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::EmptyChange; TABLE.len()];
        let mut at = 0;
        while at < TABLE.len() {
            all[at] = TABLE[at].0;
            at += 1;
        }
        all
    };

    const fn row(self) -> Row {
        TABLE[self as usize]
    }

    /// The code as it stands in JSON documents, e.g. `kills_nothing`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        self.row().1
    }

    /// How grave it is; the same for every finding of this code.
    #[must_use]
    pub const fn severity(self) -> Severity {
        self.row().2
    }

    /// The part of the judgement that can find it.
    #[must_use]
    pub const fn stage(self) -> JudgementStage {
        self.row().3
    }

    /// What it says about the change, as one line without a dot at the end.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        self.row().4
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for FindingCode {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let code = Self::ALL.into_iter().find(|code| code.word() == word);
        code.ok_or_else(|| UnknownWord {
            what: "code of a finding",
            word: word.to_owned(),
            expected: Self::ALL.map(Self::word).join(", "),
        })
    }
}

#[cfg(test)]
mod tests;
