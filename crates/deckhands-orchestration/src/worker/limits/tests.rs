//! What an attempt takes of the disk, and when a bound is reached.

use std::fs::{self, File};
use std::os::unix::fs::symlink;

use deckhands_runtime::test_util::{FakeRuntime, Script, bare_spec};
use tokio::time::Instant;

use super::*;

fn guard(dir: &Path, disk: ByteSize) -> Guard {
    Guard {
        dirs: vec![dir.to_owned()],
        before: Taken::default(),
        disk,
        processes: 8,
    }
}

#[tokio::test]
async fn blocks_count_and_not_lengths_and_links_lead_nowhere() {
    let dir = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("large"), vec![1; 1 << 20]).unwrap();
    symlink(elsewhere.path(), dir.path().join("out")).unwrap();
    // A hole takes no space.
    let sparse = File::create(dir.path().join("sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    fs::create_dir(dir.path().join("below")).unwrap();
    fs::write(dir.path().join("below/file"), vec![1; 300 << 10]).unwrap();
    let taken = measured(&[dir.path().to_owned()]).await.unwrap();
    assert_eq!(taken.files, 4);
    let range = (300 << 10)..(400 << 10);
    assert!(range.contains(&taken.bytes), "{taken:?}");
}

#[tokio::test]
async fn what_was_there_before_does_not_count() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a"), vec![1; 2 << 20]).unwrap();
    let mut guard = guard(dir.path(), ByteSize::mebibytes(1));
    let (by, seen) = guard.disk_breach().await.unwrap();
    assert_eq!(by, EndedBy::DiskLimit);
    assert!(seen.contains("1m allowed"), "{seen}");
    guard.before = measured(&guard.dirs).await.unwrap();
    assert_eq!(guard.disk_breach().await, None);
}

#[tokio::test]
async fn many_small_files_are_much() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard(dir.path(), ByteSize::mebibytes(1));
    for number in 0..64 {
        File::create(dir.path().join(number.to_string())).unwrap();
    }
    assert_eq!(guard.disk_breach().await, None);
    File::create(dir.path().join("one more")).unwrap();
    let (by, seen) = guard.disk_breach().await.unwrap();
    assert_eq!(by, EndedBy::DiskLimit);
    assert_eq!(seen, "65 files made, 64 allowed");
}

#[tokio::test]
async fn the_host_keeps_what_others_need() {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard(dir.path(), ByteSize::mebibytes(1));
    assert_eq!(guard.host_breach(ByteSize::bytes(0)), None);
    let (by, seen) = guard.host_breach(ByteSize::bytes(u64::MAX)).unwrap();
    assert_eq!(by, EndedBy::HostDiskFull);
    assert!(seen.ends_with("free on the host"), "{seen}");
}

/// When a sandbox with this script has reached a bound, within a minute.
async fn breach_of(sandbox: Script) -> Option<Duration> {
    let dir = tempfile::tempdir().unwrap();
    let guard = guard(dir.path(), ByteSize::mebibytes(1));
    let image = "sandbox:1".parse().unwrap();
    let runtime = FakeRuntime::new().image(&image).next(sandbox);
    let id = runtime.create(&bare_spec("a", image)).await.unwrap();
    runtime.start(&id).await.unwrap();
    let begun = Instant::now();
    let breach = timeout(Duration::from_secs(60), guard.breach(&runtime, &id)).await;
    let (by, seen) = breach.ok()?;
    let expected = "8 processes, as many as it may have";
    assert_eq!((by, seen.as_str()), (EndedBy::ProcessLimit, expected));
    Some(begun.elapsed())
}

#[tokio::test(start_paused = true)]
async fn all_processes_are_used_up_at_the_second_look_in_a_row() {
    let at = Duration::from_millis;
    let script = Script::new;
    let rows = [
        (script().processes(at(500), 8), Some(2)),
        (script().processes(at(500), 9), Some(2)),
        (script().processes(at(500), 7), None),
        (script().processes(at(500), 8).processes(at(1000), 7), None),
        (
            script()
                .processes(at(500), 8)
                .processes(at(1000), 7)
                .processes(at(1000), 8),
            Some(4),
        ),
    ];
    for (row, (script, expected)) in rows.into_iter().enumerate() {
        let took = breach_of(script.hang()).await;
        assert_eq!(took.map(|took| took.as_secs()), expected, "row {row}");
    }
    // Of one that has ended there is no reading.
    let ended = script().processes(at(500), 8).exit(at(1000), 0);
    assert_eq!(breach_of(ended).await, None);
}
