//! The daemon goes away while an engine works on many tasks: none is lost, none is done twice, and what it
//! costs is bounded.

/// What takes minutes.
mod full {
    use std::path::Path;
    use std::time::Duration;

    use deckhands_e2e::{Running, TinyTask, TinyWorld, wait_for};
    use deckhands_testkit::DaemonProxy;
    use tokio::runtime::{Builder, Runtime};
    use tokio::time::Instant;

    const TASKS: usize = 20;
    const LIMIT: Duration = Duration::from_secs(240);

    /// How long an engine may take to leave whose daemon does not answer: cleaning up, and pausing.
    const LEAVES: Duration = Duration::from_secs(120);

    /// A world whose daemon is reached through a proxy, and its tasks.
    struct Case {
        world: TinyWorld,
        proxy: DaemonProxy,
        tasks: Vec<TinyTask>,
        _runtime: Runtime,
    }

    impl Case {
        fn new() -> Self {
            let world = TinyWorld::new();
            let runtime = Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .expect("a runtime for the proxy");
            let entered = runtime.enter();
            let socket = world.bench.dir.path().join("docker.sock");
            let proxy = DaemonProxy::start(&socket, Path::new("/var/run/docker.sock"));
            let proxy = proxy.expect("a proxy before the daemon");
            drop(entered);
            let world = world.with_docker_host(proxy.docker_host());
            let tasks = (0..TASKS).map(|n| world.submit(n, (0.5, 1.0))).collect();
            Self {
                world,
                proxy,
                tasks,
                _runtime: runtime,
            }
        }

        fn engine(&self, more: &[&str]) -> Running {
            let args = [&["engine", "--workers", "4"][..], more].concat();
            self.world.start(&args)
        }

        /// An engine that has done some of the tasks and is at work on others.
        fn at_work(&self, more: &[&str]) -> Running {
            self.engine(more).until("some tasks are done", LIMIT, || {
                self.tasks.iter().filter(|t| t.is_done_once()).count() >= 3
            })
        }

        fn wait(&self, time: Duration) {
            let until = Instant::now() + time;
            wait_for("the daemon's return", LIMIT, || {
                (Instant::now() >= until).then_some(())
            });
        }

        /// Every task is done, and none had more than so many attempts.
        fn assert_all_done(&self, most: usize) {
            for task in &self.tasks {
                let status = self.world.status(task);
                assert_eq!(status["task"]["state"], "completed", "{status:#}");
                let attempts = status["attempts"].as_array().map(Vec::len);
                assert!(attempts.is_some_and(|n| n <= most), "{status:#}");
                assert!(task.is_done_once(), "{status:#}");
            }
            self.world.assert_clear();
        }
    }

    #[test]
    fn one_that_hangs_for_a_short_time_is_waited_for() {
        let case = Case::new();
        let engine = case.at_work(&["--drain"]);
        case.proxy.hang();
        case.wait(Duration::from_secs(20));
        case.proxy.restore();
        let _engine = engine.end().with_code(0);
        case.assert_all_done(2);
    }

    /// Apps that talk to it at that time fail by it, which is theirs to tell.
    #[test]
    fn one_that_is_cut_off_for_a_short_time_is_waited_for() {
        let case = Case::new();
        let engine = case.at_work(&["--drain"]);
        case.proxy.cut();
        case.wait(Duration::from_secs(20));
        case.proxy.restore();
        let _engine = engine.end().with_code(0);
        case.assert_all_done(3);
    }

    #[test]
    fn nothing_is_begun_while_one_is_away_for_long() {
        let case = Case::new();
        let engine = case.at_work(&["--drain"]);
        case.proxy.cut();
        case.wait(Duration::from_secs(90));
        case.proxy.restore();
        let engine = engine.end().with_code(0);
        assert!(
            engine
                .stderr
                .contains("nothing is begun while the Docker daemon"),
            "{}",
            engine.stderr
        );
        assert!(
            engine.stderr.contains("can be used again"),
            "{}",
            engine.stderr
        );
        case.assert_all_done(3);
    }

    #[test]
    fn an_engine_that_is_stopped_while_one_hangs_leaves_all_to_the_next() {
        let case = Case::new();
        let engine = case.at_work(&["--grace", "1s"]);
        case.proxy.hang();
        let asked = Instant::now();
        engine.signal("INT");
        let engine = engine.end().with_code(0);
        let took = asked.elapsed();
        assert!(took < LEAVES, "{took:?} {}", engine.stderr);
        let done = case.tasks.iter().filter(|task| task.is_done_once());
        assert!(done.count() < TASKS, "it was stopped at work");
        case.proxy.restore();
        let _next = case.engine(&["--drain"]).end().with_code(0);
        case.assert_all_done(3);
    }
}
