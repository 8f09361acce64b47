//! The same tasks in every form, and faults with their lines.

use std::fs;

use tempfile::TempDir;

use super::*;

fn read_as(name: &str, text: &[u8]) -> Result<BatchFile, CliError> {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    read(&path)
}

fn fields(file: &BatchFile) -> Vec<Vec<(&str, usize, &Written)>> {
    let of_entry = |entry: &'_ Entry| -> usize { entry.fields.len() };
    assert!(file.entries.iter().all(|entry| of_entry(entry) > 0));
    let told = file.entries.iter().map(|entry| {
        let fields = entry.fields.iter();
        fields
            .map(|field| (field.name.as_str(), field.line, &field.value))
            .collect()
    });
    told.collect()
}

const TOML: &str = "# two tasks\n[[task]]\ntext = \"\"\"\none\ntwo\"\"\"\ntimeout = 90\n\n[[task]]\nfile = 'b.md'\nno_apply = true\nchecks = [\"make\", \"true\"]\n";

const JSON: &str = "[\n  {\"text\": \"one\\ntwo\",\n\n   \"timeout\": 90},\n  {\"file\": \"b.md\", \"no_apply\": true,\n   \"checks\": [\"make\", \"true\"]}\n]\n";

const LINES: &str = "{\"text\": \"one\\ntwo\", \"timeout\": 90}\n\n{\"file\": \"b.md\", \"no_apply\": true, \"checks\": [\"make\", \"true\"]}\n";

#[test]
fn every_form_tells_the_same_tasks_with_their_lines() {
    let (text, number) = (
        Written::Text("one\ntwo".to_owned()),
        Written::Number("90".to_owned()),
    );
    let (file, truth) = (Written::Text("b.md".to_owned()), Written::Truth(true));
    let checks = Written::Texts(vec!["make".to_owned(), "true".to_owned()]);
    for (name, content, lines) in [
        ("t.toml", TOML, [2, 3, 6, 8, 9, 10, 11]),
        ("t.json", JSON, [2, 2, 4, 5, 5, 5, 6]),
        ("t.JSONL", LINES, [1, 1, 1, 3, 3, 3, 3]),
        ("t.ndjson", LINES, [1, 1, 1, 3, 3, 3, 3]),
    ] {
        let read = read_as(name, content.as_bytes()).unwrap();
        let [first, a, b, second, c, d, e] = lines;
        let starts: Vec<_> = read.entries.iter().map(|entry| entry.line).collect();
        assert_eq!(starts, [first, second], "{name}");
        let expected = vec![
            vec![("text", a, &text), ("timeout", b, &number)],
            vec![
                ("file", c, &file),
                ("no_apply", d, &truth),
                ("checks", e, &checks),
            ],
        ];
        assert_eq!(fields(&read), expected, "{name}");
        let marked = read_as(name, format!("\u{feff}{content}").as_bytes()).unwrap();
        assert_eq!(fields(&marked), expected, "{name}, marked as UTF-8");
    }
}

#[test]
fn faults_name_their_line() {
    for (name, text, line, says) in [
        ("t.toml", "[[task]]\ntext = \n", 2, "string values"),
        ("t.toml", "\n\n[tasks]\n", 3, "`tasks` is nothing"),
        ("t.toml", "[task]\ntext = 'a'\n", 1, "`task` is one table"),
        ("t.toml", "task = [1]\n", 1, "a task is a table"),
        ("t.json", "{}", 1, "not an array"),
        ("t.json", "[\n{},\n", 3, "not an array"),
        ("t.json", "[\n{},\n7]", 3, "not a task"),
        ("t.jsonl", "{}\n{\n", 2, "not a task"),
        ("t.jsonl", "{}\n[]\n", 2, "not a task"),
        ("t.toml", "", 1, "no task"),
        ("t.json", "[]", 1, "no task"),
        ("t.jsonl", "\n\n", 1, "no task"),
    ] {
        let error = read_as(name, text.as_bytes()).unwrap_err().0;
        assert_eq!(error.code, 2, "{text:?}");
        let place = format!("{name}:{line}: ");
        assert!(
            error.message.contains(&place),
            "{text:?}: {}",
            error.message
        );
        assert!(error.message.contains(says), "{text:?}: {}", error.message);
        assert!(error.hint.is_some(), "{text:?}");
    }
}

#[test]
fn what_no_field_takes_is_kept_as_such() {
    for text in [
        "{\"a\": null}",
        "{\"a\": {}}",
        "{\"a\": [1]}",
        "{\"a\": [\"b\", []]}",
    ] {
        let read = read_as("t.jsonl", text.as_bytes()).unwrap();
        assert_eq!(read.entries[0].fields[0].value, Written::Other, "{text}");
    }
    for text in ["a = 0x1f", "a = 2020-01-01", "a = [1]", "a = {b = 1}"] {
        let text = format!("[[task]]\n{text}\n");
        let read = read_as("t.toml", text.as_bytes()).unwrap();
        assert_eq!(read.entries[0].fields[0].value, Written::Other, "{text}");
    }
}

#[test]
fn size_and_count_are_bounded() {
    let many = |count: usize| "{\"text\": \"a\"}\n".repeat(count);
    assert!(read_as("t.jsonl", many(MOST_TASKS).as_bytes()).is_ok());
    let error = read_as("t.jsonl", many(MOST_TASKS + 1).as_bytes()).unwrap_err();
    assert!(
        error.0.message.contains("10001: more than 10000 tasks"),
        "{error:?}"
    );
    let large = vec![b' '; usize::try_from(MOST_BYTES).unwrap() + 1];
    let error = read_as("t.jsonl", &large).unwrap_err();
    assert!(error.0.message.contains("larger than 16 MiB"), "{error:?}");
}

#[test]
fn files_that_cannot_be_read_are_usage_errors() {
    let missing = read(Path::new("/nonexistent/tasks.toml")).unwrap_err();
    assert_eq!((missing.0.code, missing.0.causes.len()), (2, 1));
    let binary = read_as("t.toml", b"\xff\xfe").unwrap_err();
    assert_eq!((binary.0.code, binary.0.causes.len()), (2, 1));
    for name in ["tasks", "tasks.yaml", ".toml"] {
        let error = read_as(name, TOML.as_bytes()).unwrap_err();
        assert!(error.0.message.contains("does not tell"), "{name}");
    }
}
