//! Writes figures as OpenMetrics text.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use super::{Figures, Metrics, MoneyFigures};

mod calls;

/// A label and its value.
type Label<'a> = (&'a str, &'a str);

/// The samples of a group for one family.
type Samples = fn(&Figures, &mut Put<'_>);

/// Takes one sample: a label besides that of the group, and a value.
type Put<'a> = dyn FnMut(Option<Label<'_>>, &dyn Display) + 'a;

/// A family of samples: its name after the scope, its unit, what it means.
struct Family(&'static str, &'static str, &'static str, Samples);

/// Every family; each is there for all tasks, by model and by category.
const FAMILIES: [Family; 14] = [
    Family("tasks", "", "tasks by state", |f, put| {
        each(&f.tasks.states, "state", put);
    }),
    Family("tasks_failed", "", "failed tasks by cause", |f, put| {
        each(&f.tasks.causes, "cause", put);
    }),
    Family(
        "tasks_success_ratio",
        "ratio",
        "completed tasks of those that ended, cancelled ones left out",
        |f, put| one(f.tasks.success_rate.as_ref(), put),
    ),
    Family(
        "tasks_queued_seconds",
        "seconds",
        "time from hand-in to first attempt, of tasks that were begun",
        |f, put| put(None, &f.tasks.queued_time_s),
    ),
    Family(
        "tasks_attempts",
        "",
        "attempts that were begun at the tasks",
        |f, put| put(None, &f.tasks.attempts),
    ),
    Family("attempts", "", "ended attempts by outcome", |f, put| {
        each(&f.attempts.outcomes, "outcome", put);
    }),
    Family(
        "attempts_failed",
        "",
        "failed attempts by cause",
        |f, put| each(&f.attempts.causes, "cause", put),
    ),
    Family(
        "attempts_judged",
        "",
        "judged attempts by verdict",
        |f, put| each(&f.attempts.verdicts, "verdict", put),
    ),
    Family(
        "attempts_work_seconds",
        "seconds",
        "time agents worked, waits left out",
        |f, put| put(None, &f.attempts.work_time_s),
    ),
    Family(
        "attempts_wait_seconds",
        "seconds",
        "time agents waited for a provider",
        |f, put| put(None, &f.attempts.wait_time_s),
    ),
    Family(
        "attempts_tokens",
        "",
        "tokens of attempts that told them",
        |f, put| {
            let usage = &f.attempts.usage;
            labelled(usage.input_tokens.as_ref(), ("direction", "input"), put);
            labelled(usage.output_tokens.as_ref(), ("direction", "output"), put);
        },
    ),
    Family(
        "attempts_tokens_unknown",
        "",
        "attempts that did not tell their tokens",
        |f, put| {
            let unknown = &f.attempts.usage.unknown;
            put(Some(("direction", "input")), &unknown.input_tokens);
            put(Some(("direction", "output")), &unknown.output_tokens);
        },
    ),
    Family(
        "attempts_cost_dollars",
        "dollars",
        "money of attempts whose cost is known",
        |f, put| one(f.attempts.usage.cost_usd.as_ref(), put),
    ),
    Family(
        "attempts_cost_unknown",
        "",
        "attempts whose cost is not known",
        |f, put| put(None, &f.attempts.usage.unknown.cost_usd),
    ),
];

/// The whole text.
pub(super) fn text(metrics: &Metrics) -> String {
    let all = [("", &metrics.system)];
    let (models, categories) = (groups(&metrics.models), groups(&metrics.categories));
    let mut text = String::new();
    for family in &FAMILIES {
        scope(&mut text, family, "", &all);
        scope(&mut text, family, "model", &models);
        scope(&mut text, family, "category", &categories);
    }
    for family in &MONEY {
        money(&mut text, family, &metrics.money);
    }
    calls::put(&mut text, &metrics.calls);
    text.push_str("# EOF\n");
    text
}

/// A family of money: its name, what it means, what is told of a level.
struct Money(&'static str, &'static str, fn(&MoneyFigures) -> Option<f64>);

const MONEY: [Money; 4] = [
    Money(
        "deckhands_money_spent_dollars",
        "bounded money that is known to be spent",
        |money| Some(money.spent_usd),
    ),
    Money(
        "deckhands_money_open_dollars",
        "bounded money that is drawn and not settled",
        |money| Some(money.open_usd),
    ),
    Money(
        "deckhands_money_uncertain_dollars",
        "the part of what is open that nobody will settle",
        |money| Some(money.uncertain_usd),
    ),
    Money(
        "deckhands_money_cap_dollars",
        "how much may be spent and open",
        |money| money.cap_usd,
    ),
];

fn money(text: &mut String, family: &Money, levels: &BTreeMap<&'static str, MoneyFigures>) {
    let Money(name, help, amount) = family;
    let told = levels
        .iter()
        .filter_map(|(level, money)| Some((*level, amount(money)?)));
    let told: Vec<_> = told.collect();
    if told.is_empty() {
        return;
    }
    head(text, (name, "gauge", "dollars"), help);
    for (level, amount) in told {
        let labels = braces([("level", level)].into_iter());
        let _ = writeln!(text, "{name}{labels} {amount}");
    }
}

fn groups(groups: &BTreeMap<String, Figures>) -> Vec<(&str, &Figures)> {
    groups.iter().map(|(name, f)| (name.as_str(), f)).collect()
}

/// One family within one scope, unless nothing is known of it.
fn scope(text: &mut String, family: &Family, scope: &str, groups: &[(&str, &Figures)]) {
    let Family(name, unit, help, samples) = family;
    let name = match scope {
        "" => format!("deckhands_{name}"),
        scope => format!("deckhands_{scope}_{name}"),
    };
    let mut lines = String::new();
    for (group, figures) in groups {
        let own = (!scope.is_empty()).then_some((scope, *group));
        samples(figures, &mut |label, value| {
            let labels = [own, label].into_iter().flatten();
            // Writing to a `String` cannot fail.
            let _ = writeln!(lines, "{name}{} {value}", braces(labels));
        });
    }
    if lines.is_empty() {
        return;
    }
    head(text, (&name, "gauge", unit), help);
    text.push_str(&lines);
}

/// What stands before the samples of a family: its name, type and unit, and what it means.
fn head(text: &mut String, (name, kind, unit): (&str, &str, &str), help: &str) {
    let _ = writeln!(text, "# TYPE {name} {kind}");
    if !unit.is_empty() {
        let _ = writeln!(text, "# UNIT {name} {unit}");
    }
    let _ = writeln!(text, "# HELP {name} {help}");
}

fn braces<'a>(labels: impl Iterator<Item = Label<'a>>) -> String {
    let pairs: Vec<_> = labels
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    if pairs.is_empty() {
        String::new()
    } else {
        format!("{{{}}}", pairs.join(","))
    }
}

/// A value as it stands between quotes.
fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn each<K: AsRef<str>>(counts: &BTreeMap<K, u64>, label: &str, put: &mut Put<'_>) {
    for (word, count) in counts {
        put(Some((label, word.as_ref())), count);
    }
}

fn one<T: Display>(value: Option<&T>, put: &mut Put<'_>) {
    if let Some(value) = value {
        put(None, value);
    }
}

fn labelled<T: Display>(value: Option<&T>, label: Label<'_>, put: &mut Put<'_>) {
    if let Some(value) = value {
        put(Some(label), value);
    }
}

#[cfg(test)]
mod tests;
