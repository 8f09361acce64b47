//! Money of stored tasks as a document and as a line.

use deckhands_model::Usd;
use deckhands_store::MoneySum;
use serde::Serialize;

/// Money in documents, in US dollars.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub(in crate::commands) struct MoneyView {
    spent_usd: f64,
    /// Drawn and not settled, the uncertain included.
    open_usd: f64,
    /// The part of what is open that nobody will settle.
    uncertain_usd: f64,
    #[serde(skip)]
    sum: MoneySum,
}

impl From<MoneySum> for MoneyView {
    fn from(sum: MoneySum) -> Self {
        let usd = |nanos| Usd::nanos(nanos).as_f64();
        Self {
            spent_usd: usd(sum.spent),
            open_usd: usd(sum.open),
            uncertain_usd: usd(sum.uncertain),
            sum,
        }
    }
}

impl MoneyView {
    /// For people; nothing where nothing was ever drawn.
    pub(in crate::commands) fn line(&self) -> Option<String> {
        let MoneySum {
            open,
            spent,
            uncertain,
        } = self.sum;
        if open == 0 && spent == 0 {
            return None;
        }
        let mut line = format!("{} spent", Usd::nanos(spent));
        let drawn = open.saturating_sub(uncertain);
        for (nanos, what) in [(drawn, "drawn"), (uncertain, "uncertain")] {
            if nanos > 0 {
                line += &format!(", {} {what}", Usd::nanos(nanos));
            }
        }
        Some(line)
    }
}

#[cfg(test)]
mod tests {
    //! Only what is there is told.

    use super::*;

    #[test]
    fn a_line_has_what_there_is() {
        let rows = [
            (0, 0, 0, None),
            (0, 400_000_000, 0, Some("$0.40 spent")),
            (5, 0, 0, Some("$0.00 spent, $0.000000005 drawn")),
            (
                1_000_000_000,
                2_000_000_000,
                250_000_000,
                Some("$2.00 spent, $0.75 drawn, $0.25 uncertain"),
            ),
        ];
        for (open, spent, uncertain, expected) in rows {
            let sum = MoneySum {
                open,
                spent,
                uncertain,
            };
            assert_eq!(MoneyView::from(sum).line().as_deref(), expected);
        }
    }

    #[test]
    fn a_document_is_in_dollars() {
        let sum = MoneySum {
            open: 1_000_000_000,
            spent: 500_000_000,
            uncertain: 0,
        };
        let expected = serde_json::json!({"spent_usd": 0.5, "open_usd": 1.0, "uncertain_usd": 0.0});
        assert_eq!(serde_json::json!(MoneyView::from(sum)), expected);
    }
}
