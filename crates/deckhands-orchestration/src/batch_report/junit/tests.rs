//! The document is read back by an XML parser.

use roxmltree::{Document, Node};

use super::super::tests::{HOSTILE, mixed};

fn check(hostile: &str, look: impl Fn(Node<'_, '_>)) {
    let xml = mixed(hostile).junit_xml();
    let document = Document::parse(&xml).unwrap_or_else(|error| panic!("{error}: {xml}"));
    look(document.root_element());
}

fn cases<'a, 'input>(root: Node<'a, 'input>) -> Vec<Node<'a, 'input>> {
    root.descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .collect()
}

#[test]
fn each_task_is_one_case_told_by_how_it_ended() {
    check("x", |root| {
        let told: Vec<_> = cases(root)
            .iter()
            .map(|case| {
                let elements = case.children().filter(Node::is_element);
                let names: Vec<_> = elements.map(|node| node.tag_name().name()).collect();
                names.join(" ")
            })
            .collect();
        let expected = [
            "system-out",
            "failure system-out",
            "error system-out",
            "failure system-out",
            "skipped",
            "skipped",
            "skipped",
        ];
        assert_eq!(told, expected);
        for (attribute, value) in [
            ("tests", "7"),
            ("failures", "2"),
            ("errors", "1"),
            ("skipped", "3"),
            ("time", "60.000"),
        ] {
            assert_eq!(root.attribute(attribute), Some(value));
        }
        let failure = cases(root)[1].first_element_child().unwrap();
        assert_eq!(failure.attribute("type"), Some("CheckFailed"));
    });
}

#[test]
fn what_an_agent_wrote_stays_text() {
    check(HOSTILE, |root| {
        let all = cases(root);
        assert_eq!(all.len(), 7, "no case is closed or opened by a text");
        let failure = all[1].first_element_child().unwrap();
        let told = failure.text().unwrap();
        assert!(told.contains("a]]>b|c`d"), "{told}");
        assert!(told.contains("</failure>&\"'"), "{told}");
        assert_eq!(failure.children().filter(Node::is_element).count(), 0);
        let name = all[0].attribute("name").unwrap();
        assert!(name.starts_with("1 a]]>b|c`d ```e</failure>"), "{name}");
        for text in root.descendants().filter_map(|node| node.text()) {
            let bad = |c: char| c.is_control() && c != '\n' && c != '\t';
            assert!(!text.contains(bad) && !text.contains("ZXZpbA"), "{text:?}");
        }
    });
}

#[test]
fn a_long_text_is_cut() {
    let xml = mixed(&"<".repeat(1 << 20)).junit_xml();
    assert!(Document::parse(&xml).is_ok());
    assert!(xml.len() < 1 << 20, "{}", xml.len());
}
