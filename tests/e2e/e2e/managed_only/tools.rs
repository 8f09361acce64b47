//! Every tool of the agent does its work, by what it tells the model and by what it leaves.

use deckhands_e2e::{
    Bench, bash, bash_for, create_file, edit_file, editor, ipython, plan_tasks, type_in, view_tasks,
};
use deckhands_testkit::{Script, Step};
use serde_json::json;

/// A step, and what the model must be told of it.
type Row = (Step, &'static str);

/// A run that plays the steps: each call of the model but the first must tell of the step before it.
fn check(rows: Vec<Row>, args: &[&str]) -> Bench {
    let (steps, told): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let script = Script::new(steps.into_iter().chain([Step::finish("done")]));
    let bench = Bench::new(script);
    let report = bench.run(args).with_code(0).json();
    assert_eq!(report["state"], "completed", "{report:#}");
    let requests = bench.requests();
    assert_eq!(requests.len(), told.len() + 1);
    for (request, told) in requests.iter().skip(1).zip(told) {
        let messages = request.json().expect("a JSON request");
        let last = messages["messages"].as_array().and_then(|all| all.last());
        let last = last.expect("a message").to_string();
        assert!(last.contains(told), "`{told}` is not in {last}");
    }
    bench.assert_nothing_left();
    bench
}

#[test]
fn the_edit_tool_creates_replaces_shows_inserts_and_takes_back() {
    let notes = "/workspace/notes.txt";
    let bench = check(
        vec![
            (create_file(notes, "alpha\nbeta\n"), "created successfully"),
            (edit_file(notes, "alpha", "gamma"), "gamma"),
            (editor("view", notes, json!({})), "beta"),
            (
                editor(
                    "insert",
                    notes,
                    json!({"insert_line": 1, "new_str": "delta"}),
                ),
                "delta",
            ),
            (bash("cat notes.txt > with-delta.txt"), "exit code 0"),
            (editor("undo_edit", notes, json!({})), "undone successfully"),
            (editor("view", "/workspace", json!({})), "notes.txt"),
        ],
        &["write notes"],
    );
    assert_eq!(bench.file("notes.txt").as_deref(), Some("gamma\nbeta\n"));
    let before = bench.file("with-delta.txt");
    assert_eq!(before.as_deref(), Some("gamma\ndelta\nbeta\n"));
}

#[test]
fn shell_python_and_the_list_of_tasks_work() {
    let bench = check(
        vec![
            (bash("export WORD=kept; cd /tmp"), "exit code 0"),
            // A file, for an agent whose shell is slow may be told of an output one step late.
            (
                bash("echo $WORD in $PWD > /workspace/kept.txt"),
                "exit code 0",
            ),
            (bash("ls /nowhere-at-all"), "exit code 2"),
            (bash("echo shell > /workspace/shell.txt"), "exit code 0"),
            (ipython("number = 6"), "Jupyter"),
            (
                ipython("open('/workspace/python.txt', 'w').write(str(number * 7))"),
                "Jupyter",
            ),
            (view_tasks(), "No task list found"),
            (plan_tasks("sort the ropes"), "updated with 1 items"),
            (view_tasks(), "sort the ropes"),
        ],
        &["use the tools"],
    );
    assert_eq!(bench.file("shell.txt").as_deref(), Some("shell\n"));
    assert_eq!(bench.file("python.txt").as_deref(), Some("42"));
}

/// A silent command is given back to the model after 10 s, and one with a time limit of its own
/// after that; both run on, and can be typed into.
#[test]
fn a_long_command_is_waited_for_and_one_without_end_is_interrupted() {
    let bench = check(
        vec![
            (
                bash("sleep 13; echo slow > slow.txt; echo came to its end"),
                "no new output after 10 seconds",
            ),
            (type_in(""), "came to its end"),
            (bash_for("sleep 300", 3), "timed out after 3.0 seconds"),
            (type_in("C-c"), "exit code 130"),
            (bash("echo next > next.txt"), "exit code 0"),
        ],
        &["take your time"],
    );
    assert_eq!(bench.file("slow.txt").as_deref(), Some("slow\n"));
    assert_eq!(bench.file("next.txt").as_deref(), Some("next\n"));
}
