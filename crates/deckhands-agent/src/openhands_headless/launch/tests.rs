//! The whole container of a request, and the paths that are refused.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use deckhands_model::{AttemptId, AttemptNumber, ByteSize, Limits, ModelId, TaskId};
use deckhands_runtime::{Labels, Mount, MountAccess, NetworkMode, UserSpec};

use super::launch;
use crate::launch::{
    AgentDirs, ApiKey, Launch, LaunchError, LaunchRequest, LauncherAccess, LlmAccess,
    ManagedAccess, Retry, SocketAccess, Walls,
};

fn direct(key: Option<&str>, url: Option<&str>) -> LlmAccess {
    LlmAccess::Direct {
        api_key: key.map(ApiKey::new),
        base_url: url.map(str::to_owned),
    }
}

fn socket(socket: PathBuf) -> Walls {
    Walls::Socket(SocketAccess {
        socket,
        bridge: IpAddr::V4(Ipv4Addr::new(172, 17, 0, 1)),
        launcher: None,
    })
}

fn relayed() -> LlmAccess {
    LlmAccess::Relay {
        token: ApiKey::new("canary-token-02"),
        base_url: "http://127.0.0.1:8079/llm/v1".to_owned(),
        max_output_tokens: 8192,
        native_tools: None,
    }
}

fn launcher() -> LauncherAccess {
    LauncherAccess {
        file: PathBuf::from("/srv/a/launcher/app.py"),
        target: "/deckhands/launcher/app.py".to_owned(),
        way_out: PathBuf::from("/srv/a/way-out"),
        way_out_target: "/deckhands/way-out".to_owned(),
        env: vec![("DECKHANDS_NO_MICROAGENTS".to_owned(), "1".to_owned())],
    }
}

fn managed() -> LaunchRequest {
    LaunchRequest {
        llm: relayed(),
        walls: Walls::Managed(ManagedAccess {
            launcher: launcher(),
            runtime_url: "http://127.0.0.1:8079/api".to_owned(),
            runtime_key: ApiKey::new("canary-runtime-03"),
            user: UserSpec::Ids {
                uid: 1500,
                gid: 1501,
            },
            network: NetworkMode::None,
        }),
        retry: Retry::RELAYED,
        ..request()
    }
}

