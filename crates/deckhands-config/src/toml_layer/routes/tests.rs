//! Pools of routes as files have them: what is read, and what is refused with its line.

use crate::tests::Fixture;

const FILE: &str = "~/config/config.toml";

/// The refusal of a user's file.
fn refusal(text: &str) -> String {
    Fixture::new().user(text).refusal()
}

/// What is wrong, `@` for the head of a route, and what is said of it.
const FAULTS: &[(&str, &str)] = &[
    (
        "routes = 1",
        "1: `routes.NAME` takes a `[[routes.NAME]]` for each route, or one `[routes.NAME]` with what its models must be",
    ),
    (
        "[routes]\nnight = 1",
        "2: `routes.night` takes a `[[routes.night]]` for each route, or one `[routes.night]` with what its models must be",
    ),
    (
        "[routes]\nnight = [1]",
        "2: `routes.night` takes a `[[routes.night]]` for each route, or one `[routes.night]` with what its models must be",
    ),
    (
        "[routes]\nnight = []",
        "2: `routes.night` takes 1 to 20 routes",
    ),
    (
        "[[routes.Night]]\nmodel = 'ollama/m'",
        "1: `Night` is no name of a pool: it takes small letters, digits, `-` and `_`",
    ),
    (
        "@",
        "2: `routes.night` lacks `model`: an alias or `provider/model`",
    ),
    (
        "@model = 'qwen'",
        "3: `qwen` is no value for `model` of `routes.night`: expected an alias or `provider/model`",
    ),
    (
        "@model = 'ollama/m~work'",
        "3: `ollama/m~work` is no value for `model` of `routes.night`: expected an alias or `provider/model`",
    ),
    (
        "@model = 'ollama/m'\nname = 'A B'",
        "4: `A B` is no value for `name` of `routes.night`: expected up to 32 small letters, digits, `-` and `_`",
    ),
    (
        "@model = 'ollama/m'\nbase_url = 'ftp://h'",
        "4: `ftp://h` is no value for `base_url` of `routes.night`: expected an http or https address",
    ),
    (
        "@model = 'ollama/m'\ntools = 'both'",
        "4: `both` is no value for `tools` of `routes.night`: expected `native` or `text`",
    ),
    ("@model = {}", "3: `model` of `routes.night` takes no table"),
    (
        "@model = 'ollama/m'\napi_key_env = 'A'\napi_key_file = 'b'",
        "2: a route takes `api_key_env` or `api_key_file`, not both",
    ),
    (
        "@model = 'ollama/m'@model = 'ollama/m'",
        "4: `routes.night` has two routes to `ollama/m`: give one of them a `name`",
    ),
    (
        "[routes.best]\nquality = 0.5",
        "1: `routes.best` lacks `category`: a kind of work, e.g. `unit_test`",
    ),
    (
        "[routes.best]\ncategory = 'chess'",
        "2: `chess` is no value for `category` of `routes.best`: expected a kind of work, e.g. `unit_test`",
    ),
    (
        "[routes.best]\ncategory = 'analysis'\nquality = 2",
        "3: `2` is no value for `quality` of `routes.best`: expected a number from 0 to 1",
    ),
    (
        "[routes.best]\ncategory = 'analysis'\nmost = 0",
        "3: `0` is no value for `most` of `routes.best`: expected a whole number from 1 to 20",
    ),
    (
        "[routes.best]\ncategory = 'analysis'\ncapabilities = 'tools'",
        "3: `tools` is no value for `capabilities` of `routes.best`: expected a list of abilities, e.g. `[\"tools\"]`",
    ),
];

#[test]
fn faults_name_the_pool_and_what_would_do() {
    for (text, expected) in FAULTS {
        let text = &text.replace('@', "\n[[routes.night]]\n");
        let told = refusal(text);
        let told = told.split(" | ").next().unwrap();
        // The place in the file is where the table of the route is, of a value where that is.
        let (line, rest) = expected.split_once(": ").unwrap();
        assert!(told.ends_with(rest), "{text}: {told}");
        assert!(
            told.starts_with(&format!("{FILE}:{line}: ")),
            "{text}: {told}"
        );
    }
}

#[test]
fn an_unknown_field_is_told_with_those_that_there_are() {
    for (text, expected) in [
        (
            "[[routes.night]]\nmodle = 'ollama/m'",
            "`routes.night.modle` is not a setting (file ~/config/config.toml:2) | did you mean `model`?",
        ),
        (
            "[routes.best]\nzoo = 1",
            "`routes.best.zoo` is not a setting (file ~/config/config.toml:2) | it takes category, complexity, \
             quality, min_context, max_latency_ms, max_usd_per_1k_tokens, capabilities, tools, most",
        ),
    ] {
        assert_eq!(refusal(text), expected, "{text}");
    }
}

#[test]
fn a_key_in_a_route_is_never_shown() {
    use crate::tests::CANARY;
    for field in ["api_key", "api_key_env", "base_url"] {
        let value = match field {
            "base_url" => format!("http://u:{CANARY}@h/"),
            _ => CANARY.to_owned(),
        };
        let text = format!("[[routes.night]]\nmodel = 'ollama/m'\n{field} = '{value}'");
        let told = refusal(&text);
        assert!(!told.contains(CANARY), "{told}");
    }
}

#[test]
fn a_project_may_have_no_pools_unless_it_is_trusted() {
    let text = "[[routes.night]]\nmodel = 'ollama/m'\nbase_url = 'http://evil.example'";
    let told = Fixture::new().project(text).refusal();
    assert!(
        told.starts_with("`routes.night` may not be set by a project"),
        "{told}"
    );
    assert!(told.contains("config trust"), "{told}");
    let told = Fixture::new().project("model.routes = 'night'").refusal();
    assert!(
        told.starts_with("`model.routes` may not be set by a project"),
        "{told}"
    );
    let trusted = Fixture::new().project(text).trusting("project");
    assert!(trusted.settings().routes.is_empty(), "nobody chose it");
}
