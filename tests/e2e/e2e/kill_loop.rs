//! Engine after engine is killed while it works: no result is lost or comes twice, nothing is left, and
//! what goes on goes on in its own containers.

mod chance;
mod lives;

/// What takes minutes.
mod full {
    use std::time::Duration;

    use deckhands_e2e::{Running, TinyTask, TinyWorld};
    use deckhands_model::{TaskId, TaskState};
    use deckhands_store::{Queries, SqliteOptions, SqliteStore, Upkeep};
    use tokio::time::Instant;

    use super::chance::Chance;
    use super::lives::Lives;

    const TASKS: usize = 200;
    const WORKERS: &str = "8";
    const KILLS: usize = 20;

    /// Tasks that are there before the first engine; the others come in meanwhile.
    const AT_FIRST: usize = 40;

    /// Every so many-th task works for longer than a lease lasts.
    const LONG_EVERY: usize = 20;
    const LONG: f64 = 60.0;

    /// Until then the last engine must be through.
    const REST: &str = "240s";

    /// Longest time from one kill to the next, in milliseconds, and a bound for waiting for it.
    const LIFE: (u64, u64) = (1_000, 9_000);
    const LIMIT: Duration = Duration::from_secs(60);

    fn submit(
        world: &TinyWorld,
        numbers: std::ops::Range<usize>,
        chance: &mut Chance,
    ) -> Vec<TinyTask> {
        let mut length = |number: usize| {
            let before = chance.seconds(0.1, 1.5);
            let long = if number.is_multiple_of(LONG_EVERY) {
                LONG
            } else {
                0.0
            };
            (before, long + chance.seconds(0.1, 1.5))
        };
        numbers
            .map(|number| world.submit(number, length(number)))
            .collect()
    }

    fn engine(world: &TinyWorld, more: &[&str]) -> Running {
        world.start(&[&["engine", "--workers", WORKERS][..], more].concat())
    }

    /// Kills one engine after the other, each after a time of its own.
    fn kill_engines(world: &TinyWorld, chance: &mut Chance) {
        for kill in 1..=KILLS {
            let until = Instant::now() + chance.millis(LIFE);
            let what = format!("kill {kill}");
            let engine = engine(world, &[]).until(&what, LIMIT, || Instant::now() >= until);
            engine.signal("KILL");
            assert_eq!(engine.end().code, 128 + 9);
        }
    }

    /// What the store says of a task: one end, one result, one change.
    async fn check_task(store: &SqliteStore, task: &TinyTask, lives: &Lives) -> usize {
        let id: TaskId = task.id.parse().expect("an identity");
        let attempts = store.attempts(id).await.expect("its attempts");
        let events = store.events(Some(id), 0, 1_000).await.expect("its events");
        let result = store.result(id).await.expect("a store that answers");
        assert!(result.is_some(), "{id} has no result: {attempts:#?}");
        let result = result.expect("it was looked at");
        assert_eq!(
            result.state,
            TaskState::Completed,
            "{result:#?} {events:#?}"
        );
        assert!(result.applied, "{result:#?}");
        assert_eq!(result.attempts.len(), attempts.len(), "{result:#?}");
        let ends = events.iter().filter(|event| event.kind == "finished");
        assert_eq!(ends.count(), 1, "{events:#?}");
        assert!(task.is_done_once(), "{result:#?}");
        let adopted = events.iter().filter(|event| event.kind == "adopted");
        let mut gone_on_with = 0;
        for event in adopted {
            let number = event.attempt.expect("its attempt");
            let attempt = &attempts[usize::try_from(number).expect("a number") - 1];
            let outcome = attempt
                .report
                .as_ref()
                .map(|report| report.outcome.as_str());
            if outcome == Some("finished") && lives.of_app(&task.id, number).spans(event.at) {
                gone_on_with += 1;
            }
        }
        gone_on_with
    }

    #[test]
    fn two_hundred_tasks_outlive_twenty_engines() {
        let mut chance = Chance::new();
        println!("{chance}");
        let world = TinyWorld::new();
        let mut tasks = submit(&world, 0..AT_FIRST, &mut chance);
        let lives = Lives::listen(&world.bench.label().expect("the home's label"));
        let mut of_others = chance.branch();
        let others = std::thread::scope(|scope| {
            let others = scope.spawn(|| submit(&world, AT_FIRST..TASKS, &mut of_others));
            kill_engines(&world, &mut chance);
            others.join().expect("all are handed in")
        });
        tasks.extend(others);
        let last = engine(&world, &["--drain", "--duration", REST]).end();
        let last = last.with_code(0);

        let lives = lives.end();
        let store = SqliteStore::open(
            &world.bench.home.join("deckhands.db"),
            SqliteOptions::default(),
        );
        let store = store.expect("the store");
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let gone_on_with = runtime.expect("a runtime").block_on(async {
            let mut gone_on_with = 0;
            for task in &tasks {
                gone_on_with += check_task(&store, task, &lives).await;
            }
            let faults = store.check().await.expect("a store that answers");
            assert_eq!(faults, Vec::<String>::new());
            gone_on_with
        });
        println!(
            "{} apps, {gone_on_with} adoptions of live ones; {}",
            lives.apps(),
            last.stderr.lines().last().unwrap_or_default()
        );
        lives.assert_each_made_once();
        assert!(gone_on_with >= 10, "{gone_on_with} were gone on with");
        assert_eq!(tasks.len(), TASKS);
        world.assert_clear();
    }
}
