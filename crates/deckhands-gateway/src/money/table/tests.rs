//! The table: its own prices, what is free by name, and whose price wins.

use super::*;

fn id(text: &str) -> ModelId {
    ModelId::resolve(text).unwrap()
}

fn rate(usd: f64) -> Rate {
    Rate::per_million(usd).unwrap()
}

#[test]
fn known_models_have_their_price_and_its_origin() {
    let table = PriceTable::built_in().unwrap();
    let price = table.get(&id("openai/gpt-4o-mini")).unwrap();
    assert_eq!((price.input, price.output), (rate(0.15), rate(0.6)));
    assert_eq!(price.cached, Some(rate(0.075)));
    let long = table
        .get(&id("gemini/gemini-2.5-pro"))
        .unwrap()
        .long
        .unwrap();
    assert_eq!(long.above, 200_000);
    assert_eq!((long.input, long.output), (rate(2.5), rate(15.0)));
    let sonar = table.get(&id("perplexity/sonar")).unwrap();
    assert_eq!(sonar.request, Usd::nanos(12_000_000));
    let origin = table.origin(&id("openai/gpt-4o-mini")).unwrap();
    assert!(origin.origin.starts_with("litellm") && !origin.date.is_empty());
}

#[test]
fn no_price_of_the_file_is_zero_and_each_is_of_a_provider_that_is_relayed_to() {
    let table = PriceTable::built_in().unwrap();
    assert!(table.prices.len() > 250, "{}", table.prices.len());
    for (key, (price, _)) in &table.prices {
        let model = id(key);
        assert!(own_model_id(&model).is_ok(), "{key}");
        assert!(
            price.input > Rate::FREE && price.output > Rate::FREE,
            "{key}"
        );
        assert!(
            price.cached != Some(Rate::FREE) && price.cache_write != Some(Rate::FREE),
            "{key}"
        );
    }
}

#[test]
fn some_models_are_free_by_their_name_and_unknown_ones_are_not() {
    let table = PriceTable::built_in().unwrap();
    for free in [
        "openrouter/deepseek/deepseek-chat-v3.1:free",
        "openrouter/nobody/knows-it:free",
        "openrouter/nobody/knows-it:free~work",
    ] {
        assert_eq!(table.get(&id(free)), Some(Price::FREE), "{free}");
        assert_eq!(table.origin(&id(free)), None);
    }
    for unknown in [
        "openrouter/nobody/knows-it",
        "openrouter/nobody/knows:freely",
        "hosted_vllm/own",
        "ollama/llama3",
        "groq/nothing:free",
        "anthropic/claude",
    ] {
        assert_eq!(table.get(&id(unknown)), None, "{unknown}");
    }
}

#[test]
fn what_runs_here_is_free_unless_the_table_says_otherwise() {
    let model = id("ollama/qwen3");
    let table = PriceTable::built_in().unwrap();
    assert_eq!(table.at(&model, None), Some(Price::FREE));
    assert_eq!(table.origin(&model), None);
    let away = Some("https://ollama.example/v1");
    assert_eq!(table.at(&model, away), None);
    let own = Price::per_million(1.0, 2.0).unwrap();
    let origin = Origin {
        origin: "me".to_owned(),
        date: String::new(),
    };
    let table = table.with(origin, [(model.clone(), own)]);
    for address in [None, away] {
        assert_eq!(table.at(&model, address), Some(own), "{address:?}");
    }
}

#[test]
fn the_users_prices_win_even_over_what_is_free_by_name() {
    let (own, other) = (Price::per_million(1.0, 2.0).unwrap(), id("hosted_vllm/own"));
    let origin = Origin {
        origin: "mine".to_owned(),
        date: String::new(),
    };
    let models = [id("openai/gpt-4o-mini"), id("openrouter/x/y:free"), other];
    let prices = models.iter().cloned().map(|model| (model, own));
    let table = PriceTable::built_in().unwrap().with(origin.clone(), prices);
    for model in &models {
        assert_eq!(table.get(model), Some(own), "{model}");
        assert_eq!(table.origin(model), Some(&origin), "{model}");
    }
    assert_ne!(table.get(&id("openai/gpt-4o")), Some(own));
}

#[test]
fn both_ways_to_write_a_fireworks_model_find_it() {
    let table = PriceTable::built_in().unwrap();
    let long = table.get(&id("fireworks_ai/accounts/fireworks/models/deepseek-v3"));
    assert!(long.is_some());
    assert_eq!(table.get(&id("fireworks_ai/deepseek-v3")), long);
}

#[test]
fn a_faulty_table_is_refused() {
    let entry = |model: &str, price: &str| {
        format!(
            "version = 1\n[[tables]]\norigin = 'o'\ndate = ''\n[tables.models]\n'{model}' = {price}\n"
        )
    };
    let good = PriceTable::parse(&entry("openai/x", "{ input = 1.0, output = 2.0 }")).unwrap();
    assert_eq!(
        good.get(&id("openai/x")),
        Some(Price::per_million(1.0, 2.0).unwrap())
    );
    let fault = |text: &str| PriceTable::parse(text).unwrap_err();
    assert!(matches!(
        fault("version = 2"),
        PriceTableError::Version { found: 2 }
    ));
    assert!(matches!(fault("tables = 1"), PriceTableError::Malformed(_)));
    assert!(matches!(
        fault(&entry("x", "{ input = 1.0, output = 2.0 }")),
        PriceTableError::Id(_)
    ));
    for price in [
        "{ input = -1.0, output = 2.0 }",
        "{ input = 1.0, output = nan }",
        "{ input = 1.0, output = 2.0, cached = -0.1 }",
        "{ input = 1.0, output = 2.0, request = -0.1 }",
        "{ input = 1.0, output = 2.0, long = { above = 1, input = 1.0, output = inf } }",
    ] {
        let error = fault(&entry("openai/x", price));
        assert!(
            matches!(error, PriceTableError::Figure { ref model, .. } if model == "openai/x"),
            "{price}"
        );
    }
    for price in [
        "{ input = 1.0 }",
        "{ input = 1.0, output = 2.0, outptu = 1.0 }",
    ] {
        assert!(
            matches!(
                fault(&entry("openai/x", price)),
                PriceTableError::Malformed(_)
            ),
            "{price}"
        );
    }
}
