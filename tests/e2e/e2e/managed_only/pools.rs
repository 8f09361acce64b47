//! A pool of routes in mid-run: two accounts at one provider, each with a key and an address of its own.

use std::fs;

use deckhands_e2e::{Bench, CANARY, Running, create_file};
use deckhands_testkit::{Dialect, ProviderError, Script, Step, Times};
use serde_json::json;

/// The model of both routes.
const MODEL: &str = "openrouter/x/one";

/// The key of the second account.
const WORK: &str = "sk-canary-of-work-51e2";

#[test]
fn another_account_goes_on_where_the_credit_of_the_first_is_used_up() {
    let used_up = Step::provider_error(Dialect::OpenRouter, ProviderError::OutOfCredit);
    let bench = Bench::new(Script::new([]));
    let own = Script::new([
        create_file("/workspace/first.txt", "one\n"),
        used_up.times(Times::Forever),
    ]);
    let work = Script::new([
        create_file("/workspace/second.txt", "two\n"),
        Step::finish("both are there"),
    ]);
    let (own, work) = (bench.add_script("own", own), bench.add_script("work", work));
    let pool = format!(
        "[[routes.night]]\nmodel = '{MODEL}'\nbase_url = '{own}'\napi_key_env = 'OWN_KEY'\n\
         [[routes.night]]\nmodel = '{MODEL}'\nname = 'work'\nbase_url = '{work}'\napi_key_env = 'WORK_KEY'\n"
    );
    let file = bench.dir.path().join("pools.toml");
    fs::write(&file, pool).expect("the user's file");
    let mut command = bench.run_command(&["write two files", "--routes", "night"]);
    command
        .env("DECKHANDS_CONFIG", &file)
        .env("OWN_KEY", CANARY)
        .env("WORK_KEY", WORK);
    let ended = Running::start(command).end().with_code(0);
    let report = ended.json();
    assert_eq!(report["state"], "completed", "{report:#}");
    assert_eq!(report["output"], "both are there");
    assert_eq!(bench.file("first.txt").as_deref(), Some("one\n"));
    assert_eq!(bench.file("second.txt").as_deref(), Some("two\n"));
    assert_eq!(report["model_requested"], MODEL, "{report:#}");
    assert_eq!(report["model_served"], json!(["x/one"]), "{report:#}");
    let listed = report["attempts"][0]["calls"]["list"].as_array();
    let routes = listed.into_iter().flatten().map(|call| &call["route"]);
    let by_work = format!("{MODEL}~work");
    assert_eq!(
        routes.collect::<Vec<_>>(),
        [MODEL, &by_work, &by_work],
        "{report:#}"
    );
    // Each account was asked by its own key, and the one without credit not again.
    for (script, key, calls) in [("own", CANARY, 2), ("work", WORK, 2)] {
        let requests = bench.requests_of(script);
        assert_eq!(requests.len(), calls, "{script}: {report:#}");
        assert!(
            requests.iter().all(|request| request.bearer_is(key)),
            "{script}"
        );
    }
    for key in [CANARY, WORK] {
        assert!(!ended.stdout.contains(key) && !ended.stderr.contains(key));
        Bench::assert_nowhere_below(bench.dir.path(), key);
    }
    bench.assert_nothing_left();
}
