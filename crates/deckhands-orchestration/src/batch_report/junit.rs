//! JUnit XML. Everything that is not ours is cleaned of controls and escaped; no `CDATA` is used, so
//! none can be ended.

use std::fmt::Write as _;

use deckhands_agent::clean_text;
use deckhands_model::{FailureClass, TaskState};

use super::{BatchRow, BatchSummary};

/// Most bytes of one text in the document.
const MOST: usize = 16 << 10;

/// How a test case is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Passed,
    /// The work was judged and is not good enough, or did not reach the workspace.
    Failure,
    /// It did not come to a judgement.
    Error,
    Skipped,
}

pub(super) fn xml(summary: &BatchSummary) -> String {
    let rows = &summary.tasks;
    let count = |kind: Kind| rows.iter().filter(|row| self::kind(row) == kind).count();
    let figures = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{:.3}\"",
        rows.len(),
        count(Kind::Failure),
        count(Kind::Error),
        count(Kind::Skipped),
        summary.total_time_s,
    );
    let mut xml = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <testsuites name=\"deckhands batch\" {figures}>\n\
         <testsuite name=\"{}\" timestamp=\"{}\" {figures}>\n\
         <properties><property name=\"batch\" value=\"{}\"/></properties>\n",
        attribute(&summary.file),
        summary.started_at.strftime("%Y-%m-%dT%H:%M:%S"),
        attribute(&summary.batch),
    );
    rows.iter().for_each(|row| case(&mut xml, row));
    xml.push_str("</testsuite>\n</testsuites>\n");
    xml
}

fn kind(row: &BatchRow) -> Kind {
    let rejected = row.cause.map(deckhands_model::Cause::class) == Some(FailureClass::Rejected);
    match row.state {
        Some(TaskState::Completed) if row.success => Kind::Passed,
        Some(TaskState::Completed | TaskState::Degraded) => Kind::Failure,
        Some(TaskState::Failed) if rejected => Kind::Failure,
        Some(TaskState::Failed) => Kind::Error,
        Some(
            TaskState::Cancelled | TaskState::Pending | TaskState::Queued | TaskState::Running,
        )
        | None => Kind::Skipped,
    }
}

// Writing to a `String` cannot fail.
fn case(xml: &mut String, row: &BatchRow) {
    let class = row.category.map_or("task", deckhands_model::Category::word);
    let _ = write!(
        xml,
        "<testcase classname=\"{class}\" name=\"{} {}\" time=\"{:.3}\">",
        row.index,
        attribute(&row.name),
        row.time_s().unwrap_or_default(),
    );
    let message = attribute(row.message.as_deref().unwrap_or(row.word()));
    let kind_word = row
        .cause
        .map_or_else(|| row.word().to_owned(), |cause| cause.name());
    let (element, told) = match kind(row) {
        Kind::Passed => ("", String::new()),
        Kind::Failure => ("failure", details(row)),
        Kind::Error => ("error", details(row)),
        Kind::Skipped => ("skipped", String::new()),
    };
    match element {
        "" => {}
        "skipped" => {
            let _ = write!(xml, "<skipped message=\"{message}\"/>");
        }
        element => {
            let told = text(&told);
            let kind = attribute(&kind_word);
            let _ = write!(
                xml,
                "<{element} message=\"{message}\" type=\"{kind}\">{told}</{element}>"
            );
        }
    }
    if !row.output.is_empty() {
        let _ = write!(xml, "<system-out>{}</system-out>", text(&row.output));
    }
    xml.push_str("</testcase>\n");
}

/// What is to be said of a task without success, not yet escaped.
fn details(row: &BatchRow) -> String {
    let mut details = String::new();
    for (word, value) in [("", &row.message), ("hint: ", &row.hint)] {
        if let Some(value) = value {
            let _ = writeln!(details, "{word}{value}");
        }
    }
    for finding in &row.findings {
        let _ = writeln!(details, "{}: {}", finding.check, finding.message);
    }
    for path in &row.conflict {
        let _ = writeln!(details, "changed in the workspace meanwhile: {path}");
    }
    if let Some(id) = row.task_id {
        let _ = writeln!(details, "task {id}");
    }
    details
}

/// Text between tags.
fn text(raw: &str) -> String {
    let mut safe = String::new();
    for c in clean_text(raw, MOST).chars().filter(is_allowed) {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            c => safe.push(c),
        }
    }
    safe
}

/// The value of an attribute, on one line.
fn attribute(raw: &str) -> String {
    text(raw).trim().replace(['\n', '\t'], " ")
}

/// The cleaned text has no controls; two more characters are in no XML document.
fn is_allowed(c: &char) -> bool {
    !matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests;
