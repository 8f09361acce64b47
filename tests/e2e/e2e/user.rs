//! An ordinary user in the docker group: everything works without root and stays his.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deckhands_e2e::{
    Bench, CANARY, Ended, Running, bash, containers, create_file, deckhands, networks, profile,
    wait_for,
};
use deckhands_testkit::{AfterEnd, Dialect, ProviderError, Script, Step, Times};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(150);

/// A user of this machine, made for one test.
struct User {
    name: String,
    home: PathBuf,
}

impl User {
    fn make() -> Self {
        let name = format!("dh-e2e-{}", std::process::id());
        let home = PathBuf::from("/home").join(&name);
        // The list of users may be locked by a neighbour for a moment; that says nothing.
        wait_for("a user of this machine", Duration::from_secs(30), || {
            let mut command = Command::new("useradd");
            command.args(["--create-home", "--groups", "docker", "--shell", "/bin/sh"]);
            let output = command.arg("--home-dir").arg(&home).arg(&name).output();
            let output = output.expect("useradd");
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let locked = said.contains("cannot lock");
            let made = output.status.success();
            assert!(
                made || locked,
                "this test makes a user, which takes root: {said}"
            );
            made.then_some(())
        });
        Self { name, home }
    }

    fn own(&self, path: &Path) {
        let meta = fs::metadata(&self.home).expect("the user's home");
        chown(path, Some(meta.uid()), Some(meta.gid())).expect("give a file to the user");
    }

    /// A shell command as the user, in his own home.
    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("/usr/sbin/runuser");
        command.args(["-u", &self.name, "--", "sh", "-c", script]);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", &self.home);
        command.current_dir(&self.home);
        command
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _ = Command::new("userdel")
            .args(["--remove", &self.name])
            .output();
        let _ = fs::remove_dir_all(&self.home);
    }
}

/// A user with the binary and a project, and a provider to work with.
struct Desk {
    user: User,
    bench: Bench,
}

impl Desk {
    fn new(script: Script) -> Self {
        let (user, bench) = (User::make(), Bench::new(script));
        fs::copy(deckhands(), user.home.join("deckhands")).expect("the binary");
        fs::create_dir(user.home.join("project")).expect("the workspace");
        fs::write(user.home.join("project/README.md"), "# mine\n").expect("a file");
        for path in ["deckhands", "project", "project/README.md"] {
            user.own(&user.home.join(path));
        }
        Self { user, bench }
    }

    fn project(&self, path: &str) -> PathBuf {
        self.user.home.join("project").join(path)
    }

    /// Starts `run` with more arguments, in the words of a shell. The shell writes down the process
    /// to be signalled: a signal to `runuser` would not reach it.
    fn start(&self, words: &str) -> Running {
        let run =
            format!("echo $$ > pid && exec ./deckhands run --json --workspace project {words}");
        let mut command = self.user.shell(&run);
        command
            .env("OPENROUTER_API_KEY", CANARY)
            .env("OPENHANDS_BASE_URL", self.bench.base_url())
            .env("DECKHANDS_PROFILE", profile().name());
        Running::start(command)
    }

    /// Carries out a shell command of the user that must succeed.
    fn shell(&self, script: &str) -> Ended {
        Running::start(self.user.shell(script)).end().with_code(0)
    }

    fn signal(&self, name: &str) {
        let _ = self.shell(&format!("kill -{name} $(cat pid)"));
    }

    fn wait_for_calls(&self, count: usize) {
        wait_for("a call of the model", LIMIT, || {
            (self.bench.requests().len() >= count).then_some(())
        });
    }

    /// The label of everything that the user made.
    fn label(&self) -> String {
        let id = fs::read_to_string(self.user.home.join(".local/state/deckhands/id"));
        format!("deckhands.home={}", id.expect("the home's id").trim())
    }

    /// Asserts that nothing is left on the daemon and no way out of an attempt, and that all files
    /// are the user's to remove.
    fn assert_nothing_left(&self) {
        let mut left: Vec<_> = containers(&self.label())
            .into_iter()
            .map(|c| c.name)
            .collect();
        left.extend(networks(&self.label()));
        assert!(left.is_empty(), "{left:?}");
        let sockets = self.shell("find .local/state/deckhands -type s");
        assert_eq!(sockets.stdout, "", "a way out is left");
        let _ = self.shell("rm -r .local/state/deckhands project");
    }

