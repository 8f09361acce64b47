//! Verdicts: who accepts, and the form in documents.

use serde_json::json;

use super::*;

#[test]
fn only_accepted_accepts() {
    let finding = Finding {
        severity: Severity::Warning,
        check: "make test".to_owned(),
        message: "slow".to_owned(),
    };
    let findings = vec![finding];
    let rows = [
        (Verdict::Accepted(findings.clone()), "accepted", true),
        (Verdict::Rejected(findings.clone()), "rejected", false),
        (
            Verdict::Inconclusive(findings.clone()),
            "inconclusive",
            false,
        ),
    ];
    for (verdict, word, accepted) in rows {
        assert_eq!((verdict.word(), verdict.is_accepted()), (word, accepted));
        assert_eq!(verdict.findings(), findings);
        let document = json!({
            "state": word,
            "findings": [{"severity": "warning", "check": "make test", "message": "slow"}],
        });
        assert_eq!(serde_json::to_value(&verdict).unwrap(), document);
    }
    assert!(Severity::Info < Severity::Warning && Severity::Warning < Severity::Error);
}
