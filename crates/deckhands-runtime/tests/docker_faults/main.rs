//! What the Docker runtime makes of a daemon that is missing, dies in the middle or answers oddly.
//! The daemon here is a unix socket with answers laid down; no Docker is needed.

mod canned;

use deckhands_runtime::RuntimeErrorKind::{Denied, Protocol, Unreachable};
use deckhands_runtime::docker::{ConnectError, ConnectOptions, DockerRuntime};
use deckhands_runtime::{ContainerId, Containers as _, Images as _, Removal};
use futures::StreamExt as _;
use tokio::time::Instant;

use canned::Daemon;

const RUNNING: &str = r#"{"Id":"c","Name":"/c","State":{"Status":"running","ExitCode":0}}"#;
const EXITED: &str = r#"{"Id":"c","Name":"/c","State":{"Status":"exited","ExitCode":9}}"#;

fn id() -> ContainerId {
    ContainerId("c".to_owned())
}

async fn connect(socket: &std::path::Path) -> Result<DockerRuntime, ConnectError> {
    let docker_host = Some(format!("unix://{}", socket.display()));
    DockerRuntime::connect(&ConnectOptions {
        docker_host,
        ..ConnectOptions::default()
    })
    .await
}

#[tokio::test]
async fn no_socket() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    let error = connect(&socket).await.unwrap_err();
    assert_eq!(error.kind(), Unreachable);
    let expected = format!(
        "ask the Docker daemon at unix://{}: no answer: the socket does not exist",
        socket.display()
    );
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn nobody_behind_the_socket() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("docker.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert_eq!(connect(&socket).await.unwrap_err().kind(), Unreachable);
}

#[tokio::test]
async fn something_else_behind_the_socket() {
    let rows = [
        (Vec::new(), Unreachable),
        (canned::json(404, "page not found"), Protocol),
        (canned::json(200, "hello"), Protocol),
        (canned::json(200, r#"{"ApiVersion":"new"}"#), Protocol),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"Api".to_vec(),
            Unreachable,
        ),
    ];
    for (answer, kind) in rows {
        let daemon = Daemon::new().answer("GET /version", answer.clone());
        let error = connect(&daemon.socket()).await.unwrap_err();
        assert_eq!(
            error.kind(),
            kind,
            "{} {error}",
            String::from_utf8_lossy(&answer)
        );
    }
}

/// The clock stands still but for what is waited for, so it tells how long that is.
#[tokio::test(start_paused = true)]
async fn a_daemon_that_does_not_answer_is_not_waited_for_without_end() {
    let started = Instant::now();
    let daemon = Daemon::new().hang("GET /version");
    let error = connect(&daemon.socket()).await.unwrap_err();
    assert_eq!(error.kind(), Unreachable);
    assert_eq!(started.elapsed().as_secs(), 20);

    let daemon = Daemon::new().alive().hang("GET /containers/c/archive");
    let runtime = connect(&daemon.socket()).await.unwrap();
    let started = Instant::now();
    let error = runtime.get_archive(&id(), "/x").await.err().unwrap();
    assert_eq!(error.kind, Unreachable);
    assert_eq!(started.elapsed().as_secs(), 120);
}

#[tokio::test]
async fn waits_that_break_off_are_asked_again() {
    let rows = [
        (canned::stream(r#"{"StatusCode":3}"#), None, Ok(3)),
        (canned::stream(r#"{"StatusCode":0}"#), None, Ok(0)),
        (canned::stream(""), Some(EXITED), Ok(9)),
        (canned::stream(""), Some(RUNNING), Err(Unreachable)),
        (canned::stream(""), None, Err(Unreachable)),
        (
            canned::stream(r#"{"StatusCode":-1,"Error":{"Message":"gone"}}"#),
            Some(EXITED),
            Ok(9),
        ),
        (Vec::new(), None, Err(Unreachable)),
    ];
    for (wait, inspect, expected) in rows {
        let row = format!("{} {inspect:?}", String::from_utf8_lossy(&wait));
        let mut daemon = Daemon::new()
            .alive()
            .answer("POST /containers/c/wait", wait);
        if let Some(state) = inspect {
            daemon = daemon.answer("GET /containers/c/json", canned::json(200, state));
        }
        let runtime = connect(&daemon.socket()).await.unwrap();
        let result = runtime.wait(&id()).await;
        assert_eq!(
            result.map(|status| status.code).map_err(|error| error.kind),
            expected,
            "{row}"
        );
    }
}

#[tokio::test]
async fn daemon_that_dies_in_the_middle_of_output() {
    let attached = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n\
        \x01\0\0\0\0\0\0\x03abc\x02\0\0\0\0\0\0\x01d"
        .to_vec();
    let running = canned::json(200, RUNNING);
    let rows = [
        // After the end of the output: the daemon still answers, or does not.
        (Some(running.clone()), Vec::new()),
        (None, vec![Unreachable]),
    ];
    for (afterwards, expected) in rows {
        let mut daemon = Daemon::new()
            .alive()
            .answer("POST /containers/c/attach", attached.clone())
            .answer("GET /containers/c/json", running.clone());
        if let Some(answer) = afterwards {
            daemon = daemon.answer("GET /containers/c/json", answer);
        }
        let runtime = connect(&daemon.socket()).await.unwrap();
        let items: Vec<_> = runtime.attach(&id()).await.unwrap().collect().await;
        let (chunks, errors): (Vec<_>, Vec<_>) = items.into_iter().partition(Result::is_ok);
        let bytes: Vec<_> = chunks
            .into_iter()
            .map(|chunk| chunk.unwrap().bytes)
            .collect();
        assert_eq!(bytes.concat(), b"abcd", "what came is kept");
        let kinds: Vec<_> = errors
            .into_iter()
            .map(|error| error.unwrap_err().kind)
            .collect();
        assert_eq!(kinds, expected);
    }
}

#[tokio::test]
async fn removal_under_way_is_waited_for() {
    let busy = canned::json(
        409,
        r#"{"message":"removal of container c is already in progress"}"#,
    );
    let rows = [
        (
            canned::json(404, r#"{"message":"No such container: c"}"#),
            Removal::AlreadyGone,
        ),
        (canned::json(204, ""), Removal::Removed),
    ];
    for (last, expected) in rows {
        let daemon = Daemon::new()
            .alive()
            .answer("DELETE /containers/c", busy.clone())
            .answer("DELETE /containers/c", busy.clone())
            .answer("DELETE /containers/c", last);
        let runtime = connect(&daemon.socket()).await.unwrap();
        assert_eq!(runtime.remove(&id()).await.unwrap(), expected);
    }
}

#[tokio::test]
async fn pull_ends_with_its_error() {
    let lines = concat!(
        r#"{"id":"a","status":"Downloading","progressDetail":{"current":5,"total":9}}"#,
        "\n",
        r#"{"error":"denied","errorDetail":{"message":"denied"}}"#,
        "\n",
        r#"{"id":"a","status":"Pull complete"}"#,
        "\n"
    );
    let daemon = Daemon::new()
        .alive()
        .answer("POST /images/create", canned::stream(lines));
    let runtime = connect(&daemon.socket()).await.unwrap();
    let items: Vec<_> = runtime
        .pull(&"x:1".parse().unwrap())
        .await
        .unwrap()
        .collect()
        .await;
    let [Ok(progress), Err(error)] = items.as_slice() else {
        panic!("{items:?}")
    };
    assert_eq!((progress.done.as_u64(), progress.total.as_u64()), (5, 9));
    assert_eq!(
        (error.kind, error.message.as_deref()),
        (Denied, Some("denied"))
    );
}
