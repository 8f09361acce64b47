//! The whole container of a request, and the paths that are refused.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use deckhands_model::{AttemptId, AttemptNumber, ByteSize, Limits, ModelId, TaskId};
use deckhands_runtime::{Labels, Mount, MountAccess, NetworkMode, UserSpec};

use super::launch;
use crate::adapter::{AgentDirs, ApiKey, Launch, LaunchError, LaunchRequest, Retry, SocketAccess};

fn request() -> LaunchRequest {
    LaunchRequest {
        attempt: AttemptId {
            task: TaskId::from_random([0xab; 16]),
            number: AttemptNumber::FIRST,
        },
        model: ModelId::resolve("deepseek-v3").unwrap(),
        api_key: Some(ApiKey::new("canary-key-0001")),
        base_url: None,
        app_image: "app:1".parse().unwrap(),
        sandbox_image: "sandbox:1".parse().unwrap(),
        limits: Limits::default(),
        dirs: AgentDirs {
            workspace: PathBuf::from("/srv/a/workspace"),
            agent_home: PathBuf::from("/srv/a/home"),
            input: PathBuf::from("/srv/a/input"),
        },
        socket: SocketAccess {
            socket: PathBuf::from("/run/docker.sock"),
            bridge: IpAddr::V4(Ipv4Addr::new(172, 17, 0, 1)),
        },
        retry: Retry::default(),
        labels: Labels::from([("managed-by".to_owned(), "deckhands".to_owned())]),
    }
}

fn variable(launch: &Launch, name: &str) -> Option<String> {
    let found: Vec<_> = launch
        .app
        .env
        .iter()
        .filter(|(key, _)| key == name)
        .collect();
    assert!(found.len() < 2, "{name} is given twice");
    found.first().map(|(_, value)| value.expose().to_owned())
}

