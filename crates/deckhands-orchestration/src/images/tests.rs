//! Images: pulled where missing, required to stay what they were.

use deckhands_runtime::test_util::FakeRuntime;
use deckhands_runtime::{Operation, RuntimeErrorKind};
use tempfile::TempDir;

use super::*;
use crate::clock::SystemIds;
use crate::observer::Silent;

fn image() -> ImageRef {
    "app:1".parse().unwrap()
}

fn home() -> (TempDir, Home) {
    let dir = TempDir::new().unwrap();
    let home = Home::open(dir.path(), &SystemIds).unwrap();
    (dir, home)
}

async fn ensured(runtime: FakeRuntime, home: &Home) -> Result<ImageReport, RunFailure> {
    ensure(
        &Ports::of(runtime),
        home,
        &image(),
        Duration::from_secs(600),
        &Silent,
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn what_is_there_is_taken_and_written_down() {
    let (_dir, home) = home();
    let report = ensured(FakeRuntime::new().image(&image()), &home)
        .await
        .unwrap();
    assert_eq!(report.reference, image());
    let known: BTreeMap<ImageRef, ImageDigest> =
        serde_json::from_slice(&fs::read(lock_path(&home)).unwrap()).unwrap();
    assert_eq!(known, [(image(), report.digest.clone())].into());
    assert_eq!(by_digest(&report).as_str(), report.digest.as_str());
    assert_eq!(
        ensured(FakeRuntime::new().image(&image()), &home)
            .await
            .unwrap(),
        report
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_pulled() {
    let (_dir, home) = home();
    let runtime = FakeRuntime::new().pullable(&image());
    let report = ensured(runtime.clone(), &home).await.unwrap();
    assert_eq!(
        ensured(runtime, &home).await.unwrap(),
        report,
        "it is there now"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_had_says_why() {
    let slow = Duration::from_secs(601);
    let rows = [
        (FakeRuntime::new(), Cause::ImageMissing),
        (
            FakeRuntime::new()
                .pullable(&image())
                .slow_next(Operation::Pull, slow),
            Cause::PullTimeout,
        ),
        (
            FakeRuntime::new()
                .pullable(&image())
                .fail_next(Operation::Pull, RuntimeErrorKind::Exhausted),
            Cause::HostDiskFull,
        ),
        (
            FakeRuntime::new().fail_next(Operation::Inspect, RuntimeErrorKind::Unreachable),
            Cause::DaemonUnreachable,
        ),
    ];
    for (runtime, cause) in rows {
        let (_dir, home) = home();
        let failure = ensured(runtime, &home).await.unwrap_err();
        assert_eq!(failure.cause, cause, "{failure:?}");
        assert_eq!(failure.report().code, 3);
        assert!(
            !lock_path(&home).exists(),
            "nothing is written down for what is not there"
        );
    }
}

#[test]
fn a_late_pull_tells_how_far_it_came_and_what_helps() {
    let rows = [
        (0, 0, "no layer had begun"),
        (3, 40, "3 of 40 MiB had come"),
    ];
    for (done, total, words) in rows {
        let here = PullProgress {
            done: ByteSize::mebibytes(done),
            total: ByteSize::mebibytes(total),
        };
        let failure = late(&image(), Duration::from_secs(90), here);
        assert_eq!(failure.cause, Cause::PullTimeout);
        assert_eq!(failure.message, "pulling `app:1` took longer than 90 s");
        assert!(failure.causes[0].contains(words), "{failure:?}");
        let hint = failure.hint.unwrap();
        assert!(hint.contains("`docker pull app:1`"), "{hint}");
        assert!(hint.contains("DECKHANDS_PULL_TIMEOUT"), "{hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_refuses_wants_a_login() {
    let (_dir, home) = home();
    let runtime = FakeRuntime::new().fail_next(Operation::Pull, RuntimeErrorKind::Denied);
    let failure = ensured(runtime, &home).await.unwrap_err();
    assert_eq!(failure.cause, Cause::ImageMissing);
    let hint = failure.hint.unwrap();
    assert!(
        hint.contains("`docker login`") && hint.contains("`docker pull app:1`"),
        "{hint}"
    );
}

#[test]
fn a_login_is_at_the_registry_of_the_name() {
    let rows = [
        ("app:1", "`docker login`"),
        ("group/app:1", "`docker login`"),
        ("ghcr.io/group/app:1", "`docker login ghcr.io`"),
        ("127.0.0.1:5000/app:1", "`docker login 127.0.0.1:5000`"),
        ("localhost/app@sha256:00", "`docker login localhost`"),
    ];
    for (image, login) in rows {
        let hint = login_hint(&image.parse().unwrap());
        assert!(hint.contains(login), "{hint}");
        assert!(hint.ends_with(&format!("`docker pull {image}`")), "{hint}");
    }
}

#[test]
fn what_is_no_refusal_of_a_registry_keeps_its_meaning() {
    use RuntimeErrorKind::{Denied, ImageUnavailable, InvalidSpec, Unreachable};
    let rows = [
        // The socket itself: there are no words of a daemon.
        (Operation::Pull, Denied, None, Cause::PermissionDenied),
        (
            Operation::Inspect,
            Denied,
            Some("authorization plugin"),
            Cause::PermissionDenied,
        ),
        (
            Operation::Pull,
            ImageUnavailable,
            Some("manifest unknown"),
            Cause::ImageMissing,
        ),
        (Operation::Pull, Unreachable, None, Cause::DaemonUnreachable),
        (
            Operation::Inspect,
            InvalidSpec,
            Some("invalid reference format"),
            Cause::BadInput,
        ),
        (
            Operation::Pull,
            InvalidSpec,
            Some("invalid reference format"),
            Cause::BadInput,
        ),
    ];
    for (operation, kind, words, cause) in rows {
        let mut error = RuntimeError::new(operation, "app:1", kind);
        error.message = words.map(str::to_owned);
        let failure = failure(&image(), &error);
        assert_eq!(failure.cause, cause, "{error}");
        let hint = failure.hint.unwrap_or_default();
        assert!(!hint.contains("login"), "{error}: {hint}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_image_that_changed_its_meaning_is_refused_with_the_way_out() {
    let (_dir, home) = home();
    let before: ImageDigest = format!("sha256:{}", "0".repeat(64)).parse().unwrap();
    let known = BTreeMap::from([(image(), before.clone())]);
    fs::write(lock_path(&home), serde_json::to_vec(&known).unwrap()).unwrap();
    let failure = ensured(FakeRuntime::new().image(&image()), &home)
        .await
        .unwrap_err();
    assert_eq!(failure.cause, Cause::ImageMissing);
    assert!(
        failure.message.starts_with("`app:1` is sha256:")
            && failure.message.ends_with(before.as_str())
    );
    let place = lock_path(&home).display().to_string();
    assert!(failure.hint.is_some_and(|hint| hint.contains(&place)));
    fs::remove_file(lock_path(&home)).unwrap();
    assert!(
        ensured(FakeRuntime::new().image(&image()), &home)
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_broken_list_of_images_is_told_and_not_overwritten() {
    let (_dir, home) = home();
    fs::write(lock_path(&home), "{").unwrap();
    let failure = ensured(FakeRuntime::new().image(&image()), &home)
        .await
        .unwrap_err();
    assert!(failure.message.contains("images.json"), "{failure:?}");
    assert_eq!(fs::read(lock_path(&home)).unwrap(), b"{");
}
