//! What the scripted model asks the agent to do, in the tools of OpenHands 0.59.

use deckhands_testkit::{Script, Step};
use serde_json::json;

/// Creates a file through the edit tool.
#[must_use]
pub fn create_file(path: &str, text: &str) -> Step {
    Step::call(
        "str_replace_editor",
        json!({"command": "create", "path": path, "file_text": text, "security_risk": "LOW"}),
    )
}

/// Replaces text in a file through the edit tool.
#[must_use]
pub fn edit_file(path: &str, old: &str, new: &str) -> Step {
    Step::call(
        "str_replace_editor",
        json!({"command": "str_replace", "path": path, "old_str": old, "new_str": new,
               "security_risk": "LOW"}),
    )
}

/// Runs a shell command.
#[must_use]
pub fn bash(command: &str) -> Step {
    Step::call(
        "execute_bash",
        json!({"command": command, "security_risk": "LOW"}),
    )
}

/// Runs Python in the agent's interpreter.
#[must_use]
pub fn ipython(code: &str) -> Step {
    Step::call(
        "execute_ipython_cell",
        json!({"code": code, "security_risk": "LOW"}),
    )
}

/// Creates `hello.txt` and finishes.
#[must_use]
pub fn one_step() -> Script {
    Script::new([
        create_file("/workspace/hello.txt", "hello\n"),
        Step::finish("hello is there"),
    ])
}
