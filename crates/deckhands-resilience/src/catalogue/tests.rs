//! The built-in catalogue, files of users, and what is refused where.

use deckhands_model::{ALIASES, Category, ModelIdError};
use jiff::civil::date;

use super::*;

fn built_in() -> Catalogue {
    Catalogue::built_in().unwrap()
}

fn id(text: &str) -> ModelId {
    ModelId::resolve(text).unwrap()
}

/// A file with one model and these lines in it, the first of which is line 5.
fn file(lines: &str) -> String {
    format!("version = 1\n\n[[models]]\nid = \"openai/m\"\n{lines}\n")
}

fn refused(text: &str) -> CatalogueError {
    Catalogue::parse(text).unwrap_err()
}

const EVIDENCE: &str = "evidence = { date = \"2025-11-01\", outcome = \"completed\", image = \
    \"sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\" }";

#[test]
fn the_built_in_catalogue_has_the_prototypes_models() {
    let catalogue = built_in();
    let count = |status| {
        let of = |entry: &&ModelEntry| entry.status == status;
        catalogue.entries().iter().filter(of).count()
    };
    assert_eq!(catalogue.entries().len(), 24);
    assert_eq!(count(Status::Verified), 0, "there is no evidence of ours");
    assert_eq!(count(Status::Untested), 22);
    assert_eq!(count(Status::RateLimited), 1);
    assert_eq!(count(Status::Incompatible), 1);
    let claimed = |entry: &&ModelEntry| entry.claimed == Some(Status::Verified);
    assert_eq!(catalogue.entries().iter().filter(claimed).count(), 19);
    for entry in catalogue.entries() {
        assert_eq!(entry.id.provider(), "openrouter");
        let free = entry.id.as_str().ends_with(":free");
        assert_eq!(entry.usd_per_1k_tokens, free.then_some(0.0), "{}", entry.id);
    }
}

#[test]
fn every_short_name_is_in_the_catalogue() {
    for alias in ALIASES {
        let entry = built_in().get(&id(alias.name)).cloned();
        assert!(entry.is_some(), "{}", alias.name);
    }
}

#[test]
fn figures_are_the_documented_ones_or_none() {
    let catalogue = built_in();
    let figures = |name| {
        let entry = catalogue.get(&id(name)).unwrap();
        (entry.quality_tier, entry.context_tokens, entry.latency_ms)
    };
    let (high, medium) = (Some(QualityTier::High), Some(QualityTier::Medium));
    for (name, expected) in [
        (
            "openrouter/deepseek/deepseek-chat",
            (high, Some(64_000), Some(4500)),
        ),
        ("gemini-flash", (high, Some(1_000_000), None)),
        ("llama-scout", (medium, None, None)),
        (
            "openrouter/qwen/qwen3-coder:free",
            (medium, Some(32_000), Some(7300)),
        ),
        (
            "openrouter/microsoft/mai-ds-r1:free",
            (high, Some(32_000), Some(12_030)),
        ),
    ] {
        assert_eq!(figures(name), expected, "{name}");
    }
}

#[test]
fn a_file_of_a_user_replaces_and_adds() {
    let mine = "version = 1\nlast_updated = \"2025-11-01\"\ndescription = \"mine\"\n\
        [[models]]\nid = \"gemini-flash\"\nquality = 4.5\n\
        [[models]]\nid = \"openai/mine\"\nstrengths = [\"analysis\"]\nmax_complexity = \"complex\"\n";
    let before = built_in();
    let after = built_in().with(Catalogue::parse(mine).unwrap());
    assert_eq!(after.entries().len(), 25);
    let place = |c: &Catalogue| {
        let gemini = id("gemini-flash");
        c.entries().iter().position(|entry| entry.id == gemini)
    };
    assert_eq!(place(&after), place(&before));
    let replaced = after.get(&id("gemini-flash")).unwrap();
    let expected = ModelEntry {
        quality: Some(4.5),
        ..ModelEntry::unknown(id("gemini-flash"))
    };
    assert_eq!(*replaced, expected);
    let added = after.entries().last().unwrap();
    assert_eq!(added.id, id("openai/mine"));
    assert_eq!(added.strengths, [Category::Analysis]);
    let nothing = Catalogue::parse("version = 1").unwrap();
    assert_eq!(built_in().with(nothing), before);
}

