//! Python with the client packages, set up once and kept beside what was built.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the programs are, and what they need.
const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/clients");

/// Kept from run to run.
const KEPT: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/clients");

/// Runs a program of `tests/e2e/clients` to its end; what it printed.
///
/// # Panics
/// When Python, `venv` or `pip` is missing, a package cannot be had, or the program fails.
pub(super) fn run(program: &str, argument: &str) -> String {
    let python = with_packages();
    let mut command = Command::new(python);
    command
        .arg(Path::new(PROGRAMS).join(program))
        .arg(argument)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", KEPT)
        // Nothing is written beside the programs.
        .env("PYTHONDONTWRITEBYTECODE", "1")
        // Else it asks the network for a list of prices when it is loaded.
        .env("LITELLM_LOCAL_MODEL_COST_MAP", "True");
    carry_out(command)
}

/// The interpreter that has the packages. Whoever comes first sets it up, the others wait.
fn with_packages() -> PathBuf {
    let kept = Path::new(KEPT);
    fs::create_dir_all(kept).expect("a directory for the packages");
    let lock = File::create(kept.join("lock")).expect("the lock");
    lock.lock().expect("the lock");
    let (venv, list) = (kept.join("venv"), kept.join("installed"));
    let python = venv.join("bin/python");
    let requirements = Path::new(PROGRAMS).join("requirements.txt");
    let wanted = fs::read_to_string(&requirements).expect("the list of packages");
    if fs::read_to_string(&list).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    let mut make = Command::new("python3");
    make.args(["-m", "venv", "--clear"]).arg(&venv);
    let _made = carry_out(make);
    let mut install = Command::new(&python);
    install
        .args(["-m", "pip", "install", "--quiet", "--no-input", "-r"])
        .arg(&requirements);
    let _installed = carry_out(install);
    fs::write(&list, wanted).expect("a note of what is installed");
    python
}

fn carry_out(mut command: Command) -> String {
    let output = command.output().expect("python3");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
