//! Rules that join several settings, and values that are known but not honoured.

use crate::tests::{Fixture, row};
use crate::{Key, ModelWay, Network, Profile};

#[test]
fn what_cannot_be_honoured_is_refused_with_the_way_out() {
    for (name, value, expected) in [
        (
            "OPENHANDS_ENABLE_REAL_AGENT",
            "false",
            "`false` for `run.real_agent` cannot be honoured (environment variable `OPENHANDS_ENABLE_REAL_AGENT`): a stand-in is never chosen by a setting | unset the variable; `deckhands run --simulate` asks for the stand-in",
        ),
        (
            "OPENHANDS_USE_DOCKER_RUNTIME",
            "no",
            "`false` for `run.docker_runtime` cannot be honoured (environment variable `OPENHANDS_USE_DOCKER_RUNTIME`): agents run in Docker containers only | unset the variable, or set it to `true`",
        ),
        (
            "DECKHANDS_PROFILE",
            "single",
            "`single` for `run.profile` cannot be honoured (environment variable `DECKHANDS_PROFILE`): it is not yet available | leave `run.profile` out, or set it to `managed`",
        ),
        (
            "DECKHANDS_NETWORK",
            "llm",
            "`llm` for `run.network` cannot be honoured (environment variable `DECKHANDS_NETWORK`): profile `socket` cannot keep the agent's commands off the network | leave `run.network` out, or use profile `managed`",
        ),
    ] {
        let fixture = Fixture::new().env("DECKHANDS_PROFILE", "socket");
        assert_eq!(fixture.env(name, value).refusal(), expected);
    }
    assert_eq!(
        Fixture::new()
            .env("DECKHANDS_MODEL_WAY", "direct")
            .refusal(),
        "`direct` for `model.way` cannot be honoured (environment variable `DECKHANDS_MODEL_WAY`): only profile `socket` lets the agent call its model itself | leave `model.way` out, or use profile `socket`",
    );
}

#[test]
fn an_open_network_is_said_unless_it_was_asked_for() {
    let said = |fixture: Fixture| {
        let settings = fixture.env("DECKHANDS_PROFILE", "socket").settings();
        assert_eq!(settings.profile.value, Profile::Socket);
        assert_eq!(settings.network.value, Network::Open);
        settings
            .notes
            .iter()
            .any(|note| note.starts_with("the network is open"))
    };
    assert!(said(Fixture::new()));
    assert!(!said(Fixture::new().env("DECKHANDS_NETWORK", "open")));
}

#[test]
fn profile_and_way_bring_their_own_network_and_patience() {
    for (profile, way, network, tries, seconds) in [
        ("socket", "direct", Network::Open, 2, 60),
        ("socket", "relay", Network::Open, 6, 120),
        ("managed", "relay", Network::Llm, 6, 120),
    ] {
        let fixture = Fixture::new().env("DECKHANDS_PROFILE", profile);
        let settings = fixture.env("DECKHANDS_MODEL_WAY", way).settings();
        assert_eq!(settings.way.value.to_string(), way, "{profile}");
        assert_eq!(settings.network.value, network, "{profile}");
        assert_eq!(settings.num_retries.value, tries, "{profile}");
        assert_eq!(settings.llm_timeout.value.as_secs(), seconds, "{profile}");
    }
    let socket = Fixture::new().env("DECKHANDS_PROFILE", "socket").settings();
    assert_eq!(socket.way.value, ModelWay::Relay);
    let open = Fixture::new().env("DECKHANDS_NETWORK", "open").settings();
    let walls = (open.profile.value, open.network.value);
    assert_eq!(walls, (Profile::Managed, Network::Open));
}