    /// Asserts an ending as told, and that nothing was applied.
    fn check(&self, ended: Ended, code: i32, state: &str, cause: &str) -> Value {
        let report = ended.with_code(code).json();
        assert_eq!(report["state"], state, "{report:#}");
        assert_eq!(
            report["error"]["cause"].as_str().unwrap_or(""),
            cause,
            "{report:#}"
        );
        assert_eq!(report["applied"], false, "{report:#}");
        report
    }
}

#[test]
fn the_result_and_the_state_directory_belong_to_the_user() {
    let desk = Desk::new(Script::new([
        create_file("/workspace/by edit.txt", "edited\n"),
        bash("mkdir -m 700 closed && echo x > closed/by-bash.txt && chmod 600 closed/by-bash.txt"),
        Step::finish("done"),
    ]));
    let running = desk.start("'write files' --check 'cat closed/by-bash.txt'");
    let report = running.end().with_code(0).json();
    assert_eq!(report["applied"], true, "{report:#}");
    let uid = fs::metadata(&desk.user.home).expect("the home").uid();
    for path in ["by edit.txt", "closed", "closed/by-bash.txt"] {
        let meta = fs::metadata(desk.project(path)).expect("a file of the agent");
        assert_eq!(meta.uid(), uid, "{path}");
    }
    let _ = desk.shell("echo more >> 'project/by edit.txt' && rm -r project/closed");
    desk.assert_nothing_left();
}

#[test]
fn a_killed_run_of_the_user_is_reaped_by_him() {
    let desk = Desk::new(Script::new([
        create_file("/workspace/x.txt", "x\n"),
        bash("sleep 200"),
    ]));
    let running = desk.start("work");
    desk.wait_for_calls(2);
    desk.signal("KILL");
    assert_ne!(running.end().code, 0);
    let reaped = desk.shell("./deckhands reap --json").json();
    assert_eq!(
        reaped["failed"].as_array().map(Vec::len),
        Some(0),
        "{reaped:#}"
    );
    desk.assert_nothing_left();
}

#[test]
fn a_run_of_the_user_that_is_killed_during_a_call_of_the_model_is_reaped_by_him() {
    let late = Step::finish("too late").after(LIMIT);
    let desk = Desk::new(Script::new([late]));
    let running = desk.start("work");
    desk.wait_for_calls(1);
    desk.signal("KILL");
    assert_ne!(running.end().code, 0);
    let reaped = desk.shell("./deckhands reap --json").json();
    assert_eq!(reaped["failed"], serde_json::json!([]), "{reaped:#}");
    assert_ne!(reaped["removed"], serde_json::json!([]), "{reaped:#}");
    desk.assert_nothing_left();
}

