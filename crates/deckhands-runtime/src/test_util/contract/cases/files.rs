//! What a container does to the host's files, and reading files out of it.

use std::fs;

use crate::error::RuntimeErrorKind::NotFound;
use crate::spec::MountAccess;
use crate::test_util::contract::bench::Act;
use crate::test_util::contract::case::{Case, kind, untar};

fn write() -> [Act; 1] {
    [Act::Write {
        path: "/data/made/by.txt".to_owned(),
        text: "the container".to_owned(),
    }]
}

pub(super) async fn written_file_is_on_the_host(case: &Case<'_>) {
    let mount = case.data_mount(MountAccess::ReadWrite);
    let mut spec = case.spec("a", &write());
    spec.mounts = vec![mount.clone()];
    let (_, output, status) = case.run(&spec).await;
    assert_eq!((status.code, output.stderr.as_str()), (0, ""));
    let text = fs::read_to_string(mount.source.join("made/by.txt")).ok();
    assert_eq!(text.as_deref(), Some("the container"));
}

pub(super) async fn read_only_mount_cannot_be_written(case: &Case<'_>) {
    let mount = case.data_mount(MountAccess::ReadOnly);
    let mut spec = case.spec("a", &write());
    spec.mounts = vec![mount.clone()];
    let (_, output, status) = case.run(&spec).await;
    assert_ne!(status.code, 0);
    assert!(output.stderr.contains("Read-only"), "{}", output.stderr);
    let entries = fs::read_dir(&mount.source).expect("the directory").count();
    assert_eq!(entries, 0, "nothing was written");
}

pub(super) async fn archive_of_a_created_container(case: &Case<'_>) {
    let mount = case.data_mount(MountAccess::ReadOnly);
    fs::write(mount.source.join("given.txt"), "by the host").expect("write");
    let mut spec = case.spec("a", &[]);
    spec.mounts = vec![mount];
    let id = case.create(&spec).await;
    let stream = case
        .containers()
        .get_archive(&id, "/data/given.txt")
        .await
        .expect("archive");
    assert_eq!(
        untar(stream).await,
        [("given.txt".to_owned(), "by the host".to_owned())]
    );
}

pub(super) async fn archive_of_a_directory(case: &Case<'_>) {
    let mount = case.data_mount(MountAccess::ReadWrite);
    fs::create_dir(mount.source.join("deep")).expect("create");
    fs::write(mount.source.join("deep/file"), "x".repeat(100_000)).expect("write");
    let mut spec = case.spec("a", &write());
    spec.mounts = vec![mount];
    let (id, _, _) = case.run(&spec).await;
    let stream = case
        .containers()
        .get_archive(&id, "/data")
        .await
        .expect("archive");
    let mut files = untar(stream).await;
    files.sort();
    let found: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.len()))
        .collect();
    assert_eq!(
        found,
        [("data/deep/file", 100_000), ("data/made/by.txt", 13)]
    );
}

pub(super) async fn archive_of_nothing_is_not_found(case: &Case<'_>) {
    let mut spec = case.spec("a", &[]);
    spec.mounts = vec![case.data_mount(MountAccess::ReadOnly)];
    let id = case.create(&spec).await;
    assert_eq!(
        kind(case.containers().get_archive(&id, "/data/missing").await),
        NotFound
    );
}
