//! Which requests a rule acts on, and how often.

use super::super::head::{Found, find};
use super::*;

fn request(method: &str, target: &str, agent: &str) -> ProxiedRequest {
    let head = format!("{method} {target} HTTP/1.1\r\nUser-Agent: {agent}\r\n\r\n");
    match find(head.as_bytes()) {
        Found::Head(request, _) => request,
        other => panic!("{head}: {other:?}"),
    }
}

#[test]
fn method_and_pattern_decide() {
    let rows = [
        ("GET", "/version", "GET", "/v1.41/version", true),
        ("GET", "/version", "GET", "/version?x=1", true),
        ("GET", "/version", "POST", "/version", false),
        ("GET", "/version", "GET", "/versions", false),
        ("GET", "/version", "GET", "/version/x", false),
        ("*", "*", "DELETE", "/v1.41/containers/a", true),
        (
            "DELETE",
            "/containers/*",
            "DELETE",
            "/v1.41/containers/a?force=true",
            true,
        ),
        (
            "GET",
            "/containers/*/json",
            "GET",
            "/v1.41/containers/a/json",
            true,
        ),
        (
            "GET",
            "/containers/*/json",
            "GET",
            "/v1.41/containers/json",
            false,
        ),
        (
            "GET",
            "/containers/json",
            "GET",
            "/v1.41/containers/a/json",
            false,
        ),
    ];
    for (method, pattern, asked, target, expected) in rows {
        let request = request(asked, target, "test");
        let acts = ProxyRule::on(method, pattern, ProxyAct::Cut).take(&request);
        assert_eq!(
            acts.is_some(),
            expected,
            "{method} {pattern}: {asked} {target}"
        );
    }
}

#[test]
fn header_decides() {
    let mut rule = ProxyRule::on("*", "*", ProxyAct::Cut).header("User-Agent", "docker-sdk");
    assert_eq!(rule.take(&request("GET", "/info", "curl/8")), None);
    let python = request("GET", "/info", "docker-sdk-python/7.1.0");
    assert_eq!(rule.take(&python), Some(ProxyAct::Cut));
    let mut other = ProxyRule::on("*", "*", ProxyAct::Cut).header("x-other", "");
    assert_eq!(other.take(&python), None, "no such header");
}

#[test]
fn some_pass_some_are_acted_on_and_the_rest_passes() {
    let mut rule = ProxyRule::on("GET", "/info", ProxyAct::Cut)
        .after(2)
        .times(2);
    let mut acts = Vec::new();
    for _ in 0..6 {
        assert_eq!(
            rule.take(&request("GET", "/version", "t")),
            None,
            "is not counted"
        );
        acts.push(rule.take(&request("GET", "/info", "t")).is_some());
    }
    assert_eq!(acts, [false, false, true, true, false, false]);
}

#[test]
fn answer_names_what_was_asked_for() {
    let answer = ProxyAct::Answer(404, "No such container: {id}".to_owned());
    let mut rule = ProxyRule::on("GET", "/containers/*/json", answer);
    let act = rule.take(&request("GET", "/v1.41/containers/abc/json", "t"));
    assert_eq!(
        act,
        Some(ProxyAct::Answer(404, "No such container: abc".to_owned()))
    );
}
