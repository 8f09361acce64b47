//! What is kept comes back, and what is none of it is told as damaged.

use deckhands_model::{AttemptNumber, SecretHash, TaskId};
use tempfile::TempDir;

use super::*;

fn dir(root: &TempDir) -> AttemptDir {
    AttemptDir::at(root.path().to_owned())
}

fn made() -> Made {
    Made {
        version: Made::VERSION,
        model: ModelId::resolve("openai/m").unwrap(),
        keys: Some(KeptKeys {
            token: SecretHash::of("token"),
            api: Some(KeptApiKeys {
                runtime: SecretHash::of("key"),
                session: "session-key".to_owned(),
            }),
        }),
        session: "sid".to_owned(),
        sandbox: "sandbox".to_owned(),
        app: "0123".to_owned(),
        store: "sessions/sid/events".into(),
        disk: Taken { bytes: 1, files: 2 },
    }
}

fn begun() -> Begun {
    let image = |name: &str| ImageReport {
        reference: name.parse().unwrap(),
        digest: format!("sha256:{}", "0".repeat(64)).parse().unwrap(),
    };
    Begun {
        started_at: now(),
        timings: Timings {
            copy_s: 1.5,
            ..Timings::default()
        },
        images: (image("app:1"), image("sandbox:1")),
        versions: Versions::default(),
        notes: vec!["left out of the copy: `x`".to_owned()],
    }
}

fn now() -> Timestamp {
    "2026-01-01T00:00:00.25Z".parse().unwrap()
}

fn kept() -> TempDir {
    let root = TempDir::new().unwrap();
    keep_baseline(&dir(&root), &Manifest::default()).unwrap();
    keep_begun(&dir(&root), &begun()).unwrap();
    keep_made(&dir(&root), &made(), now()).unwrap();
    root
}

#[test]
fn all_of_it_comes_back() {
    let root = kept();
    let first = Kept::read(&dir(&root)).unwrap();
    assert!(first.made == made());
    assert_eq!(first.begun, begun());
    assert_eq!(first.before, Manifest::default());
    assert_eq!(first.pulse.measured, Measured::default());
    let later = Pulse {
        at: now(),
        paused: true,
        acting: true,
        measured: Measured {
            begun: true,
            start: Duration::from_millis(9100),
            work: Duration::from_secs(20),
            wait: Duration::from_secs(3),
        },
    };
    keep_pulse(&dir(&root), &later).unwrap();
    assert_eq!(Kept::read(&dir(&root)).unwrap().pulse, later);
}

#[test]
fn only_the_owner_reads_it_and_no_secret_of_ours_is_in_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = kept();
    for item in fs::read_dir(dir(&root).adoption()).unwrap() {
        let path = item.unwrap().path();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        let text = fs::read_to_string(&path).unwrap();
        for secret in ["\"token\":\"token\"", "\"runtime\":\"key\""] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[test]
fn without_a_pulse_the_app_was_never_started() {
    let root = kept();
    fs::remove_file(dir(&root).adoption().join(PULSE)).unwrap();
    let read = Kept::read(&dir(&root)).err().unwrap();
    assert!(matches!(read, NotAdoptable::NotBegun), "{read:?}");
}

#[test]
fn what_is_none_of_it_is_damaged() {
    let outside = serde_json::to_string(&Made {
        store: "../../else".into(),
        ..made()
    });
    let newer = serde_json::to_string(&Made {
        version: Made::VERSION + 1,
        ..made()
    });
    let rows = [
        (PULSE, "{".to_owned()),
        (BEGUN, "{}".to_owned()),
        (MADE, "[]".to_owned()),
        (MADE, outside.unwrap()),
        (MADE, newer.unwrap()),
        (MANIFEST, "{}".to_owned()),
        (MADE, " ".repeat(5 << 20)),
    ];
    for (name, text) in rows {
        let root = kept();
        fs::write(dir(&root).adoption().join(name), &text).unwrap();
        let read = Kept::read(&dir(&root)).err().unwrap();
        let shown = &text[..text.len().min(80)];
        assert!(
            matches!(read, NotAdoptable::Damaged { .. }),
            "{name} {shown}: {read:?}"
        );
        assert!(!read.may_pass());
    }
}

#[test]
fn it_goes_with_the_working_files() {
    let root = TempDir::new().unwrap();
    let task = TaskId::from_random([1; 16]);
    let number = AttemptNumber::FIRST;
    let place = root.path().join(task.to_string()).join(number.to_string());
    fs::create_dir_all(&place).unwrap();
    let dir = AttemptDir::at(place);
    keep_baseline(&dir, &Manifest::default()).unwrap();
    assert!(dir.adoption().exists());
    dir.remove_working_files().unwrap();
    assert!(!dir.adoption().exists());
}
