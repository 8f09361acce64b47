//! What is taken out, and that nothing else is.

use super::Cleaner;

#[test]
fn what_belongs_to_the_machine_is_replaced() {
    let id = "0123456789ab".to_owned() + &"c".repeat(52);
    let mut cleaner = Cleaner::default();
    cleaner.replace_id(&id, "a");
    cleaner.replace("/tmp/deckhands-capture-1/0", "/capture");
    cleaner.replace("", "never");
    let rows = [
        (
            format!("container {id} is"),
            format!("container {} is", "a".repeat(64)),
        ),
        (
            "host 0123456789ab".to_owned(),
            format!("host {}", "a".repeat(12)),
        ),
        (
            "'/tmp/deckhands-capture-1/0/workspace'".to_owned(),
            "'/capture/workspace'".to_owned(),
        ),
    ];
    for (text, clean) in rows {
        assert_eq!(cleaner.clean(&text), clean);
    }
}

#[test]
fn addresses_of_one_network_are_replaced_and_numbers_are_not() {
    let rows = [
        (
            "lookup x on 10.20.30.40:53: no",
            "lookup x on 192.0.2.1:53: no",
        ),
        (
            "at 172.17.0.1:8000, 127.0.0.1, 0.0.0.0.",
            "at 172.17.0.1:8000, 127.0.0.1, 0.0.0.0.",
        ),
        (
            "litellm 1.77.7 in 3.5 s at 2026-11-22",
            "litellm 1.77.7 in 3.5 s at 2026-11-22",
        ),
        ("ends with 10.1.2.3.", "ends with 192.0.2.1."),
        ("v1.2.3.4 and é 10.1.2.3 é", "v1.2.3.4 and é 192.0.2.1 é"),
    ];
    for (text, clean) in rows {
        assert_eq!(Cleaner::default().clean(text), clean);
    }
}