#[test]
fn a_price_has_input_and_output() {
    let both = "usd_per_mtok_input = 0.5\nusd_per_mtok_output = 2";
    let price = |lines: &str| Catalogue::parse(&file(lines)).unwrap().entries()[0].price;
    assert_eq!(price("quality = 1.0"), None, "unknown is not free");
    let expected = TokenPrice {
        input: 0.5,
        output: 2.0,
        cached: None,
    };
    assert_eq!(price(both), Some(expected));
    let cached = price(&format!("{both}\nusd_per_mtok_cached = 0.05"));
    assert_eq!(cached.unwrap().cached, Some(0.05));
    let halves = [
        ("usd_per_mtok_input = 0.5", "usd_per_mtok_output"),
        ("usd_per_mtok_output = 2.0", "usd_per_mtok_input"),
        ("usd_per_mtok_cached = 2.0", "usd_per_mtok_input"),
    ];
    for (half, missing) in halves {
        let error = refused(&file(half));
        assert_eq!(error.field, missing, "{half}");
        assert_eq!(error.fault, Fault::Missing, "{half}");
    }
}

#[test]
fn verified_needs_evidence_and_evidence_gets_old() {
    let text = file(&format!("status = \"verified\"\n{EVIDENCE}"));
    let catalogue = Catalogue::parse(&text).unwrap();
    let entry = &catalogue.entries()[0];
    for (since, expected) in [
        (None, Status::Verified),
        (Some(date(2025, 11, 1)), Status::Verified),
        (Some(date(2025, 11, 2)), Status::Untested),
    ] {
        assert_eq!(entry.status_since(since), expected, "{since:?}");
    }
    let failed = text.replace("completed", "failed");
    for text in [file("status = \"verified\""), failed] {
        let error = refused(&text);
        assert_eq!((error.line, error.field.as_str()), (5, "status"));
        assert_eq!(error.fault, Fault::NoEvidence);
    }
}

/// The text is refused in this line and field, with these words in the message.
fn check(text: &str, line: usize, field: &str, message: &str) {
    let error = refused(text);
    let told = error.fault.to_string();
    let place = (error.line, error.field.as_str());
    assert_eq!(place, (line, field), "{text}: {told}");
    assert!(told.contains(message) && !told.contains('\n'), "{told}");
    assert_eq!(error.to_string(), format!("line {line}, `{field}`"));
}

#[test]
fn a_figure_outside_its_bounds_is_told_with_its_line() {
    for (line, message) in [
        ("quality = 5.1", "is 5.1: it must lie between 0 and 5"),
        ("success_rate = nan", "is NaN: it must lie between 0 and 1"),
        (
            "context_tokens = 0",
            "is 0: it must lie between 1 and 4294967295",
        ),
        ("latency_ms = 0", "is 0: it must lie"),
        ("usd_per_1k_tokens = -1.0", "is -1: it must lie"),
        ("usd_per_mtok_input = -0.1", "is -0.1: it must lie"),
        (
            "usd_per_mtok_cached = inf",
            "is inf: it must lie between 0 and 1000000",
        ),
        ("context_tokens = -1", "invalid value"),
        ("context_tokens = \"32k\"", "invalid type: string"),
    ] {
        let field = line.split(' ').next().unwrap();
        check(&file(line), 5, field, message);
        check(&file(&format!("# more\n{line}")), 6, field, message);
    }
}

#[test]
#[rustfmt::skip]
fn a_file_of_another_form_is_told_with_its_line_and_field() {
    check("", 1, "version", "is missing");
    check("version = 2", 1, "version", "is 2: this program reads version 1");
    check("version = 1\n[[models]]\nquality = 1.0", 2, "id", "is missing");
    for (lines, line, field, message) in [
        ("status = \"fine\"", 5, "status", "unknown variant `fine`, expected one of"),
        ("strengths = [\n  \"analysis\",\n  \"cooking\",\n]", 7, "strengths", "unknown variant `cooking`"),
        ("contxt = 3", 5, "contxt", "unknown field `contxt`"),
        ("evidence = { date = \"yesterday\" }", 5, "evidence", ""),
        ("quality = ", 5, "quality", ""),
        ("quality 3", 5, "quality", ""),
    ] {
        check(&file(lines), line, field, message);
    }
}

#[test]
fn ids_are_resolved_and_stand_once() {
    let text = file("[[models]]\nid = \"openai/m\"");
    let error = refused(&text);
    assert_eq!(error.line, 6);
    assert_eq!(error.fault, Fault::Duplicate { first: 4 });
    let twice = "version = 1\n[[models]]\nid = \"gemini-flash\"\n[[models]]\nid = \
        \"openrouter/google/gemini-2.0-flash-exp:free\"";
    assert_eq!(refused(twice).fault, Fault::Duplicate { first: 3 });
    let error = refused("version = 1\n[[models]]\nid = \"gpt-4o\"");
    assert_eq!((error.line, error.field.as_str()), (3, "id"));
    assert!(matches!(
        error.fault,
        Fault::Id(ModelIdError::NoProvider { .. })
    ));
}