fn request() -> LaunchRequest {
    LaunchRequest {
        attempt: AttemptId {
            task: TaskId::from_random([0xab; 16]),
            number: AttemptNumber::FIRST,
        },
        model: ModelId::resolve("deepseek-v3").unwrap(),
        llm: direct(Some("canary-key-0001"), None),
        app_image: "app:1".parse().unwrap(),
        sandbox_image: "sandbox:1".parse().unwrap(),
        limits: Limits::default(),
        dirs: AgentDirs {
            workspace: PathBuf::from("/srv/a/workspace"),
            agent_home: PathBuf::from("/srv/a/home"),
            input: PathBuf::from("/srv/a/input"),
        },
        walls: socket("/run/docker.sock".into()),
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
        llm: direct(Some("canary-key-0001"), Some("http://h:1/v1")),
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
        llm: direct(None, None),
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
        session: id,
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
    assert_eq!(sandbox.0, format!("openhands-runtime-{id}"));
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
    let docker: Replace = |request, path| request.walls = socket(path);
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
        (docker, "docker.sock", bad("docker.sock")),
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

#[test]
fn the_environment_of_a_managed_app_is_exactly_this() {
    let launch = launch(&managed()).unwrap();
    let rows = [
        ("AGENT_ENABLE_BROWSING", "false"),
        ("AGENT_ENABLE_MCP", "false"),
        ("DECKHANDS_NO_MICROAGENTS", "1"),
        ("ENABLE_BROWSER", "false"),
        ("FILE_STORE", "local"),
        ("FILE_STORE_PATH", "/.openhands"),
        ("HOME", "/tmp"),
        ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
        ("LLM_API_KEY", "canary-token-02"),
        ("LLM_BASE_URL", "http://127.0.0.1:8079/llm/v1"),
        ("LLM_MAX_OUTPUT_TOKENS", "8192"),
        ("LLM_MODEL", "openai/deepseek/deepseek-chat-v3.1:free"),
        ("LLM_NATIVE_TOOL_CALLING", "false"),
        ("LLM_NUM_RETRIES", "6"),
        ("LLM_RETRY_MAX_WAIT", "15"),
        ("LLM_RETRY_MIN_WAIT", "2"),
        ("LLM_TIMEOUT", "240"),
        ("LOG_ALL_EVENTS", "true"),
        ("LOG_JSON", "true"),
        ("LOG_LEVEL", "INFO"),
        ("MAX_ITERATIONS", "100"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("PYTHONUNBUFFERED", "1"),
        ("RUNTIME", "remote"),
        ("SANDBOX_API_KEY", "canary-runtime-03"),
        (
            "SANDBOX_REMOTE_RUNTIME_API_URL",
            "http://127.0.0.1:8079/api",
        ),
        ("SANDBOX_RUNTIME_CONTAINER_IMAGE", "sandbox:1"),
    ];
    for (name, value) in rows {
        assert_eq!(variable(&launch, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(launch.app.env.len(), rows.len());
    assert!(!format!("{launch:?}").contains("canary"));
}

#[test]
fn a_managed_app_sees_no_docker_and_no_network() {
    let request = managed();
    let Launch { app, sandbox, .. } = launch(&request).unwrap();
    let seen: Vec<_> = app
        .mounts
        .iter()
        .map(|m| (m.target.as_str(), m.access))
        .collect();
    let expected = [
        ("/deckhands/launcher/app.py", MountAccess::ReadOnly),
        ("/deckhands/way-out", MountAccess::ReadOnly),
        ("/.openhands", MountAccess::ReadWrite),
        ("/deckhands/input", MountAccess::ReadOnly),
    ];
    assert_eq!(seen, expected);
    assert!(app.hosts.is_empty());
    let user = UserSpec::Ids {
        uid: 1500,
        gid: 1501,
    };
    assert_eq!((app.network, app.user), (NetworkMode::None, user));
    assert_eq!(app.entrypoint, Some(vec!["python".to_owned()]));
    assert_eq!(app.command[0], "/deckhands/launcher/app.py");
    assert_eq!(sandbox.0, request.attempt.object_name("sandbox"));
    assert!(app.hardening.drop_capabilities && app.hardening.no_new_privileges);
    assert!(app.hardening.read_only_root && app.hardening.init);
}

fn relayed_in_socket() -> Launch {
    let Walls::Socket(access) = socket("/run/docker.sock".into()) else {
        panic!("profile socket");
    };
    let walls = Walls::Socket(SocketAccess {
        launcher: Some(launcher()),
        ..access
    });
    let request = LaunchRequest {
        llm: relayed(),
        walls,
        retry: Retry::RELAYED,
        ..request()
    };
    launch(&request).unwrap()
}

#[test]
fn an_app_with_the_docker_socket_can_call_its_model_through_us() {
    let launch = relayed_in_socket();
    let rows = [
        ("RUNTIME", "docker"),
        ("LLM_API_KEY", "canary-token-02"),
        ("LLM_BASE_URL", "http://127.0.0.1:8079/llm/v1"),
        ("LLM_MODEL", "openai/deepseek/deepseek-chat-v3.1:free"),
        ("LLM_NUM_RETRIES", "6"),
        ("PYTHONUNBUFFERED", "1"),
        ("DECKHANDS_NO_MICROAGENTS", "1"),
        ("SANDBOX_USER_ID", "0"),
    ];
    for (name, value) in rows {
        assert_eq!(variable(&launch, name).as_deref(), Some(value), "{name}");
    }
    // The launcher serves nothing but the model to whoever has no key of the remote-runtime API.
    assert_eq!(variable(&launch, "SANDBOX_API_KEY"), None);
    let command = &launch.app.command;
    assert_eq!(command[..2], ["python", "/deckhands/launcher/app.py"]);
    assert_eq!(command[2..4], ["-f", "/deckhands/input/task.md"]);
    let mount = |m: &Mount| (m.target.clone(), m.access);
    let mounts: Vec<_> = launch.app.mounts.iter().map(mount).collect();
    let row = |target: &str, access| (target.to_owned(), access);
    let expected = [
        row("/var/run/docker.sock", MountAccess::ReadWrite),
        row("/deckhands/launcher/app.py", MountAccess::ReadOnly),
        row("/deckhands/way-out", MountAccess::ReadOnly),
        row("/.openhands", MountAccess::ReadWrite),
        row("/deckhands/input", MountAccess::ReadOnly),
    ];
    assert_eq!(mounts, expected);
}

#[test]
fn a_route_may_say_how_tools_are_called_and_its_name_stays_here() {
    let mut request = managed();
    request.model = ModelId::resolve("vllm/team/own-model~work").unwrap();
    for (told, shown) in [
        (None, "false"),
        (Some(true), "true"),
        (Some(false), "false"),
    ] {
        if let LlmAccess::Relay { native_tools, .. } = &mut request.llm {
            *native_tools = told;
        }
        let launch = launch(&request).unwrap();
        let natively = variable(&launch, "LLM_NATIVE_TOOL_CALLING");
        assert_eq!(natively.as_deref(), Some(shown), "{told:?}");
        let model = variable(&launch, "LLM_MODEL");
        assert_eq!(model.as_deref(), Some("openai/team/own-model"));
    }
}
