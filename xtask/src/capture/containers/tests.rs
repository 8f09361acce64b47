//! What the daemon says of a container.

use serde_json::json;

use super::{Seen, seen};

#[test]
fn a_container_is_read_whole_or_not_at_all() {
    let whole = json!([{ "Id": "abc", "State":
        { "Status": "exited", "ExitCode": 137, "OOMKilled": true } }]);
    let expected = Seen {
        id: "abc".to_owned(),
        status: "exited".to_owned(),
        exit: 137,
        oom: true,
    };
    assert_eq!(seen(&whole), Some(expected));
    for missing in ["Status", "ExitCode", "OOMKilled"] {
        let mut part = whole.clone();
        part[0]["State"].as_object_mut().unwrap().remove(missing);
        assert_eq!(seen(&part), None, "{missing}");
    }
    assert_eq!(seen(&json!([])), None);
}
