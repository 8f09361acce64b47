//! An ordinary user in the docker group: everything works without root and stays his.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use deckhands_e2e::{Bench, CANARY, Running, bash, create_file, deckhands, wait_for};
use deckhands_testkit::{Script, Step};

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

#[test]
fn the_result_and_the_state_directory_belong_to_the_user() {
    let user = User::make();
    let bench = Bench::new(Script::new([
        create_file("/workspace/by edit.txt", "edited\n"),
        bash("mkdir -m 700 closed && echo x > closed/by-bash.txt && chmod 600 closed/by-bash.txt"),
        Step::finish("done"),
    ]));
    let binary = user.home.join("deckhands");
    fs::copy(deckhands(), &binary).expect("the binary");
    let workspace = user.home.join("project");
    fs::create_dir(&workspace).expect("the workspace");
    fs::write(workspace.join("README.md"), "# mine\n").expect("a file");
    for path in [&binary, &workspace, &workspace.join("README.md")] {
        user.own(path);
    }
    let run =
        "./deckhands run --json 'write files' --workspace project --check 'cat closed/by-bash.txt'";
    let mut command = user.shell(run);
    command
        .env("OPENROUTER_API_KEY", CANARY)
        .env("OPENHANDS_BASE_URL", bench.base_url());
    let report = Running::start(command).end().with_code(0).json();
    assert_eq!(report["applied"], true, "{report:#}");
    let uid = fs::metadata(&user.home).expect("the home").uid();
    for path in ["by edit.txt", "closed", "closed/by-bash.txt"] {
        let meta = fs::metadata(workspace.join(path)).expect("a file of the agent");
        assert_eq!(meta.uid(), uid, "{path}");
    }
    let rewrite = "echo more >> 'project/by edit.txt' && rm -r project/closed && rm -r .local/state/deckhands";
    let _ = Running::start(user.shell(rewrite)).end().with_code(0);
    assert!(!user.home.join(".local/state/deckhands").exists());
    let left = deckhands_e2e::containers(&format!(
        "deckhands.task={}",
        report["task_id"].as_str().unwrap_or("?")
    ));
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_killed_run_of_the_user_is_reaped_by_him() {
    let user = User::make();
    let bench = Bench::new(Script::new([
        create_file("/workspace/x.txt", "x\n"),
        bash("sleep 200"),
    ]));
    let binary = user.home.join("deckhands");
    fs::copy(deckhands(), &binary).expect("the binary");
    user.own(&binary);
    // The shell writes down the process to kill: killing `runuser` would not reach it.
    let run =
        "mkdir -p project && echo $$ > pid && exec ./deckhands run 'work' --workspace project";
    let mut command = user.shell(run);
    command
        .env("OPENROUTER_API_KEY", CANARY)
        .env("OPENHANDS_BASE_URL", bench.base_url());
    let running = Running::start(command);
    wait_for("the second call", Duration::from_secs(150), || {
        (bench.requests().len() >= 2).then_some(())
    });
    let pid = fs::read_to_string(user.home.join("pid")).expect("the pid");
    let _ = Running::start(user.shell(&format!("kill -9 {}", pid.trim())))
        .end()
        .with_code(0);
    assert_ne!(running.end().code, 0);
    let id =
        fs::read_to_string(user.home.join(".local/state/deckhands/id")).expect("the home's id");
    let reaped = Running::start(user.shell("./deckhands reap --json"))
        .end()
        .with_code(0)
        .json();
    assert_eq!(
        reaped["failed"].as_array().map(Vec::len),
        Some(0),
        "{reaped:#}"
    );
    let left = deckhands_e2e::containers(&format!("deckhands.home={}", id.trim()));
    assert!(left.is_empty(), "{left:?}");
    let _ = Running::start(user.shell("rm -r .local/state/deckhands"))
        .end()
        .with_code(0);
}
