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
    let relayed = request.way != ModelWay::Direct;
    let access = SocketAccess {
        socket: request.docker_socket.clone(),
        bridge,
        launcher: relayed.then(|| served::launcher(dir, Vec::new())),
    };
    if relayed {
        return (served::llm(request, token), access);
    }
    let llm = LlmAccess::Direct {
        api_key: request.api_key.clone(),
        base_url: request.base_url.clone(),
    };
    (llm, access)
}
