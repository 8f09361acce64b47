//! Each command and flag, and which of them do not go together.

use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Args, clap::Error> {
    Args::try_parse_from(std::iter::once("deckhands").chain(line.split_whitespace()))
}

fn run(line: &str) -> RunArgs {
    match parse(&format!("run {line}")).unwrap().command {
        Command::Run(run) => *run,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Args::command().debug_assert();
}

#[test]
fn every_command_shows_an_example() {
    fn check(command: &clap::Command, path: &str) {
        let names: Vec<_> = command.get_subcommands().collect();
        let needed = path.matches(' ').count() < 2 && command.get_name() != "man";
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(!needed || help.starts_with("Example"), "{path}: {help}");
        for below in names {
            check(below, &format!("{path} {}", below.get_name()));
        }
    }
    check(&Args::command(), "deckhands");
}

#[test]
fn flags_with_a_value() {
    type Field = fn(&RunArgs) -> &Option<String>;
    let rows: [(&str, Field); 9] = [
        ("--model", |r| &r.task.model),
        ("--timeout", |r| &r.task.timeout),
        ("--max-iterations", |r| &r.task.max_iterations),
        ("--max-cost", |r| &r.task.max_cost),
        ("--memory", |r| &r.task.memory),
        ("--cpus", |r| &r.task.cpus),
        ("--max-disk", |r| &r.task.max_disk),
        ("--profile", |r| &r.task.profile),
        ("--network", |r| &r.task.network),
    ];
    for (flag, field) in rows {
        assert_eq!(
            field(&run(&format!("text {flag} value"))).as_deref(),
            Some("value"),
            "{flag}"
        );
        assert_eq!(
            field(&run(&format!("text {flag}=value"))).as_deref(),
            Some("value"),
            "{flag}"
        );
        assert_eq!(field(&run("text")), &None, "{flag}");
        assert!(
            parse(&format!("run text {flag}")).is_err(),
            "{flag} needs a value"
        );
    }
    assert_eq!(run("text --workspace w").task.workspace, Some("w".into()));
}

#[test]
fn flags_without_a_value() {
    type Field = fn(&RunArgs) -> bool;
    let rows: [(&str, Field); 7] = [
        ("--allow-no-change", |r| r.task.allow_no_change),
        ("--include-ignored", |r| r.task.include_ignored),
        ("--no-apply", |r| r.task.no_apply),
        ("--keep", |r| r.task.keep),
        ("--dry-run", |r| r.dry_run),
        ("--simulate", |r| r.simulate),
        ("--yes", |r| r.task.yes),
    ];
    let all_off = run("text");
    for (flag, field) in rows {
        assert!(
            field(&run(&format!("text {flag}"))) && !field(&all_off),
            "{flag}"
        );
    }
}

#[test]
fn checks_add_up_in_their_order() {
    assert_eq!(run("text --check a --check b").task.check, ["a", "b"]);
}

#[test]
fn the_text_comes_from_one_place() {
    assert_eq!(run("text").text.as_deref(), Some("text"));
    assert_eq!(run("-").text.as_deref(), Some("-"));
    for line in ["-f task.md", "--file task.md"] {
        assert_eq!(run(line).file, Some("task.md".into()));
    }
    assert_eq!(run("text --replay file").replay, Some("file".into()));
    let rows = [
        ("run", ErrorKind::MissingRequiredArgument),
        ("run --replay file", ErrorKind::MissingRequiredArgument),
        (
            "run text --replay file --simulate",
            ErrorKind::ArgumentConflict,
        ),
        ("diff", ErrorKind::MissingRequiredArgument),
        ("apply --yes", ErrorKind::MissingRequiredArgument),
        ("run text -f task.md", ErrorKind::ArgumentConflict),
        ("run one two", ErrorKind::UnknownArgument),
        ("run text --simulate --dry-run", ErrorKind::ArgumentConflict),
        ("run text --no-such-flag", ErrorKind::UnknownArgument),
        ("-q -v doctor", ErrorKind::ArgumentConflict),
        ("nonsense", ErrorKind::InvalidSubcommand),
        ("--color sometimes doctor", ErrorKind::InvalidValue),
    ];
    for (line, kind) in rows {
        assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
    }
}

#[test]
fn global_flags_stand_before_and_after_the_command() {
    for line in [
        "--json --home h --config c -vv --color never doctor",
        "doctor --json --home h --config c -vv --color never",
    ] {
        let global = parse(line).unwrap().global;
        assert!(global.json && !global.quiet, "{line}");
        assert_eq!(
            (global.home, global.config),
            (Some("h".into()), Some("c".into()))
        );
        assert_eq!((global.verbose, global.color), (2, Color::Never));
    }
    let usual = parse("doctor").unwrap().global;
    assert_eq!(
        (usual.json, usual.verbose, usual.color),
        (false, 0, Color::Auto)
    );
}

/// Asserts that a line is the command it looks like.
fn fits(line: &str, fits: fn(&Command) -> bool) {
    assert!(fits(&parse(line).unwrap().command), "{line}");
}

#[test]
fn the_commands_over_stored_tasks() {
    fits("status", |c| {
        matches!(
            c,
            Command::Status(StatusArgs {
                id: None,
                task_id: None
            })
        )
    });
    fits("status last", |c| {
        matches!(c, Command::Status(StatusArgs { id: Some(_), .. }))
    });
    fits("watch", |c| {
        matches!(c, Command::Watch(WatchArgs { id: None }))
    });
    fits("events last", |c| matches!(c, Command::Events(_)));
    fits("result last --calls", |c| {
        matches!(c, Command::Result(ResultArgs { calls: true, .. }))
    });
    fits("logs last --attempt 2 -f --raw", |c| {
        matches!(
            c,
            Command::Logs(LogsArgs {
                attempt: Some(_),
                follow: true,
                raw: true,
                ..
            })
        )
    });
    fits(
        "cancel 1 2",
        |c| matches!(c, Command::Cancel(ids) if ids.ids == ["1", "2"]),
    );
    fits("retry 1", |c| matches!(c, Command::Retry(_)));
    fits("hold 1", |c| matches!(c, Command::Hold(_)));
    fits("release 1", |c| matches!(c, Command::Release(_)));
    fits("stats", |c| matches!(c, Command::Stats));
    fits("metrics --format openmetrics", |c| {
        matches!(
            c,
            Command::Metrics(MetricsArgs {
                format: Some(MetricsFormat::Openmetrics)
            })
        )
    });
}

#[test]
fn the_commands_over_models() {
    fits("models list", |c| matches!(c, Command::Models(_)));
    fits("models select --task-type analyze", |c| {
        matches!(
            c,
            Command::Models(ModelsArgs {
                command: ModelsCommand::Select(_)
            })
        )
    });
    fits("models routes", |c| matches!(c, Command::Models(_)));
    fits(
        "models routes night",
        |c| matches!(c, Command::Models(ModelsArgs { command: ModelsCommand::Routes(args) }) if args.pool.is_some()),
    );
    fits(
        "select-model --task-type generate --complexity complex --quality-threshold 0.5",
        |c| matches!(c, Command::SelectModel(select) if select.quality_threshold == 0.5),
    );
}

#[test]
fn the_other_commands() {
    fits("doctor --explain-sandbox --model m", |c| {
        matches!(
            c,
            Command::Doctor(DoctorArgs {
                explain_sandbox: true,
                model: Some(_)
            })
        )
    });
    fits("reap --dry-run --all-homes --adoptable", |c| {
        matches!(
            c,
            Command::Reap(ReapArgs {
                dry_run: true,
                all_homes: true,
                adoptable: true
            })
        )
    });
    fits("config show --origin", |c| {
        matches!(
            c,
            Command::Config(ConfigArgs {
                command: ConfigCommand::Show { origin: true }
            })
        )
    });
    fits("config schema", |c| {
        matches!(
            c,
            Command::Config(ConfigArgs {
                command: ConfigCommand::Schema
            })
        )
    });
    fits("config init f", |c| {
        matches!(
            c,
            Command::Config(ConfigArgs {
                command: ConfigCommand::Init { file: Some(_) }
            })
        )
    });
    fits("config trust d", |c| {
        matches!(
            c,
            Command::Config(ConfigArgs {
                command: ConfigCommand::Trust { .. }
            })
        )
    });
    fits("completions zsh", |c| matches!(c, Command::Completions(_)));
    fits("man", |c| matches!(c, Command::Man));
}

#[test]
fn the_commands_over_a_kept_change() {
    let command = |line: &str| parse(line).unwrap().command;
    match command("diff last") {
        Command::Diff(diff) => assert_eq!(diff.id, "last"),
        other => panic!("{other:?}"),
    }
    let apply = |line: &str| match command(line) {
        Command::Apply(apply) => (apply.id, apply.workspace, apply.yes),
        other => panic!("{other:?}"),
    };
    assert_eq!(apply("apply 3fa9"), ("3fa9".to_owned(), None, false));
    assert_eq!(
        apply("apply 3fa9 --workspace w --yes"),
        ("3fa9".to_owned(), Some("w".into()), true)
    );
}

#[test]
fn the_prototype_s_names_of_commands_and_flags() {
    let line = "submit-task --task-type generate --description words --target-file a.py \
                --priority high --quality-threshold 0.7 --complexity moderate";
    match parse(line).unwrap().command {
        Command::Submit(submit) => {
            assert_eq!(
                submit.category,
                Some(deckhands_model::Category::CodeGeneration)
            );
            assert_eq!(submit.description.as_deref(), Some("words"));
            assert_eq!(submit.target_file, Some("a.py".into()));
            assert_eq!(submit.priority, deckhands_model::Priority::High);
            assert_eq!(submit.quality_threshold, Some(0.7));
            assert_eq!(
                submit.complexity,
                Some(deckhands_model::Complexity::Moderate)
            );
        }
        other => panic!("{other:?}"),
    }
    let status = parse("get-status --task-id 3fa9").unwrap().command;
    assert!(
        matches!(status, Command::Status(StatusArgs { task_id: Some(id), .. }) if id == "3fa9")
    );
    assert!(matches!(
        parse("queue-stats").unwrap().command,
        Command::Stats
    ));
}

#[test]
fn wrong_words_for_stored_tasks_are_refused() {
    let rows = [
        ("submit", ErrorKind::MissingRequiredArgument),
        ("submit text -f task.md", ErrorKind::ArgumentConflict),
        (
            "submit text --description more",
            ErrorKind::ArgumentConflict,
        ),
        ("submit text --priority urgent", ErrorKind::ValueValidation),
        ("submit text --category cooking", ErrorKind::ValueValidation),
        ("submit text --complexity odd", ErrorKind::ValueValidation),
        ("status 1 --task-id 2", ErrorKind::ArgumentConflict),
        ("list --state asleep", ErrorKind::ValueValidation),
        ("list --limit 0", ErrorKind::ValueValidation),
        ("logs 1 --attempt 0", ErrorKind::ValueValidation),
        ("cancel", ErrorKind::MissingRequiredArgument),
        ("metrics --format xml", ErrorKind::InvalidValue),
    ];
    for (line, kind) in rows {
        assert_eq!(parse(line).unwrap_err().kind(), kind, "{line}");
    }
}

#[test]
fn the_commands_that_host_an_engine() {
    let command = |line: &str| parse(line).unwrap().command;
    for name in ["engine", "run-engine"] {
        let line = format!("{name} --workers 3 --duration 60s --drain --grace 5s");
        match command(&line) {
            Command::Engine(engine) => {
                assert_eq!(engine.workers.as_deref(), Some("3"));
                assert_eq!(engine.duration.as_deref(), Some("60s"));
                assert_eq!((engine.drain, engine.grace.as_deref()), (true, Some("5s")));
            }
            other => panic!("{other:?}"),
        }
    }
    match command("batch t.toml --workers 3 --fail-fast --report out --resume --yes") {
        Command::Batch(batch) => {
            assert_eq!(
                (batch.file, batch.report),
                ("t.toml".into(), Some("out".into()))
            );
            assert_eq!(batch.workers.as_deref(), Some("3"));
            assert!(batch.fail_fast && batch.resume && batch.yes);
        }
        other => panic!("{other:?}"),
    }
    assert!(parse("batch").is_err(), "a file is needed");
}