/// Files that are not the user's to read are left out and told; a check that fails keeps the change
/// beside the workspace, for the user to apply.
#[test]
fn a_failed_check_of_the_user_keeps_a_patch_that_fits() {
    let desk = Desk::new(Script::new([
        bash("echo more >> README.md && mkdir sub && echo new > sub/new.txt"),
        Step::finish("done"),
    ]));
    for name in ["closed.txt", "closed"] {
        let path = desk.project(name);
        if name == "closed" {
            fs::create_dir(&path).expect("a directory of root");
        } else {
            fs::write(&path, "of root\n").expect("a file of root");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("its mode");
    }
    let check = "'work' --check 'test ! -e closed.txt' --check 'exit 7'";
    let report = desk.check(desk.start(check).end(), 1, "failed", "CheckFailed");
    let findings = report["verdict"]["findings"].as_array().expect("findings");
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert_eq!(findings[0]["check"], "exit 7");
    let notes = report["notes"].to_string();
    for name in ["`closed.txt`", "`closed`"] {
        assert!(notes.contains(name), "{name} is not in {notes}");
    }
    let readme = || fs::read_to_string(desk.project("README.md")).expect("a file");
    assert_eq!(readme(), "# mine\n");
    let patch = report["patch"].as_str().expect("a patch");
    let _ = desk.shell(&format!("cd project && patch -p1 < '{patch}'"));
    assert_eq!(readme(), "# mine\nmore\n");
    let new = fs::read_to_string(desk.project("sub/new.txt"));
    assert_eq!(new.expect("the new file"), "new\n");
    for name in ["closed.txt", "closed"] {
        let path = desk.project(name);
        assert_eq!(fs::metadata(&path).expect("still there").uid(), 0, "{name}");
        desk.user.own(&path);
    }
    desk.assert_nothing_left();
}

#[test]
fn what_the_user_changes_meanwhile_is_not_overwritten() {
    let desk = Desk::new(Script::new([
        create_file("/workspace/new.txt", "from the agent\n"),
        Step::finish("done").after(Duration::from_secs(3)),
    ]));
    let running = desk.start("'write new.txt'");
    desk.wait_for_calls(2);
    let _ = desk.shell("echo from the user > project/new.txt");
    let report = desk.check(running.end(), 1, "completed", "");
    assert_eq!(report["conflict"][0], "new.txt");
    let text = fs::read_to_string(desk.project("new.txt")).expect("the file");
    assert_eq!(text, "from the user\n");
    desk.assert_nothing_left();
}

#[test]
fn ctrl_c_of_the_user_leaves_nothing() {
    let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
    let desk = Desk::new(endless);
    let running = desk.start("work");
    desk.wait_for_calls(1);
    desk.signal("INT");
    let _ = desk.check(running.end(), 130, "cancelled", "");
    desk.assert_nothing_left();
}

#[test]
fn a_refused_key_of_the_user_is_told() {
    let step = Step::provider_error(Dialect::OpenRouter, ProviderError::BadKey);
    let desk = Desk::new(Script::new([step.times(Times::Forever)]));
    let _ = desk.check(desk.start("work").end(), 1, "failed", "BadKey");
    desk.assert_nothing_left();
}

/// Of whom the containers run, which only we decide.
mod managed_only {
    use super::*;

    #[test]
    fn both_containers_run_as_the_user() {
        let desk = Desk::new(Script::new([
            bash("id -u > uid.txt; id -g >> uid.txt; sleep 4"),
            Step::finish("done"),
        ]));
        let running = desk.start("work");
        desk.wait_for_calls(1);
        let owner = fs::metadata(&desk.user.home).expect("the home");
        let (uid, gid) = (owner.uid(), owner.gid());
        let found = containers(&desk.label());
        assert_eq!(found.len(), 2, "{found:?}");
        for container in found {
            let user = &container.inspect["Config"]["User"];
            assert_eq!(user, &format!("{uid}:{gid}"), "{}", container.name);
        }
        let _ = running.end().with_code(0);
        let told = fs::read_to_string(desk.project("uid.txt")).expect("the agent's word");
        assert_eq!(told, format!("{uid}\n{gid}\n"));
        desk.assert_nothing_left();
    }
}

/// What root's runs prove, too, and takes its time.
mod full {
    use super::*;

    #[test]
    fn too_long_work_of_the_user_is_ended() {
        let endless = Script::new([bash("echo x > x.txt; sleep 100")]);
        let desk = Desk::new(endless.after_end(AfterEnd::RepeatLast));
        let report = desk.check(
            desk.start("work --timeout 10s").end(),
            1,
            "failed",
            "WorkTimeout",
        );
        assert!(
            report["patch"].is_string(),
            "what was done is kept: {report:#}"
        );
        desk.assert_nothing_left();
    }

    #[test]
    fn a_second_signal_of_the_user_leaves_the_rest_to_reap() {
        let endless = Script::new([bash("sleep 200")]).after_end(AfterEnd::RepeatLast);
        let desk = Desk::new(endless);
        let running = desk.start("work");
        desk.wait_for_calls(1);
        desk.signal("INT");
        desk.signal("TERM");
        let error = running.end().with_code(143).json();
        assert_eq!(error["hint"], "deckhands reap", "{error:#}");
        let _ = desk.shell("./deckhands reap");
        desk.assert_nothing_left();
    }
}
