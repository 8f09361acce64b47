//! The registry with a user's file over it, and wishes.

use deckhands_resilience::catalogue::Status;
use tempfile::TempDir;

use super::*;

const OWN: &str = "version = 1\n[[models]]\nid = \"openai/mine\"\nstatus = \"untested\"\n";

#[test]
fn a_user_s_file_adds_to_what_is_built_in() {
    let dir = TempDir::new().unwrap();
    let built_in = registry_in(None).unwrap();
    assert_eq!(registry_in(Some(dir.path())).unwrap(), built_in);
    fs::write(dir.path().join(FILE), OWN).unwrap();
    let with_own = registry_in(Some(dir.path())).unwrap();
    assert_eq!(with_own.entries().len(), built_in.entries().len() + 1);
    let id = deckhands_model::ModelId::resolve("openai/mine").unwrap();
    let own = with_own.get(&id).unwrap();
    assert_eq!(own.status, Status::Untested);
}

#[test]
fn a_file_that_is_none_is_refused_with_its_line() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join(FILE);
    fs::write(&path, format!("{OWN}quality = 9.0\n")).unwrap();
    let error = registry_in(Some(dir.path())).unwrap_err().0;
    assert_eq!(error.code, 2);
    assert!(
        error.message.contains("line 5, `quality`"),
        "{}",
        error.message
    );
    assert_eq!(error.causes.len(), 1);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert_eq!(registry_in(Some(dir.path())).unwrap_err().0.code, 3);
}

#[test]
fn what_is_not_said_is_usual() {
    let usual = wish(Category::Analysis, None, None).unwrap();
    assert_eq!(usual, Wish::of(Category::Analysis));
    let said = wish(Category::Analysis, Some(Complexity::Complex), Some(1.0)).unwrap();
    assert_eq!(
        (said.complexity, said.quality_threshold),
        (Complexity::Complex, 1.0)
    );
    for wrong in [-0.1, 1.1, 70.0, f64::NAN] {
        let error = wish(Category::Analysis, None, Some(wrong)).unwrap_err().0;
        assert_eq!(error.code, 2, "{wrong}");
    }
}

#[test]
fn a_user_s_prices_win_over_the_built_in_ones() {
    let dir = TempDir::new().unwrap();
    let id = |text: &str| deckhands_model::ModelId::resolve(text).unwrap();
    let (mine, known) = (id("openai/mine"), id("openai/gpt-4o"));
    let of = |dir: Option<&Path>| prices_of(&registry_in(dir).unwrap()).unwrap();
    let built_in = of(None);
    assert_eq!(built_in.get(&mine), None);
    assert_ne!(built_in.get(&known), Some(Price::FREE));
    let own =
        "[[models]]\nid = \"openai/gpt-4o\"\nusd_per_mtok_input = 0\nusd_per_mtok_output = 0.0\n";
    let priced = "usd_per_mtok_input = 0.5\nusd_per_mtok_output = 2\nusd_per_mtok_cached = 0.05\n";
    fs::write(dir.path().join(FILE), format!("{OWN}{priced}{own}")).unwrap();
    let with_own = of(Some(dir.path()));
    assert_eq!(with_own.get(&known), Some(Price::FREE));
    let expected = Price {
        cached: Some(Rate::picodollars(50_000)),
        ..Price::of(Rate::picodollars(500_000), Rate::picodollars(2_000_000))
    };
    assert_eq!(with_own.get(&mine), Some(expected));
    assert_eq!(with_own.origin(&mine).unwrap().origin, "your models.toml");
}

#[test]
fn a_pool_gets_the_models_that_are_as_wanted_the_best_first() {
    let wanted = |native_tools, min_context| Wanted {
        category: Category::UnitTest,
        complexity: None,
        quality: Some(0.0),
        min_context,
        max_latency_ms: Some(60_000),
        max_usd_per_1k_tokens: None,
        capabilities: Vec::new(),
        native_tools,
        most: 20,
    };
    let text = "version = 1\n\
        [[models]]\nid = \"openai/gpt-4o\"\nstatus = \"untested\"\nquality_tier = \"low\"\ncontext_tokens = 64000\n\
        [[models]]\nid = \"ollama/small\"\nstatus = \"untested\"\nquality_tier = \"medium\"\ncontext_tokens = 8000\n\
        [[models]]\nid = \"ollama/big\"\nstatus = \"untested\"\nquality_tier = \"high\"\ncontext_tokens = 64000\n";
    let registry = Catalogue::parse(text).unwrap();
    let check = |wanted: Wanted, expected: &[&str]| {
        let models = models_of(&registry, &wanted);
        let ids: Vec<_> = models.iter().map(ModelId::as_str).collect();
        assert_eq!(ids, expected, "{wanted:?}");
    };
    check(
        wanted(None, None),
        &["ollama/big", "ollama/small", "openai/gpt-4o"],
    );
    check(wanted(None, Some(32_000)), &["ollama/big", "openai/gpt-4o"]);
    check(wanted(Some(true), None), &["openai/gpt-4o"]);
    check(wanted(Some(false), None), &["ollama/big", "ollama/small"]);
}
