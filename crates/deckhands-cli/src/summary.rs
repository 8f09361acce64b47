//! The end of a run for people: what came of it, what changed, what it took, what to do next.

use std::fmt::Write as _;

use deckhands_agent::openhands_headless::PROVED;
use deckhands_model::{Change, ChangeKind, Finding, RunReport, Severity, TaskState, Usd, Verdict};
use owo_colors::OwoColorize;

use crate::calls;
use crate::console::error_text;
use crate::progress::tokens;
use crate::shown;

/// Most changed paths that are listed.
const LISTED: usize = 20;

/// The summary, several lines, ending with a line end.
pub(crate) fn summary(report: &RunReport) -> String {
    let mut text = headline(report);
    let output = shown::lines(report.output.trim());
    if !output.is_empty() {
        let _ = writeln!(text, "\n{output}\n");
    }
    text.push_str(&changed(&report.changes));
    text.push_str(&conflicts(&report.conflict));
    text.push_str(&kept(report));
    text.push_str(&findings(report));
    text.push_str(&figures(report));
    for note in unproved(report).iter().chain(&report.notes) {
        let _ = writeln!(text, "{} {}", "note:".yellow(), shown::indented(note));
    }
    if let Some(error) = &report.error {
        text.push_str(&error_text(error));
    }
    text
}

/// What is to be said of an agent whose version is known and not proved.
fn unproved(report: &RunReport) -> Option<String> {
    let version = report.versions.agent.as_deref()?;
    (!version.starts_with(PROVED))
        .then(|| format!("this OpenHands version is not proved: {version} (proved: {PROVED}x)"))
}

fn headline(report: &RunReport) -> String {
    let id = report.task_id.get(..8).unwrap_or(&report.task_id);
    let word = match report.state {
        TaskState::Completed if report.conflict.is_empty() => {
            "completed".green().bold().to_string()
        }
        TaskState::Completed => "completed, not applied".yellow().bold().to_string(),
        TaskState::Cancelled => "cancelled".yellow().bold().to_string(),
        TaskState::Degraded => "degraded".yellow().bold().to_string(),
        TaskState::Failed | TaskState::Pending | TaskState::Queued | TaskState::Running => {
            "failed".red().bold().to_string()
        }
    };
    format!("{word} {}\n", format!("(task {id})").dimmed())
}

/// The changed paths, a line each, no more than anybody reads.
pub(crate) fn changed(changes: &[Change]) -> String {
    let mut text = String::new();
    for change in changes.iter().take(LISTED) {
        let mark = match change.kind {
            ChangeKind::Created => "+".green().to_string(),
            ChangeKind::Modified => "~".yellow().to_string(),
            ChangeKind::Deleted => "-".red().to_string(),
        };
        let _ = writeln!(
            text,
            "  {mark} {} {}",
            shown::line(&change.path),
            format!("({} bytes)", change.bytes).dimmed()
        );
    }
    text + &more(changes.len())
}

/// The paths that changed in the workspace meanwhile, no more than anybody reads.
pub(crate) fn conflicts(paths: &[String]) -> String {
    let mut text = String::new();
    for path in paths.iter().take(LISTED) {
        let _ = writeln!(
            text,
            "  {} {} changed in the workspace meanwhile",
            "!".red(),
            shown::line(path)
        );
    }
    text + &more(paths.len())
}

fn more(count: usize) -> String {
    match count.checked_sub(LISTED) {
        Some(more) if more > 0 => format!("  … and {more} more\n"),
        _ => String::new(),
    }
}

/// Where a change is that was not applied, and how to apply it.
fn kept(report: &RunReport) -> String {
    let patch = report.patch.as_ref().filter(|_| !report.applied);
    let Some(patch) = patch else {
        return String::new();
    };
    let id = report.task_id.get(..8).unwrap_or(&report.task_id);
    let word = match &report.verdict {
        Some(verdict) if verdict.is_accepted() => "",
        _ => " --yes",
    };
    format!(
        "not applied; the change is kept in {patch}\n\
         `deckhands diff {id}` shows it, `deckhands apply {id}{word}` applies it\n"
    )
}

/// What refuses the change, all of it, and then as many warnings as anybody reads.
fn findings(report: &RunReport) -> String {
    let all = || report.verdict.iter().flat_map(Verdict::findings);
    let grave = |finding: &&Finding| finding.severity == Severity::Error;
    let mut text: String = all().filter(grave).map(finding).collect();
    let warnings: Vec<_> = all().filter(|f| !grave(f)).collect();
    text.extend(warnings.iter().take(LISTED).map(|f| finding(f)));
    text + &more(warnings.len())
}

fn finding(finding: &Finding) -> String {
    let mark = match finding.severity {
        Severity::Error => "check failed:".red().to_string(),
        Severity::Warning | Severity::Info => "warning:".yellow().to_string(),
    };
    let check = shown::indented(&finding.check);
    let message = shown::indented(&finding.message);
    format!("{mark} {check}\n    {message}\n")
}

fn figures(report: &RunReport) -> String {
    let Some(attempt) = report.attempts.last() else {
        return String::new();
    };
    let cost = attempt
        .usage
        .cost_usd
        .map_or("cost unknown".to_owned(), |usd| format!("${usd:.4}"));
    let line = format!(
        "{:.1} s in all, {:.1} s at work, {:.1} s waiting · {} · {cost} · {}",
        report.timings.total_s,
        attempt.work_time_s,
        attempt.wait_time_s,
        tokens(attempt.usage),
        shown::line(&attempt.route),
    );
    format!("{}\n{}{}", line.dimmed(), calls(report), money(report))
}

/// The models that its attempts called.
fn calls(report: &RunReport) -> String {
    let attempts = report.attempts.iter();
    let sums = attempts.flat_map(|attempt| attempt.calls.iter().flat_map(|calls| &calls.models));
    let lines = calls::lines(&calls::by_model(sums));
    let lines = lines.lines().map(|line| format!("  {}\n", line.dimmed()));
    lines.collect()
}

/// What the task cost, where that was bounded.
fn money(report: &RunReport) -> String {
    let Some(money) = report.money else {
        return String::new();
    };
    let usd = |dollars: f64| Usd::from_f64_up(dollars).unwrap_or_default();
    let of = money.cap_usd.map(|cap| format!(" of {}", usd(cap)));
    let mut line = format!("{}{} spent", usd(money.spent_usd), of.unwrap_or_default());
    if money.uncertain_usd > 0.0 {
        let _ = write!(line, ", {} uncertain", usd(money.uncertain_usd));
    }
    format!("{}\n", line.dimmed())
}

#[cfg(test)]
mod tests;