#[test]
fn the_environment_is_exactly_this() {
    let launch = launch(&LaunchRequest {
        base_url: Some("http://h:1/v1".to_owned()),
        ..request()
    })
    .unwrap();
    let rows = [
        ("AGENT_ENABLE_BROWSING", "false"),
        ("AGENT_ENABLE_MCP", "false"),
        ("ENABLE_BROWSER", "false"),
        ("FILE_STORE", "local"),
        ("FILE_STORE_PATH", "/.openhands"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LLM_API_KEY", "canary-key-0001"),
        ("LLM_BASE_URL", "http://h:1/v1"),
        ("LLM_MODEL", "openrouter/deepseek/deepseek-chat-v3.1:free"),
        ("LLM_NUM_RETRIES", "2"),
        ("LLM_RETRY_MAX_WAIT", "5"),
        ("LLM_RETRY_MIN_WAIT", "2"),
        ("LLM_TIMEOUT", "60"),
        ("LOG_ALL_EVENTS", "true"),
        ("LOG_JSON", "true"),
        ("LOG_LEVEL", "INFO"),
        ("MAX_ITERATIONS", "100"),
        ("RUNTIME", "docker"),
        (
            "SANDBOX_DOCKER_RUNTIME_KWARGS",
            "{'labels': {'deckhands.role': 'sandbox', 'managed-by': 'deckhands'}, \
             'mem_limit': 4294967296, 'memswap_limit': 4294967296, 'nano_cpus': 2000000000, \
             'pids_limit': 1024}",
        ),
        ("SANDBOX_LOCAL_RUNTIME_URL", "http://host.docker.internal"),
        ("SANDBOX_RUNTIME_BINDING_ADDRESS", "172.17.0.1"),
        ("SANDBOX_RUNTIME_CONTAINER_IMAGE", "sandbox:1"),
        ("SANDBOX_USER_ID", "0"),
        ("SANDBOX_VOLUMES", "/srv/a/workspace:/workspace:rw"),
    ];
    for (name, value) in rows {
        assert_eq!(variable(&launch, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(launch.app.env.len(), rows.len());
}

#[test]
fn what_is_not_given_is_not_set() {
    let launch = launch(&LaunchRequest {
        api_key: None,
        ..request()
    })
    .unwrap();
    assert_eq!(variable(&launch, "LLM_API_KEY"), None);
    assert_eq!(variable(&launch, "LLM_BASE_URL"), None);
}

#[test]
fn the_key_is_in_the_environment_and_nowhere_else() {
    let launch = launch(&request()).unwrap();
    assert!(!format!("{launch:?}").contains("canary-key-0001"));
    assert!(!launch.app.command.concat().contains("canary"));
    assert_eq!(
        variable(&launch, "LLM_API_KEY").as_deref(),
        Some("canary-key-0001")
    );
}

#[test]
fn the_command_and_the_names_carry_the_attempt() {
    let request = request();
    let Launch {
        app,
        sandbox,
        store,
    } = launch(&request).unwrap();
    assert_eq!(app.name.0, request.attempt.object_name("app"));
    let session = request.attempt.session_name();
    let task = "/deckhands/input/task.md";
    let command = [
        "python",
        "-m",
        "openhands.core.main",
        "-f",
        task,
        "-n",
        session.as_str(),
    ];
    assert_eq!(app.command, command);
    let id = sandbox.0.strip_prefix("openhands-runtime-").unwrap();
    assert_eq!((id.len(), &id[..16]), (32, &session[..16]));
    assert_eq!(store.dir, PathBuf::from(format!("sessions/{id}/events")));
}

#[test]
fn the_app_sees_three_directories() {
    let app = launch(&request()).unwrap().app;
    let mount = |m: &Mount| (m.source.clone(), m.target.clone(), m.access);
    let row = |source: &str, target: &str, access| (source.into(), target.to_owned(), access);
    let expected = [
        row(
            "/run/docker.sock",
            "/var/run/docker.sock",
            MountAccess::ReadWrite,
        ),
        row("/srv/a/home", "/.openhands", MountAccess::ReadWrite),
        row("/srv/a/input", "/deckhands/input", MountAccess::ReadOnly),
    ];
    assert_eq!(app.mounts.iter().map(mount).collect::<Vec<_>>(), expected);
}

#[test]
fn the_app_has_few_rights() {
    let app = launch(&request()).unwrap().app;
    let host = (app.hosts[0].name.as_str(), app.hosts[0].address.as_str());
    assert_eq!(host, ("host.docker.internal", "host-gateway"));
    assert_eq!(
        (app.network, app.user),
        (NetworkMode::Bridge, UserSpec::Image)
    );
    assert_eq!((app.entrypoint, app.working_dir), (None, None));
    assert_eq!(app.labels["deckhands.role"], "app");
    assert_eq!(app.labels["managed-by"], "deckhands");
    assert_eq!(app.limits.memory, Some(ByteSize::gibibytes(1)));
    assert_eq!(
        (app.limits.processes, app.limits.milli_cpus),
        (Some(256), Some(1000))
    );
    assert!(app.hardening.drop_capabilities && app.hardening.no_new_privileges);
    assert!(app.hardening.read_only_root && app.hardening.init);
}

#[test]
fn waits_are_whole_seconds_and_never_none() {
    use std::time::Duration;
    let retry = Retry {
        attempts: 0,
        min_wait: Duration::from_millis(1),
        max_wait: Duration::from_millis(1500),
        timeout: Duration::ZERO,
    };
    let launch = launch(&LaunchRequest { retry, ..request() }).unwrap();
    let rows = [
        ("LLM_NUM_RETRIES", "1"),
        ("LLM_RETRY_MIN_WAIT", "1"),
        ("LLM_RETRY_MAX_WAIT", "2"),
        ("LLM_TIMEOUT", "1"),
    ];
    for (name, value) in rows {
        assert_eq!(variable(&launch, name).as_deref(), Some(value), "{name}");
    }
}

/// A request in which one path is replaced.
type Replace = fn(&mut LaunchRequest, PathBuf);

#[test]
fn paths_that_would_be_misread_are_refused() {
    let workspace: Replace = |request, path| request.dirs.workspace = path;
    let home: Replace = |request, path| request.dirs.agent_home = path;
    let input: Replace = |request, path| request.dirs.input = path;
    let socket: Replace = |request, path| request.socket.socket = path;
    let unusable = |path: &str, character| {
        Some(LaunchError::UnusablePath {
            path: path.to_owned(),
            character,
        })
    };
    let bad = |path: &str| {
        Some(LaunchError::BadPath {
            path: path.to_owned(),
        })
    };
    let rows: [(Replace, &str, Option<LaunchError>); 8] = [
        (workspace, "/srv/a,b", unusable("/srv/a,b", ',')),
        (workspace, "/srv/a:b", unusable("/srv/a:b", ':')),
        (workspace, "srv/a", bad("srv/a")),
        (workspace, "/srv/with space 'and quotes\"", None),
        (home, "home", bad("home")),
        (home, "/srv/a,b:c", None),
        (input, "/srv/\0", bad("/srv/\\0")),
        (socket, "docker.sock", bad("docker.sock")),
    ];
    for (replace, path, expected) in rows {
        let mut request = request();
        replace(&mut request, PathBuf::from(path));
        assert_eq!(launch(&request).err(), expected, "{path:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_utf8_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let mut request = request();
    request.dirs.workspace = PathBuf::from(std::ffi::OsString::from_vec(b"/srv/\xff".to_vec()));
    assert!(matches!(launch(&request), Err(LaunchError::BadPath { .. })));
}
