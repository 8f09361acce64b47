//! Each field in its right and wrong forms.

use super::*;

fn field(name: &str, value: Written) -> Field {
    Field {
        name: name.to_owned(),
        line: 7,
        value,
    }
}

fn words(text: &str) -> Written {
    Written::Text(text.to_owned())
}

fn read(fields: &[Field]) -> Result<Described, Fault> {
    let mut all = vec![field("text", words("do it"))];
    all.extend_from_slice(fields);
    described(&Entry {
        line: 5,
        fields: all,
    })
}

#[test]
fn all_fields_are_taken() {
    let task = read(&[
        field("workspace", words("w")),
        field("model", words("m")),
        field("priority", words("high")),
        field("timeout", Written::Number("90".to_owned())),
        field("max_iterations", Written::Number("7".to_owned())),
        field("max_cost", Written::Number("0.5".to_owned())),
        field("memory", words("2g")),
        field("checks", words("make")),
        field("allow_no_change", Written::Truth(true)),
        field("name", words("n")),
        field("category", words("unit_test")),
        field("no_apply", Written::Truth(true)),
    ])
    .unwrap();
    let text = |text: &str| Some(text.to_owned());
    let expected = Described {
        line: 5,
        text: text("do it"),
        file: None,
        workspace: text("w"),
        model: text("m"),
        priority: Priority::High,
        timeout: text("90"),
        max_iterations: text("7"),
        max_cost: text("0.5"),
        memory: text("2g"),
        checks: Some(vec!["make".to_owned()]),
        allow_no_change: true,
        name: text("n"),
        category: Some(Category::UnitTest),
        no_apply: true,
    };
    assert_eq!(task, expected);
}

#[test]
fn a_priority_may_be_its_number() {
    let task = read(&[field("priority", Written::Number("0".to_owned()))]).unwrap();
    assert_eq!(task.priority, Priority::Critical);
}

#[test]
fn an_unknown_field_is_refused_with_what_is_meant() {
    for (name, meant) in [
        ("check", "did you mean `checks`?"),
        ("work_space", "did you mean `workspace`?"),
        ("max-iterations", "did you mean `max_iterations`?"),
        ("xyz", "a task has: text, file, workspace"),
    ] {
        let fault = read(&[field(name, words("a"))]).unwrap_err();
        assert_eq!(fault.line, 7);
        assert!(fault.message.contains(name), "{fault:?}");
        assert!(fault.hint.as_ref().unwrap().starts_with(meant), "{fault:?}");
    }
    let long = "x".repeat(1 << 20);
    assert!(read(&[field(&long, words("a"))]).is_err());
}

#[test]
fn values_of_the_wrong_kind_are_refused_with_their_line() {
    for (name, value) in [
        ("model", Written::Number("1".to_owned())),
        ("timeout", Written::Truth(true)),
        ("checks", Written::Number("1".to_owned())),
        ("checks", Written::Other),
        ("no_apply", words("yes")),
        ("priority", words("soon")),
        ("category", words("nonsense")),
        ("name", Written::Texts(Vec::new())),
    ] {
        let fault = read(&[field(name, value.clone())]).unwrap_err();
        assert_eq!(fault.line, 7, "{name} {value:?}");
    }
}

#[test]
fn a_task_has_one_text_and_no_field_twice() {
    let of = |fields: &[Field]| {
        let entry = Entry {
            line: 5,
            fields: fields.to_vec(),
        };
        described(&entry)
    };
    let (text, file) = (field("text", words("a")), field("file", words("b")));
    for one in [&text, &file] {
        assert!(of(std::slice::from_ref(one)).is_ok());
    }
    assert_eq!(of(&[]).unwrap_err().line, 5);
    assert!(
        of(&[text.clone(), file])
            .unwrap_err()
            .message
            .contains("not both")
    );
    assert!(
        of(&[text.clone(), text])
            .unwrap_err()
            .message
            .contains("twice")
    );
}
