//! What a run would do, without doing it.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use deckhands_agent::{AgentAdapter, ApiKey, Launch, LaunchError, LaunchRequest, Walls};
use deckhands_model::{AttemptId, AttemptNumber, Profile, TaskId};
use deckhands_runtime::ContainerSpec;

use crate::attempt_dir::AttemptDir;
use crate::request::TaskRequest;
use crate::worker::{planned, socket_access};

/// The resolved plan of a run. Secrets in it show as `***`.
#[derive(Clone, PartialEq, Debug)]
pub struct Plan {
    /// The container that OpenHands would run in.
    pub launch: Launch,
    /// The sandbox, where we make it.
    pub sandbox: Option<ContainerSpec>,
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
    let dir = AttemptDir::at(home.join("attempts").join("TASK").join("1"));
    let (llm, walls, sandbox) = match request.profile {
        Profile::Socket => {
            let token = ApiKey::new("none");
            let (llm, access) = socket_access(request, &dir, USUAL_BRIDGE, &token);
            (llm, Walls::Socket(access), None)
        }
        _ => {
            let (llm, access, sandbox) = planned(request, &dir);
            (llm, Walls::Managed(access), Some(sandbox))
        }
    };
    let launch = adapter.launch(&LaunchRequest {
        attempt: AttemptId {
            task: TaskId::from_random([0; 16]),
            number: AttemptNumber::FIRST,
        },
        model: request.model.clone(),
        llm,
        app_image: request.images.app.clone(),
        sandbox_image: request.images.sandbox.clone(),
        limits: request.limits.clone(),
        dirs: dir.agent_dirs(),
        walls,
        retry: request.retry,
        labels: [("managed-by".to_owned(), "deckhands".to_owned())].into(),
    })?;
    Ok(Plan {
        sandbox: sandbox.map(|sandbox| sandbox(&launch)),
        launch,
    })
}
