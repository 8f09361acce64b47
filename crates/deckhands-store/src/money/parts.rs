//! What a settlement does to the days on which the money was drawn.

use jiff::civil::Date;

/// What is settled of the money of one day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) day: Date,
    pub(crate) spent: u64,
    pub(crate) back: u64,
}

/// Divides a settlement among days with open money, the earliest first; then what was spent above all
/// that is open. What is given back above it is nothing: it was not there.
///
/// A slice that was drawn before midnight and settled after it stays with its day in this way, whatever
/// was drawn since.
pub(crate) fn parts(
    open: impl IntoIterator<Item = (Date, u64)>,
    mut spent: u64,
    mut back: u64,
) -> (Vec<Part>, u64) {
    let mut parts = Vec::new();
    for (day, open) in open {
        let of_spent = spent.min(open);
        let of_back = back.min(open - of_spent);
        spent -= of_spent;
        back -= of_back;
        if of_spent + of_back > 0 {
            parts.push(Part {
                day,
                spent: of_spent,
                back: of_back,
            });
        }
    }
    (parts, spent)
}
