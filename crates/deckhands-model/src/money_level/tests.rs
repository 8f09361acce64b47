//! Levels: one name each, in data and for people.

use super::*;

#[test]
fn the_name_is_the_same_in_data_and_for_people() {
    let names = ["attempt", "task", "batch", "day"];
    for (level, name) in MoneyLevel::ALL.into_iter().zip(names) {
        assert_eq!(level.to_string(), name);
        assert_eq!(
            serde_json::to_string(&level).unwrap(),
            format!("\"{name}\"")
        );
    }
    assert!(MoneyLevel::ALL.is_sorted());
}
