//! Files read strictly, each fault with its line.

use crate::tests::Fixture;
use crate::{Key, Origin};

#[test]
fn values_of_every_written_form_are_taken() {
    let fixture = Fixture::new().user(
        "deadlines.work = 90\n[limits]\ncpus = 1.5\nmemory = \"8g\"\niterations = \"7\"\n\
         log_bytes = 65_536\n[run]\ninclude_ignored = true\nchecks = [\"a b\", 'c']\n",
    );
    let settings = fixture.settings();
    assert_eq!(settings.deadlines.work.as_secs(), 90);
    assert_eq!(settings.limits.milli_cpus, 1500);
    assert_eq!(settings.limits.memory.to_string(), "8g");
    assert_eq!(settings.limits.iterations, 7);
    assert_eq!(settings.limits.log_bytes.to_string(), "64k");
    assert!(settings.include_ignored.value);
    assert_eq!(settings.checks.value, ["a b", "c"]);
    let expected = Origin::UserFile {
        path: fixture.path("config/config.toml"),
        line: 9,
    };
    assert_eq!(settings.checks.origin, expected);
}

#[test]
fn faults_name_place_and_way_out() {
    let schema = "`deckhands config schema` lists all settings";
    for (text, expected) in [
        ("[deadlines]\nwrok = 9", "`deadlines.wrok` is not a setting (file ~/config/config.toml:2) | did you mean `deadlines.work`?".to_owned()),
        ("[modle]\nid = 'x'", "`modle.id` is not a setting (file ~/config/config.toml:2) | did you mean `model.id`?".to_owned()),
        ("\n\n[zoo]", format!("`zoo` is not a setting (file ~/config/config.toml:3) | {schema}")),
        ("colour = 1", format!("`colour` is not a setting (file ~/config/config.toml:1) | {schema}")),
        ("[run]\nreal_agent = true", format!("`run.real_agent` is not a setting (file ~/config/config.toml:2) | {schema}")),
        ("[model]\napi_key = 'x'", "an API key does not belong into a configuration file (file ~/config/config.toml:2) | name a variable with `api_key_env` or a file with `api_key_file`".to_owned()),
        ("[model]\nOPENROUTER_API_KEY = 'x'", "an API key does not belong into a configuration file (file ~/config/config.toml:2) | name a variable with `api_key_env` or a file with `api_key_file`".to_owned()),
        ("[run]\nchecks = [1979-05-27]", "~/config/config.toml:2: `run.checks` takes a list of commands".to_owned()),
        ("[limits]\n\ncpus = {}", "~/config/config.toml:3: `limits.cpus` takes a number from 0.1 to 1024, at most 3 decimals".to_owned()),
        ("[limits]\nprocesses = 0x80", "~/config/config.toml:2: `limits.processes` takes a whole number from 64 to 65536".to_owned()),
        ("[deadlines]\nwork = 9", "`9` is no value for `deadlines.work` (file ~/config/config.toml:2): expected a time from 10s to 3600s: `90s`, `5m` or a number of seconds".to_owned()),
        ("[run]\nchecks = ['']", "`` is no value for `run.checks` (file ~/config/config.toml:2): expected a list of commands".to_owned()),
    ] {
        assert_eq!(Fixture::new().user(text).refusal(), expected, "{text}");
    }
}

#[test]
fn what_is_no_toml_is_refused_with_its_line() {
    for (text, line) in [
        ("[model\n", 1),
        ("[model]\nid = 'a'\nid = 'b'", 3),
        ("\nx =", 2),
    ] {
        let refusal = Fixture::new().user(text).refusal();
        let place = format!("~/config/config.toml:{line}: ");
        assert!(refusal.starts_with(&place), "{text:?}: {refusal}");
        assert!(refusal.len() > place.len(), "{refusal}");
    }
}

#[test]
fn relative_paths_start_at_their_file() {
    let fixture = Fixture::new().user("run.home = \"h\"").trusting("project");
    assert_eq!(fixture.settings().home.value, fixture.path("config/h"));
    let fixture = fixture.project("run.home = \"../h\"");
    assert_eq!(fixture.settings().home.value, fixture.path("project/../h"));
    let fixture = fixture.flag(Key::Home, "--home", "here");
    assert_eq!(
        fixture.settings().home.value,
        fixture.path("project/inner/here")
    );
}
