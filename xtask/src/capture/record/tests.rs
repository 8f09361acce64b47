//! What is edited in a record, and that nothing else is.

use super::{CUT, MAX_BYTES, capped, shortened};

#[test]
fn events_stay_as_stored_but_for_the_agents_own_long_texts() {
    let stored = r#"{"id": 1, "action": "message", "args": {"content": "a\nb", "tools": [1]}}"#;
    assert_eq!(shortened(stored).unwrap(), stored);
    let system = "{\"id\": 0, \"action\": \"system\", \"message\": \"long\",\n \
                  \"args\": {\"content\": \"long\", \"tools\": [{}], \"agent_class\": \"A\"}}";
    let short = shortened(system).unwrap();
    assert!(!short.contains('\n') && !short.contains("long"), "{short}");
    let short: serde_json::Value = serde_json::from_str(&short).unwrap();
    assert_eq!(short["args"]["tools"], serde_json::json!([]));
    assert_eq!(short["args"]["agent_class"], "A");
    assert!(shortened("{half").is_err());
}

#[test]
fn a_long_file_is_cut_at_a_line_and_says_so() {
    assert_eq!(capped("short\n".to_owned()), "short\n");
    let line = "é".repeat(100) + "\n";
    let long = capped(line.repeat(MAX_BYTES / line.len() + 1));
    assert!(long.len() <= MAX_BYTES + CUT.len() + 1, "{}", long.len());
    let (kept, last) = long.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(last, CUT);
    assert!(kept.lines().all(|kept| kept == line.trim_end()));
}
