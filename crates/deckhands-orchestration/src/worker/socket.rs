//! How an app of profile `socket` is launched.

use std::net::IpAddr;

use deckhands_agent::{ApiKey, LlmAccess, SocketAccess};
use deckhands_model::ModelWay;

use super::served;
use crate::attempt_dir::AttemptDir;
use crate::request::TaskRequest;

/// What the app is launched with: a token for our relay, or the provider's key itself.
pub(crate) fn access(
    request: &TaskRequest,
    dir: &AttemptDir,
    bridge: IpAddr,
    token: &ApiKey,
) -> (LlmAccess, SocketAccess) {
    let (llm, launcher) = match request.way {
        ModelWay::Direct => {
            let (api_key, base_url) = (request.api_key.clone(), request.base_url.clone());
            (LlmAccess::Direct { api_key, base_url }, None)
        }
        _ => (
            served::llm(request, token),
            Some(served::launcher(dir, Vec::new())),
        ),
    };
    let access = SocketAccess {
        socket: request.docker_socket.clone(),
        bridge,
        launcher,
    };
    (llm, access)
}
