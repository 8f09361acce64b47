//! Figures with their bars, as a table.

use std::fmt;

use anyhow::{Result, bail};

use super::samples::Samples;

#[cfg(test)]
mod tests;

/// One line of the table.
#[derive(Debug)]
pub(super) struct Figure {
    pub(super) name: &'static str,
    pub(super) value: f64,
    pub(super) unit: &'static str,
    /// What the value must stay below or at; `None` is for information.
    pub(super) bar: Option<Bar>,
    /// How far the single measurements spread.
    pub(super) range: Option<(f64, f64)>,
}

/// A bound of a figure.
#[derive(Clone, Copy, Debug)]
pub(super) enum Bar {
    /// The value may reach it.
    AtMost(f64),
    /// The value may not reach it.
    Below(f64),
}

impl Figure {
    /// A median in milliseconds that says something about others, without a bar of its own.
    pub(super) fn of(name: &'static str, samples: &Samples) -> Self {
        Self {
            name,
            value: samples.median(),
            unit: "ms",
            bar: None,
            range: Some(samples.range()),
        }
    }

    /// The same in seconds.
    pub(super) fn seconds(name: &'static str, samples: &Samples) -> Self {
        let (low, high) = samples.range();
        Self {
            value: samples.median() / 1000.0,
            unit: "s",
            range: Some((low / 1000.0, high / 1000.0)),
            ..Self::of(name, samples)
        }
    }

    /// The same with a bar.
    pub(super) fn with_bar(self, bar: Bar) -> Self {
        Self {
            bar: Some(bar),
            ..self
        }
    }

    fn verdict(&self) -> &'static str {
        match self.bar {
            None => "",
            Some(bar) if bar.holds(self.value) => "ok",
            Some(_) => "MISSED",
        }
    }
}

impl Bar {
    /// What is not a number holds no bar.
    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtMost(bar) => value <= bar,
            Self::Below(bar) => value < bar,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bar) => write!(f, "<= {bar}"),
            Self::Below(bar) => write!(f, "< {bar}"),
        }
    }
}

/// All figures of a measurement.
#[derive(Default, Debug)]
pub(super) struct Table(pub(super) Vec<Figure>);

impl Table {
    /// # Errors
    /// Names every figure that misses its bar.
    pub(super) fn judge(&self) -> Result<()> {
        let missed = self.0.iter().filter(|f| f.verdict() == "MISSED");
        let names: Vec<_> = missed.map(|figure| figure.name).collect();
        if names.is_empty() {
            return Ok(());
        }
        bail!("missed: {}", names.join("; "))
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.0.iter().map(|figure| figure.name.chars().count());
        let width = lines.max().unwrap_or_default();
        let head = ["figure", "value", "unit", "range", "bar"];
        let [name, value, unit, range, bar] = head;
        writeln!(
            f,
            "{name:<width$} {value:>8} {unit:<5} {range:>15} {bar:>7}"
        )?;
        for figure in &self.0 {
            let (name, value, unit) = (figure.name, figure.value, figure.unit);
            let digits = usize::from(unit == "s");
            let range = figure.range.map_or_else(String::new, |(low, high)| {
                format!("{low:.digits$} to {high:.digits$}")
            });
            let bar = figure.bar.map_or_else(String::new, |bar| bar.to_string());
            let line = format!("{name:<width$} {value:>8.2} {unit:<5} {range:>15} {bar:>7}");
            let line = format!("{line} {}", figure.verdict());
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}