#[test]
fn money_has_no_bound_unless_the_user_sets_one() {
    let none = Fixture::new().settings().money;
    let bounds = [&none.max_cost, &none.per_day, &none.per_batch];
    assert!(bounds.iter().all(|bound| bound.is_none()));
    assert!(none.unknown_price.is_none());
    let set = Fixture::new()
        .user("money.max_cost = 1.5\nmoney.per_day = '$20'\nmoney.unknown_price = 15")
        .env("DECKHANDS_MAX_BATCH_COST", "5")
        .flag(Key::MaxCost, "--max-cost", "0.50")
        .settings();
    let nanos = [
        &set.money.max_cost,
        &set.money.per_day,
        &set.money.per_batch,
        &set.money.unknown_price,
    ]
    .map(|amount| amount.as_ref().map(|amount| amount.value.as_nanos()));
    let expected = [500_000_000, 20_000_000_000, 5_000_000_000, 15_000_000_000];
    assert_eq!(nanos, expected.map(Some));
    assert_eq!(row(&set, Key::MaxCost).1, "flag `--max-cost`");
    assert_eq!(row(&set, Key::MaxDayCost).0, "$20.00");
}

#[test]
fn the_endpoint_is_known_for_openrouter_only() {
    for (model, url, expected) in [
        ("openrouter/a/b", None, Some("https://openrouter.ai/api/v1")),
        ("openai/gpt", None, None),
        (
            "openai/gpt",
            Some("http://localhost:8000/v1"),
            Some("http://localhost:8000/v1"),
        ),
        (
            "openrouter/a/b",
            Some("https://a.example"),
            Some("https://a.example"),
        ),
    ] {
        let mut fixture = Fixture::new().env("DECKHANDS_MODEL", model);
        if let Some(url) = url {
            fixture = fixture.env("OPENHANDS_BASE_URL", url);
        }
        let settings = fixture.settings();
        let got = settings.base_url.as_ref().map(|url| url.value.as_str());
        assert_eq!(got, expected, "{model} {url:?}");
    }
}

#[test]
fn a_key_in_clear_text_is_noted() {
    for (url, noted) in [("http://10.0.0.1/v1", true), ("http://localhost/v1", false)] {
        let notes = Fixture::new()
            .env("DECKHANDS_BASE_URL", url)
            .settings()
            .notes;
        assert_eq!(
            notes.iter().any(|note| note.contains("unencrypted")),
            noted,
            "{url}"
        );
    }
}

#[test]
fn the_workspace_is_the_named_one_then_the_root_then_here() {
    let workspace = |fixture: &Fixture| fixture.settings().workspace.value;
    let fixture = Fixture::new();
    assert_eq!(workspace(&fixture), fixture.path("project/inner"));
    let fixture = fixture.env("OPENHANDS_WORKSPACE_ROOT", "..");
    assert_eq!(workspace(&fixture), fixture.path("project"));
    let (_, origin) = row(&fixture.settings(), Key::Workspace);
    assert_eq!(origin, "environment variable `OPENHANDS_WORKSPACE_ROOT`");
    let fixture = fixture.env("OPENHANDS_WORKSPACE", "new/../other");
    assert_eq!(workspace(&fixture), fixture.path("project/inner/other"));
    let fixture = fixture.flag(Key::Workspace, "--workspace", ".");
    assert_eq!(workspace(&fixture), fixture.path("project/inner"));
}

#[test]
fn a_workspace_beside_the_root_is_refused_also_through_a_link() {
    for (workspace, real) in [("link", "config"), ("../inner2", "project/inner2")] {
        let mut fixture = Fixture::new().env("OPENHANDS_WORKSPACE_ROOT", ".");
        let link = fixture.path("project/inner/link");
        std::os::unix::fs::symlink(fixture.path("config"), link).unwrap();
        fixture = fixture.flag(Key::Workspace, "--workspace", workspace);
        let expected = format!(
            "the workspace `~/{real}` (flag `--workspace`) is not inside `~/project/inner` (environment variable `OPENHANDS_WORKSPACE_ROOT`) | choose a directory inside the root"
        );
        assert_eq!(fixture.refusal(), expected);
    }
}

#[test]
fn without_a_home_one_has_to_be_named() {
    let mut fixture = Fixture::new();
    fixture.sources.state_dir = None;
    let expected = "there is no directory for the state: the user has no home directory | name one with --home or DECKHANDS_HOME";
    assert_eq!(fixture.refusal(), expected);
    assert!(fixture.env("DECKHANDS_HOME", "/h").load().is_ok());
}
