//! Which daemon is meant, row by row.

use std::fs;
use std::path::Path;

use super::{ConnectOptions, Endpoint, EndpointErrorKind as Kind, EndpointOrigin as Origin};

const SHA256_OF_LAB: &str = "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7";

fn options(host: &str, context: &str, dir: Option<&Path>) -> ConnectOptions {
    let said = |text: &str| (text != "-").then(|| text.to_owned());
    ConnectOptions {
        docker_host: said(host),
        docker_context: said(context),
        docker_config_dir: dir.map(Path::to_owned),
    }
}

/// A configuration directory whose current context is `current`, with one context `lab`.
fn config_dir(current: &str, lab: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("config.json"), current).unwrap();
    let meta = dir.path().join("contexts/meta").join(SHA256_OF_LAB);
    fs::create_dir_all(&meta).unwrap();
    fs::write(meta.join("meta.json"), lab).unwrap();
    dir
}

const LAB: &str = r#"{"Name":"lab","Metadata":{},
    "Endpoints":{"docker":{"Host":"unix:///lab.sock","SkipTLSVerify":false}}}"#;

#[test]
fn first_that_says_something_wins() {
    let current_lab = r#"{"auths":{},"currentContext":"lab"}"#;
    let rows = [
        // DOCKER_HOST, DOCKER_CONTEXT, config.json, what is meant
        ("unix:///host.sock", "lab", current_lab, "unix:///host.sock"),
        (
            "unix:///host.sock",
            "missing",
            current_lab,
            "unix:///host.sock",
        ),
        ("-", "lab", "{}", "unix:///lab.sock"),
        ("", "lab", "{}", "unix:///lab.sock"),
        ("-", "default", current_lab, "unix:///var/run/docker.sock"),
        ("-", "-", current_lab, "unix:///lab.sock"),
        ("-", "", current_lab, "unix:///lab.sock"),
        (
            "-",
            "-",
            r#"{"currentContext":"default"}"#,
            "unix:///var/run/docker.sock",
        ),
        (
            "-",
            "-",
            r#"{"currentContext":""}"#,
            "unix:///var/run/docker.sock",
        ),
        ("-", "-", "{}", "unix:///var/run/docker.sock"),
    ];
    for (host, context, config, expected) in rows {
        let dir = config_dir(config, LAB);
        let endpoint = Endpoint::resolve(&options(host, context, Some(dir.path()))).unwrap();
        assert_eq!(endpoint.to_string(), expected, "{host} {context} {config}");
    }
}

#[test]
fn nothing_said_is_the_default_socket() {
    let empty = tempfile::tempdir().unwrap();
    for dir in [None, Some(empty.path())] {
        let endpoint = Endpoint::resolve(&options("-", "-", dir)).unwrap();
        assert_eq!(
            endpoint.socket_path(),
            Some(Path::new("/var/run/docker.sock"))
        );
    }
}

#[test]
fn addresses() {
    let malformed = |text: &str| Err(Kind::Malformed(text.to_owned()));
    let unsupported = |scheme: &str| Err(Kind::UnsupportedScheme(scheme.to_owned()));
    let rows = [
        ("unix:///run/docker.sock", Ok("unix:///run/docker.sock")),
        ("tcp://10.0.0.5:2376", Ok("tcp://10.0.0.5:2376")),
        ("tcp://build-1.example", Ok("tcp://build-1.example:2375")),
        ("tcp://[::1]:2375/", Ok("tcp://[::1]:2375")),
        ("tcp://[::1]", Ok("tcp://[::1]:2375")),
        ("http://localhost:80", Ok("tcp://localhost:80")),
        ("ssh://user@host", unsupported("ssh")),
        ("https://host:2376", unsupported("https")),
        ("npipe:////./pipe/docker_engine", unsupported("npipe")),
        ("unix://relative.sock", malformed("unix://relative.sock")),
        ("unix://", malformed("unix://")),
        ("/var/run/docker.sock", malformed("/var/run/docker.sock")),
        ("tcp://", malformed("tcp://")),
        ("tcp://host:port", malformed("tcp://host:port")),
        ("tcp://host:2375/base", malformed("tcp://host:2375/base")),
        (
            "tcp://user:secret@host:1",
            malformed("tcp://user:secret@host:1"),
        ),
    ];
    for (host, expected) in rows {
        let result = Endpoint::resolve(&options(host, "-", None));
        let result = result
            .map(|endpoint| endpoint.to_string())
            .map_err(|error| {
                assert_eq!(error.origin, Origin::DockerHost);
                error.kind
            });
        assert_eq!(result, expected.map(str::to_owned), "{host}");
    }
}

#[test]
fn bad_contexts_are_refused() {
    let dir = config_dir("{}", LAB);
    let error = Endpoint::resolve(&options("-", "gone", Some(dir.path()))).unwrap_err();
    assert_eq!(error.origin, Origin::DockerContext("gone".to_owned()));
    assert!(matches!(&error.kind, Kind::UnknownContext(file) if file.starts_with(dir.path())));
    let text = error.to_string();
    assert!(
        text.starts_with("find the Docker daemon by `DOCKER_CONTEXT=gone`: no such"),
        "{text}"
    );

    let error = Endpoint::resolve(&options("-", "lab", None)).unwrap_err();
    assert!(
        matches!(error.kind, Kind::UnknownContext(_)),
        "no directory at all: {error}"
    );
}

#[test]
fn bad_files_are_refused() {
    let current = r#"{"currentContext":"lab"}"#;
    let lab = Origin::CurrentContext("lab".to_owned());
    let rows = [
        (
            current,
            r#"{"Endpoints":{}}"#,
            &lab,
            "names no Docker endpoint",
        ),
        (
            current,
            r#"{"Endpoints":{"docker":{"Host":""}}}"#,
            &lab,
            "names no Docker endpoint",
        ),
        (current, "{", &lab, "is not as expected"),
        (
            current,
            r#"{"Endpoints":{"docker":{"Host":"ssh://a"}}}"#,
            &lab,
            "`ssh://` is not",
        ),
        (
            "[",
            LAB,
            &Origin::ConfigFile,
            "config.json` is not as expected",
        ),
        (
            r#"{"currentContext":7}"#,
            LAB,
            &Origin::ConfigFile,
            "is not as expected",
        ),
    ];
    for (config, context, origin, words) in rows {
        let dir = config_dir(config, context);
        let error = Endpoint::resolve(&options("-", "-", Some(dir.path()))).unwrap_err();
        assert_eq!(&error.origin, origin, "{config} {context}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn unreadable_file_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("config.json")).unwrap();
    let error = Endpoint::resolve(&options("-", "-", Some(dir.path()))).unwrap_err();
    assert_eq!(error.kind, Kind::Unreadable(dir.path().join("config.json")));
    assert!(
        std::error::Error::source(&error).is_some(),
        "the cause is kept"
    );
}
