//! What a run would do, without doing it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use deckhands_agent::{AgentAdapter, AgentDirs, Launch, LaunchError, LaunchRequest, SocketAccess};
use deckhands_model::{AttemptId, AttemptNumber, TaskId};

use crate::request::TaskRequest;

/// The resolved plan of a run. Secrets in it show as `***`.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// The containers that would be made.
    pub launch: Launch,
}

/// The daemon's usual bridge address, shown in a plan because asking would be doing something.
const USUAL_BRIDGE: IpAddr = IpAddr::V4(Ipv4Addr::new(172, 17, 0, 1));

/// Translates a request as a run would. Nothing is created, nobody is asked.
///
/// # Errors
/// [`LaunchError`] where the request cannot be expressed to the agent.
pub fn plan(
    adapter: &dyn AgentAdapter,
    request: &TaskRequest,
    home: &Path,
) -> Result<Plan, LaunchError> {
    let id = AttemptId {
        task: TaskId::from_random([0; 16]),
        number: AttemptNumber::FIRST,
    };
    let root = home.join("attempts").join("TASK").join("1");
    let launch = adapter.launch(&LaunchRequest {
        attempt: id,
        model: request.model.clone(),
        api_key: request.api_key.clone(),
        base_url: request.base_url.clone(),
        app_image: request.images.app.clone(),
        sandbox_image: request.images.sandbox.clone(),
        limits: request.limits.clone(),
        dirs: AgentDirs {
            workspace: root.join("workspace"),
            agent_home: root.join("agent-home"),
            input: root.join("input"),
        },
        socket: SocketAccess {
            socket: request.docker_socket.clone(),
            bridge: USUAL_BRIDGE,
        },
        retry: request.retry,
        labels: [("managed-by".to_owned(), "deckhands".to_owned())].into(),
    })?;
    Ok(Plan { launch })
}
