//! The routes in the order in which they are tried.

use deckhands_config::{Sources, load};
use tempfile::TempDir;

use super::*;

/// Two accounts, a server at an address of its own, and one that has no key.
const FILE: &str = "[model]\nroutes = 'night'\n\
    [engine]\nfallback_models = ['vllm/q', 'groq/f', 'openrouter/x/y']\n\
    [[routes.night]]\nmodel = 'openrouter/a/b'\n\
    [[routes.night]]\nmodel = 'openrouter/a/b'\nname = 'work'\napi_key_env = 'WORK_KEY'\n\
    [[routes.night]]\nmodel = 'vllm/q'\nbase_url = 'http://gpu.example:8000/v1'\ntools = 'native'\n";

fn shown() -> (Vec<Line>, String) {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("config.toml"), FILE).unwrap();
    let settings = load(&Sources {
        cwd: dir.path().to_owned(),
        user_config_dir: Some(dir.path().to_owned()),
        state_dir: Some(dir.path().join("state")),
        env: [("OPENROUTER_API_KEY".into(), "sk-canary-0123456789".into())].into(),
        ..Sources::default()
    });
    let lines = lines(&settings.unwrap());
    let text = table(&lines).to_string();
    (lines, text)
}

#[test]
fn each_route_is_told_with_its_address_key_and_tools() {
    let (lines, text) = shown();
    let rows = lines.iter().map(|line| {
        let address = line.base_url.as_deref().unwrap_or_default();
        format!(
            "{} {address} {} {}",
            line.route,
            line.key.word(),
            line.tools
        )
    });
    let expected = [
        "openrouter/a/b https://openrouter.ai/api/v1 set text",
        "openrouter/a/b~work https://openrouter.ai/api/v1 missing text",
        "hosted_vllm/q http://gpu.example:8000/v1 not needed native",
        "groq/f https://api.groq.com/openai/v1 missing text",
        "openrouter/x/y https://openrouter.ai/api/v1 set text",
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert_eq!(text.lines().count(), expected.len() + 1, "{text}");
    assert!(!text.contains("canary"), "{text}");
}
