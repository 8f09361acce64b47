//! The chosen pool: the model, and which key goes along with which route.

use std::sync::Arc;

use deckhands_model::{Category, Complexity, ModelId};

use crate::tests::{CANARY, Fixture, Make, row};
use crate::{Key, PoolRoute, SelectModels, Settings, Wanted};

/// Two accounts at one provider, a server at an address of its own, and one with everything as usual.
const NIGHT: &str = "[[routes.night]]\nmodel = 'openrouter/a/b:free'\n\
     [[routes.night]]\nmodel = 'openrouter/a/b:free'\nname = 'work'\napi_key_env = 'WORK_KEY'\n\
     [[routes.night]]\nmodel = 'vllm/q'\nbase_url = 'http://127.0.0.1:9000/v1/'\ntools = 'native'\n\
     [[routes.night]]\nmodel = 'groq/m'\n";

fn chosen(text: &str) -> Fixture {
    Fixture::new().user(text).env("DECKHANDS_ROUTES", "night")
}

/// A route in a line: its id, address, key and form of tools.
fn line(route: &PoolRoute) -> String {
    let key = match &route.key {
        Ok(Some(key)) => key.expose().to_owned(),
        Ok(None) => "none".to_owned(),
        Err(_) => "missing".to_owned(),
    };
    let address = route.base_url.as_ref().map_or("own", |url| url.as_str());
    let tools = route
        .native_tools
        .map_or("-", |native| if native { "native" } else { "text" });
    format!("{} {address} {key} {tools}", route.id)
}

fn lines(settings: &Settings) -> Vec<String> {
    settings.routes.iter().map(line).collect()
}

#[test]
fn each_route_has_its_own_key_or_the_usual_one() {
    let settings = chosen(NIGHT)
        .env("OPENROUTER_API_KEY", "own")
        .env("WORK_KEY", "work")
        .env("GROQ_API_KEY", "groq")
        .settings();
    let expected = [
        "openrouter/a/b:free own own -",
        "openrouter/a/b:free~work own work -",
        "hosted_vllm/q http://127.0.0.1:9000/v1 none native",
        "groq/m own groq -",
    ];
    assert_eq!(lines(&settings), expected);
    assert_eq!(settings.model.value.as_str(), "openrouter/a/b:free");
    let origin = "environment variable `DECKHANDS_ROUTES`".to_owned();
    assert_eq!(
        row(&settings, Key::Model),
        ("openrouter/a/b:free".to_owned(), origin)
    );
    let key = settings.model_key().unwrap().map(|key| key.expose());
    assert_eq!(key, Some("own"));
    let keys: Vec<_> = settings.all_keys().map(|key| key.expose()).collect();
    for key in ["own", "work", "groq"] {
        assert!(keys.contains(&key), "{key} is not hidden");
    }
    assert!(settings.notes.is_empty(), "{:?}", settings.notes);
}

#[test]
fn one_address_for_all_takes_those_that_have_none_of_their_own() {
    let settings = chosen(NIGHT)
        .env("DECKHANDS_BASE_URL", "https://llm.example/v1")
        .env("DECKHANDS_API_KEY", "all")
        .env("GROQ_API_KEY", "groq")
        .env("WORK_KEY", "work")
        .settings();
    let expected = [
        "openrouter/a/b:free https://llm.example/v1 all -",
        "openrouter/a/b:free~work https://llm.example/v1 work -",
        "hosted_vllm/q http://127.0.0.1:9000/v1 none native",
        "groq/m https://llm.example/v1 all -",
    ];
    assert_eq!(lines(&settings), expected);
}

