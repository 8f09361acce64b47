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
        ("--model", |r| &r.model),
        ("--timeout", |r| &r.timeout),
        ("--max-iterations", |r| &r.max_iterations),
        ("--max-cost", |r| &r.max_cost),
        ("--memory", |r| &r.memory),
        ("--cpus", |r| &r.cpus),
        ("--max-disk", |r| &r.max_disk),
        ("--profile", |r| &r.profile),
        ("--network", |r| &r.network),
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
    assert_eq!(run("text --workspace w").workspace, Some("w".into()));
}

#[test]
fn flags_without_a_value() {
    type Field = fn(&RunArgs) -> bool;
    let rows: [(&str, Field); 7] = [
        ("--allow-no-change", |r| r.allow_no_change),
        ("--include-ignored", |r| r.include_ignored),
        ("--no-apply", |r| r.no_apply),
        ("--keep", |r| r.keep),
        ("--dry-run", |r| r.dry_run),
        ("--simulate", |r| r.simulate),
        ("--yes", |r| r.yes),
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
    assert_eq!(run("text --check a --check b").check, ["a", "b"]);
}

#[test]
fn the_text_comes_from_one_place() {
    assert_eq!(run("text").text.as_deref(), Some("text"));
    assert_eq!(run("-").text.as_deref(), Some("-"));
    for line in ["-f task.md", "--file task.md"] {
        assert_eq!(run(line).file, Some("task.md".into()));
    }
    assert_eq!(run("--replay dir").replay, Some("dir".into()));
    let rows = [
        ("run", ErrorKind::MissingRequiredArgument),
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

#[test]
fn the_other_commands() {
    let fits = |line: &str, fits: fn(&Command) -> bool| {
        assert!(fits(&parse(line).unwrap().command), "{line}")
    };
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
    fits("models list", |c| matches!(c, Command::Models(_)));
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
