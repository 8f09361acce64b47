//! What the scripted model asks the agent to do, in the tools of OpenHands 0.59.

use deckhands_testkit::{Script, Step};
use serde_json::{Value, json};

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

/// Any command of the edit tool, with its own arguments.
#[must_use]
pub fn editor(command: &str, path: &str, more: Value) -> Step {
    let mut args = json!({"command": command, "path": path, "security_risk": "LOW"});
    if let (Some(args), Value::Object(more)) = (args.as_object_mut(), more) {
        args.extend(more);
    }
    Step::call("str_replace_editor", args)
}

/// A shell command that is given so many seconds.
#[must_use]
pub fn bash_for(command: &str, seconds: u32) -> Step {
    let args = json!({"command": command, "timeout": seconds, "security_risk": "LOW"});
    Step::call("execute_bash", args)
}

/// Types into the command that still runs; nothing typed waits for more of its output.
#[must_use]
pub fn type_in(keys: &str) -> Step {
    let args = json!({"command": keys, "is_input": "true", "security_risk": "LOW"});
    Step::call("execute_bash", args)
}

/// Writes the agent's list of tasks: one entry.
#[must_use]
pub fn plan_tasks(title: &str) -> Step {
    let task = json!({"id": "1", "title": title, "status": "in_progress", "notes": ""});
    Step::call(
        "task_tracker",
        json!({"command": "plan", "task_list": [task]}),
    )
}

/// Reads the agent's list of tasks.
#[must_use]
pub fn view_tasks() -> Step {
    Step::call("task_tracker", json!({"command": "view"}))
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
