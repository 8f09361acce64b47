//! Claims on an attempt's directory, its record, and what of it is private.

use std::os::unix::fs::PermissionsExt;

use deckhands_model::{AttemptNumber, Network, Profile, TaskId};
use tempfile::TempDir;

use super::*;
use crate::clock::SystemIds;

fn record() -> AttemptRecord {
    AttemptRecord {
        task_id: "t".to_owned(),
        number: 1,
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        workspace: PathBuf::from("/w"),
        sandbox_image: Some("sandbox:1".parse().unwrap()),
        profile: Profile::Socket,
        network: Network::Open,
        keep: false,
        adoptable: false,
    }
}

fn case() -> (TempDir, Home, AttemptDir) {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    let id = AttemptId {
        task: TaskId::from_random([1; 16]),
        number: AttemptNumber::FIRST,
    };
    let attempt = AttemptDir::of(&home, id);
    (dir, home, attempt)
}

fn word(claim: io::Result<Claim>) -> &'static str {
    match claim.unwrap() {
        Claim::Ours(_) => "ours",
        Claim::Live => "live",
        Claim::Gone => "gone",
    }
}

#[test]
fn a_claim_is_held_until_it_is_dropped() {
    let (_dir, home, attempt) = case();
    assert_eq!(word(attempt.claim()), "gone");
    let held = attempt.create(&home, &record()).unwrap();
    assert_eq!(held.dir(), &attempt);
    assert_eq!(word(attempt.claim()), "live");
    drop(held);
    let Claim::Ours(again) = attempt.claim().unwrap() else {
        panic!("free again")
    };
    assert_eq!(
        word(attempt.claim()),
        "live",
        "a claim is a lock like the first one"
    );
    drop(again);
    assert_eq!(word(attempt.claim()), "ours");
    remove_tree(attempt.root()).unwrap();
    assert_eq!(word(attempt.claim()), "gone");
}

#[test]
fn everything_in_it_is_private_and_where_it_should_be() {
    let (_dir, home, attempt) = case();
    let _held = attempt.create(&home, &record()).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dirs = attempt.agent_dirs();
    // The agent's program is let in whoever it is; nobody else gets as far as there.
    let rows = [
        (attempt.root(), 0o700),
        (&dirs.workspace, 0o700),
        (&dirs.input, 0o755),
        (&dirs.agent_home, 0o777),
    ];
    for (dir, expected) in rows {
        assert_eq!(mode(dir), expected, "{}", dir.display());
        assert!(dir.starts_with(home.attempts_dir()));
    }
    assert_eq!(mode(&attempt.root().join("lock")), 0o600);
    assert_eq!(mode(&attempt.root().join("attempt.json")), 0o600);
    assert_eq!(attempt.record().unwrap(), record());
}

#[test]
fn a_record_that_is_missing_or_broken_is_an_error() {
    let (_dir, home, attempt) = case();
    assert!(attempt.record().is_err());
    let _held = attempt.create(&home, &record()).unwrap();
    fs::write(attempt.root().join("attempt.json"), "{\"task_id\":").unwrap();
    assert!(attempt.record().is_err());
}

#[test]
fn working_files_go_and_evidence_stays() {
    let (_dir, home, attempt) = case();
    let _held = attempt.create(&home, &record()).unwrap();
    let dirs = attempt.agent_dirs();
    fs::create_dir_all(dirs.workspace.join("closed/deep")).unwrap();
    fs::write(dirs.workspace.join("closed/deep/f"), "x").unwrap();
    fs::set_permissions(
        dirs.workspace.join("closed"),
        fs::Permissions::from_mode(0o000),
    )
    .unwrap();
    for kept in [
        attempt.patch(),
        attempt.events(),
        attempt.transcript(),
        attempt.result(),
    ] {
        write_private(&kept, b"x").unwrap();
    }
    attempt.remove_working_files().unwrap();
    attempt.remove_working_files().unwrap();
    let mut left: Vec<_> = fs::read_dir(attempt.root())
        .unwrap()
        .map(|f| f.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "attempt.json",
            "change.patch",
            "events.jsonl",
            "lock",
            "result.json",
            "transcript.log"
        ]
    );
}

#[test]
fn a_private_file_is_replaced_whole() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("a.json");
    write_private(&path, b"a long first text").unwrap();
    write_private(&path, b"short").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"short");
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
