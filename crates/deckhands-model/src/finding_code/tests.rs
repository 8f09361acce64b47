//! The table against the enum, and the words.

use super::*;

#[test]
fn every_row_stands_at_its_code_and_has_its_word() {
    for (place, code) in FindingCode::ALL.into_iter().enumerate() {
        assert_eq!(code as usize, place, "{code}");
        let json = serde_json::to_string(&code).unwrap();
        assert_eq!(json, format!("\"{}\"", code.word()));
        assert_eq!(serde_json::from_str::<FindingCode>(&json).unwrap(), code);
        assert_eq!(code.word().parse(), Ok(code));
    }
    // The last of the enum is the last of the table, so none is missing.
    assert_eq!(FindingCode::CheckFailed as usize + 1, TABLE.len());
}

#[test]
fn the_table_goes_through_the_stages_in_order() {
    let stages = FindingCode::ALL.map(FindingCode::stage);
    assert!(stages.is_sorted(), "{stages:?}");
}

#[test]
fn every_stage_can_end_a_judgement_but_the_smallest_set() {
    use JudgementStage::{
        Checks, Collect, Coverage, Minimise, Mutants, Placebos, Repeats, Runs, Static,
    };
    let all = [
        Collect, Static, Runs, Repeats, Coverage, Mutants, Placebos, Minimise, Checks,
    ];
    for stage in all {
        let ends = FindingCode::ALL
            .into_iter()
            .any(|code| code.stage() == stage && code.severity() == Severity::Error);
        assert_eq!(ends, stage != Minimise, "{stage:?}");
    }
}

#[test]
fn every_meaning_is_one_line() {
    for code in FindingCode::ALL {
        let meaning = code.meaning();
        assert!(
            meaning.len() > 10 && !meaning.contains('\n') && !meaning.ends_with('.'),
            "{code}: {meaning}"
        );
    }
}

#[test]
fn an_unknown_word_is_told_with_the_known_ones() {
    let error = "kills-nothing".parse::<FindingCode>().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("`kills-nothing` is no code of a finding: expected one of empty_change, ")
    );
}