#[test]
fn a_route_without_its_key_is_left_out_with_a_note() {
    let settings = chosen(NIGHT).env("OPENROUTER_API_KEY", "own").settings();
    let usable: Vec<_> = settings.routes.iter().map(PoolRoute::is_usable).collect();
    assert_eq!(usable, [true, false, true, false]);
    let notes = settings.notes.join("\n");
    for part in [
        "`openrouter/a/b:free~work` of `night` is left out",
        "`WORK_KEY`",
        "`GROQ_API_KEY`",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

#[test]
fn the_model_is_by_the_first_route_that_can_be_called() {
    let rows: [(Make, &str); 4] = [
        (|f| f.env("WORK_KEY", "work"), "openrouter/a/b:free~work"),
        // The key of whichever model is used.
        (|f| f.env("DECKHANDS_API_KEY", "k"), "openrouter/a/b:free"),
        (|f| f.env("GROQ_API_KEY", "groq"), "hosted_vllm/q"),
        (|f| f, "hosted_vllm/q"),
    ];
    for (number, (make, model)) in rows.into_iter().enumerate() {
        let settings = make(chosen(NIGHT)).settings();
        assert_eq!(settings.model.value.as_str(), model, "{number}");
        assert!(settings.model_key().is_ok(), "{number}");
    }
}

#[test]
fn a_model_that_is_set_there_or_later_goes_first() {
    let with = |text: &str| format!("{text}{NIGHT}");
    let both = "[model]\nid = 'openai/m'\nroutes = 'night'\n";
    let settings = Fixture::new().user(&with(both)).settings();
    assert_eq!(settings.model.value.as_str(), "openai/m");
    assert_eq!(settings.routes.len(), 4);
    let pool = "[model]\nroutes = 'night'\n";
    let later = Fixture::new()
        .user(&with(pool))
        .env("DECKHANDS_MODEL", "groq/m");
    assert_eq!(later.settings().model.value.as_str(), "groq/m");
    let flag = later.flag(Key::Routes, "--routes", "night");
    assert_eq!(flag.settings().model.value.as_str(), "hosted_vllm/q");
    let one_of_them = flag.flag(Key::Model, "--model", "openrouter/a/b:free~work");
    let settings = one_of_them.env("WORK_KEY", "work").settings();
    let key = settings.model_key().unwrap().map(|key| key.expose());
    assert_eq!(key, Some("work"));
}

#[test]
fn where_no_route_has_its_key_one_error_says_so() {
    let text = "[[routes.night]]\nmodel = 'groq/m'\n[[routes.night]]\nmodel = 'openai/m'\n";
    let settings = chosen(text).settings();
    let missing = settings.model_key().unwrap_err();
    let expected =
        "none of the routes `night` (environment variable `DECKHANDS_ROUTES`) has its API key";
    assert_eq!(missing.to_string(), expected);
    let hint = missing.hint().unwrap();
    assert!(hint.contains("GROQ_API_KEY"), "{hint}");
}

#[test]
fn a_key_goes_to_no_address_that_it_was_not_named_for() {
    let text = "[[routes.night]]\nmodel = 'openai/m'\nbase_url = 'http://gpu.example/v1'\n\
                [[routes.night]]\nmodel = 'openai/m'\nname = 'named'\nbase_url = 'http://gpu.example/v1'\n\
                api_key_env = 'OPENAI_API_KEY'\n";
    let settings = chosen(text).env("OPENAI_API_KEY", "sk").settings();
    let expected = [
        "openai/m http://gpu.example/v1 none -",
        "openai/m~named http://gpu.example/v1 sk -",
    ];
    assert_eq!(lines(&settings), expected);
    let note = "the API key goes unencrypted to http://gpu.example/v1";
    assert_eq!(settings.notes.len(), 1, "{:?}", settings.notes);
    assert!(settings.notes[0].starts_with(note), "{:?}", settings.notes);
}

#[test]
fn a_key_in_a_file_is_read_and_its_file_kept_from_the_agent() {
    let text = "[[routes.night]]\nmodel = 'openai/m'\napi_key_file = '../key'\n";
    let fixture = chosen(text).file("key", &format!("{CANARY}\n"));
    let settings = fixture.settings();
    let key = settings.model_key().unwrap().map(|key| key.expose());
    assert_eq!(key, Some(CANARY));
    let files: Vec<_> = settings
        .key_files
        .iter()
        .map(|file| file.canonicalize().unwrap())
        .collect();
    assert_eq!(files, [fixture.path("key")]);
    assert!(!format!("{settings:?}").contains(CANARY));
}

#[test]
fn what_cannot_be_chosen_says_what_can() {
    let told = Fixture::new().env("DECKHANDS_ROUTES", "night").refusal();
    assert!(
        told.starts_with("there are no routes `night` (environment variable `DECKHANDS_ROUTES`)"),
        "{told}"
    );
    let told = Fixture::new()
        .user(NIGHT)
        .env("DECKHANDS_ROUTES", "nihgt")
        .refusal();
    assert!(told.ends_with("there are `night`"), "{told}");
    let unknown = Fixture::new()
        .env("DECKHANDS_MODEL", "openai/m~work")
        .refusal();
    assert!(
        unknown.contains("`openai/m~work` is no value for `model.id`"),
        "{unknown}"
    );
}

/// Settings whose pool is filled by this registry.
fn filled(wanted: &str, select: SelectModels) -> Result<Settings, String> {
    let mut fixture = chosen(&format!("[routes.night]\n{wanted}"));
    fixture.sources.select = Some(select);
    fixture.load().map_err(|error| error.to_string())
}

#[test]
fn a_pool_may_be_filled_from_the_registry() {
    let wanted = "category = 'unit_test'\ncomplexity = 'complex'\nquality = 0.5\nmin_context = 64_000\n\
                  max_latency_ms = 9000\nmax_usd_per_1k_tokens = 0\ncapabilities = ['tools']\n\
                  tools = 'text'\nmost = 2\n";
    let select: SelectModels = Arc::new(|wanted: &Wanted| {
        let expected = Wanted {
            category: Category::UnitTest,
            complexity: Some(Complexity::Complex),
            quality: Some(0.5),
            min_context: Some(64_000),
            max_latency_ms: Some(9000),
            max_usd_per_1k_tokens: Some(0.0),
            capabilities: vec!["tools".to_owned()],
            native_tools: Some(false),
            most: 2,
        };
        assert_eq!(wanted, &expected);
        let models = ["ollama/a", "ollama/b", "ollama/c"];
        Ok(models.map(|id| ModelId::resolve(id).unwrap()).into())
    });
    let settings = filled(wanted, select).unwrap();
    assert_eq!(
        lines(&settings),
        ["ollama/a own none -", "ollama/b own none -"]
    );
    assert_eq!(settings.model.value.as_str(), "ollama/a");
}

#[test]
fn a_registry_that_has_none_says_so() {
    let wanted = "category = 'analysis'\n";
    let none = filled(wanted, Arc::new(|_: &Wanted| Ok(Vec::new()))).unwrap_err();
    assert!(none.contains("no known model is as they must be"), "{none}");
    let broken = filled(
        wanted,
        Arc::new(|_: &Wanted| Err("it is broken".to_owned())),
    )
    .unwrap_err();
    assert!(broken.ends_with("it is broken"), "{broken}");
    let nobody = chosen("[routes.night]\ncategory = 'analysis'\n").refusal();
    assert!(nobody.contains("there is no registry"), "{nobody}");
}

#[test]
fn servers_of_one_s_own_and_addresses_of_this_machine_want_no_key() {
    let rows: [(&str, Option<&str>, bool); 6] = [
        ("ollama/qwen3", None, true),
        ("vllm/m", None, true),
        ("litellm/m", Some("https://proxy.example/v1"), true),
        ("openai/m", Some("http://localhost:1234/v1"), true),
        ("openai/m", None, false),
        ("openai/m", Some("https://llm.example/v1"), false),
    ];
    for (model, base_url, keyless) in rows {
        let fixture = Fixture::new().env("DECKHANDS_MODEL", model);
        let fixture = match base_url {
            Some(url) => fixture.env("DECKHANDS_BASE_URL", url),
            None => fixture,
        };
        let settings = fixture.settings();
        let key = settings.model_key();
        assert_eq!(matches!(key, Ok(None)), keyless, "{model} {base_url:?}");
        assert_eq!(key.is_err(), !keyless, "{model} {base_url:?}");
    }
    let named = Fixture::new()
        .env("DECKHANDS_MODEL", "ollama/qwen3")
        .user("model.api_key_env = 'OLLAMA_KEY'");
    assert!(named.settings().model_key().is_err(), "it was asked for");
    let given = Fixture::new()
        .env("DECKHANDS_MODEL", "vllm/m")
        .env("HOSTED_VLLM_API_KEY", "sk");
    let settings = given.settings();
    assert_eq!(
        settings.model_key().unwrap().map(|key| key.expose()),
        Some("sk")
    );
}
