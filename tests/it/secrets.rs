//! The provider's key is in the app container's environment and nowhere else.

use deckhands_runtime::test_util::Script;

use crate::support::{Agent, KEY, World, contains};

/// Runs it and looks everywhere for the key.
async fn check(script: Script) {
    let world = World::new().agent(script);
    let ran = world.run().await;
    let report = serde_json::to_string(&ran.report).unwrap();
    assert!(!report.contains(KEY), "{report}");
    assert!(!format!("{:?}", ran.report).contains(KEY));
    let files = contains(world.root(), KEY);
    assert!(files.is_empty(), "{files:?}");
    let specs = world.runtime.created_specs();
    assert!(!format!("{specs:?}").contains(KEY));
    let app = specs
        .iter()
        .find(|spec| spec.name.0.ends_with("-app"))
        .unwrap();
    let variables: Vec<_> = app
        .env
        .iter()
        .filter(|(_, value)| value.expose().contains(KEY))
        .map(|(key, _)| key.as_str())
        .collect();
    assert_eq!(variables, ["LLM_API_KEY"]);
    assert!(!app.command.concat().contains(KEY));
    assert!(!format!("{:?} {:?}", world.request, world.runner()).contains(KEY));
}

#[tokio::test(start_paused = true)]
async fn in_a_quiet_run() {
    check(Agent::new().starts().writes("a", "x").finishes("done")).await;
}

#[tokio::test(start_paused = true)]
async fn where_the_agent_repeats_it() {
    let said = format!("my key is {KEY}");
    let agent = || {
        Agent::new()
            .starts()
            .writes("a", "x")
            .prints(&said)
            .log(&said)
            .complains(&said)
            .thinks(&said)
    };
    check(agent().finishes(&said)).await;
    let error = format!(
        "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: {KEY}"
    );
    check(agent().fails("STATUS$ERROR_LLM_AUTHENTICATION", Some(&error))).await;
    check(agent().fails(&format!("RuntimeError: {said}"), None)).await;
    check(agent().complains(&format!("ValueError: {said}")).exits(1)).await;
}
