//! The ledger in memory: what it grants, refuses and keeps.

use super::*;

fn usd(dollars: u64) -> Usd {
    Usd::dollars(dollars)
}

async fn drawn(ledger: &MemoryLedger, least: u64, wanted: u64) -> Result<Usd, Refusal> {
    match ledger.draw(usd(least), usd(wanted)).await.unwrap() {
        Draw::Granted(amount) => Ok(amount),
        Draw::Refused(refusal) => Err(refusal),
    }
}

fn figures(ledger: &MemoryLedger) -> Vec<(MoneyLevel, Usd, Usd)> {
    let accounts = ledger.accounts().into_iter();
    accounts
        .map(|account| (account.level, account.open, account.spent))
        .collect()
}

#[tokio::test]
async fn what_is_wanted_is_granted_or_the_least_or_nothing() {
    let ledger = MemoryLedger::new(&[(MoneyLevel::Task, usd(10))]);
    assert_eq!(drawn(&ledger, 1, 6).await, Ok(usd(6)));
    assert_eq!(drawn(&ledger, 1, 6).await, Ok(usd(1)));
    assert_eq!(drawn(&ledger, 3, 3).await, Ok(usd(3)));
    let refusal = Refusal {
        level: MoneyLevel::Task,
        cap: usd(10),
        used: usd(10),
    };
    assert_eq!(drawn(&ledger, 1, 6).await, Err(refusal));
    assert_eq!(
        refusal.to_string(),
        "the cap of $10.00 for the task is reached: $10.00 are spent or reserved"
    );
    ledger.settle(usd(2), usd(1)).await.unwrap();
    assert_eq!(figures(&ledger), [(MoneyLevel::Task, usd(7), usd(2))]);
    assert_eq!(drawn(&ledger, 1, 6).await, Ok(usd(1)));
}

#[tokio::test]
async fn all_levels_count_and_the_tightest_is_named() {
    let day = MemoryLedger::new(&[(MoneyLevel::Day, usd(10))]);
    let first = day.below(&[(MoneyLevel::Task, usd(8)), (MoneyLevel::Attempt, usd(6))]);
    let second = day.below(&[(MoneyLevel::Task, usd(8))]);
    assert_eq!(drawn(&first, 6, 6).await, Ok(usd(6)));
    assert_eq!(
        drawn(&first, 1, 1).await.unwrap_err().level,
        MoneyLevel::Attempt
    );
    assert_eq!(
        drawn(&second, 5, 5).await.unwrap_err().level,
        MoneyLevel::Day
    );
    assert_eq!(drawn(&second, 4, 5).await, Ok(usd(4)));
    first.settle(usd(3), usd(3)).await.unwrap();
    let expected = [
        (MoneyLevel::Day, usd(4), usd(3)),
        (MoneyLevel::Task, usd(0), usd(3)),
        (MoneyLevel::Attempt, usd(0), usd(3)),
    ];
    assert_eq!(figures(&first), expected);
    let expected = [
        (MoneyLevel::Day, usd(4), usd(3)),
        (MoneyLevel::Task, usd(4), usd(0)),
    ];
    assert_eq!(figures(&second), expected);
}

#[tokio::test]
async fn what_is_spent_beyond_the_draw_counts_and_takes_nothing_of_others() {
    let day = MemoryLedger::new(&[(MoneyLevel::Day, usd(10))]);
    let (first, second) = (day.below(&[]), day.below(&[]));
    drawn(&first, 5, 5).await.unwrap();
    drawn(&second, 5, 5).await.unwrap();
    first.settle(usd(9), usd(0)).await.unwrap();
    assert_eq!(figures(&day), [(MoneyLevel::Day, usd(5), usd(9))]);
    let refusal = drawn(&second, 1, 1).await.unwrap_err();
    assert_eq!((refusal.cap, refusal.used), (usd(10), usd(14)));
}

#[tokio::test]
async fn without_a_cap_everything_is_granted() {
    let ledger = MemoryLedger::new(&[]);
    assert_eq!(drawn(&ledger, 1, 1_000_000).await, Ok(usd(1_000_000)));
    assert_eq!(figures(&ledger), []);
}
