//! The plan as a text.

use super::*;

#[test]
fn a_document_becomes_indented_lines() {
    let document = json!({
        "route": {"key": "set", "model": "openai/m"},
        "checks": ["make", "true"],
        "max_cost_usd": null,
    });
    let shown = text(&document);
    let lines: Vec<_> = shown.lines().collect();
    assert_eq!(lines[0], "nothing is done; this is the plan:");
    for line in [
        "  route:",
        "    key: set",
        "    model: openai/m",
        "  checks: make true",
        "  max_cost_usd: null",
    ] {
        assert!(lines.contains(&line), "`{line}` is missing:\n{shown}");
    }
    assert!(
        lines
            .last()
            .is_some_and(|line| line.starts_with("cost: not bounded by money"))
    );
}
