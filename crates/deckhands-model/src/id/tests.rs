//! Identities: their text forms, what is refused, and the names made from them.

use super::*;

fn task(byte: u8) -> TaskId {
    TaskId::from_random([byte; 16])
}

#[test]
fn a_task_id_is_32_lowercase_hexadecimal_digits_and_comes_back() {
    for byte in [0, 0x5a, 0xff] {
        let text = task(byte).to_string();
        assert_eq!(text.len(), 32, "{text}");
        assert!(
            text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')),
            "{text}"
        );
        assert_eq!(text.parse(), Ok(task(byte)));
        assert_eq!(text.to_uppercase().parse(), Ok(task(byte)));
    }
}

#[test]
fn other_texts_are_no_task_id() {
    let good = task(7).to_string();
    let dashed = format!("{}-{}", &good[..8], &good[8..]);
    let rows = [
        "",
        "last",
        &good[1..],
        &format!("{good}0"),
        &dashed,
        &good.replace('7', "g"),
        &format!("{{{}}}", &good[2..]),
    ];
    for text in rows {
        let error = text.parse::<TaskId>().unwrap_err();
        assert_eq!(error.text, text);
        assert_eq!(
            error.to_string(),
            format!("`{text}` is not a task id (32 hexadecimal digits)")
        );
    }
}

#[test]
fn attempt_numbers_count_from_one() {
    assert_eq!(AttemptNumber::FIRST.get(), 1);
    assert_eq!(AttemptNumber::FIRST.next().get(), 2);
    assert_eq!("7".parse::<AttemptNumber>().map(AttemptNumber::get), Ok(7));
    let most: AttemptNumber = "4294967295".parse().unwrap();
    assert_eq!(most.next(), most);
    for text in ["0", "-1", "", "one", "4294967296"] {
        assert!(text.parse::<AttemptNumber>().is_err(), "{text}");
    }
}

#[test]
fn names_carry_task_number_and_role() {
    let id = AttemptId {
        task: task(0xab),
        number: AttemptNumber::FIRST.next(),
    };
    let text = task(0xab).to_string();
    assert_eq!(id.to_string(), format!("{text}.2"));
    assert_eq!(id.session_name(), format!("{text}-2"));
    assert_eq!(id.object_name("app"), format!("deckhands-{text}-2-app"));
}

#[test]
fn json_holds_the_text_form_and_refuses_the_rest() {
    let json = serde_json::to_string(&task(1)).unwrap();
    assert_eq!(json, format!("\"{}\"", task(1)));
    assert_eq!(serde_json::from_str::<TaskId>(&json).unwrap(), task(1));
    assert!(serde_json::from_str::<TaskId>("\"nonsense\"").is_err());
    assert_eq!(serde_json::to_string(&AttemptNumber::FIRST).unwrap(), "1");
    assert!(serde_json::from_str::<AttemptNumber>("0").is_err());
}
