//! A request for tests, which change what matters to them.

use super::*;

/// A task on this workspace in profile `socket` whose agent calls its model itself, with every
/// default.
pub(crate) fn test_request(workspace: PathBuf) -> TaskRequest {
    TaskRequest {
        text: TaskText::try_new("do it").unwrap(),
        workspace,
        model: ModelId::resolve("openai/m").unwrap(),
        api_key: None,
        native_tools: None,
        other_models: Vec::new(),
        key_files: Vec::new(),
        base_url: None,
        profile: Profile::Socket,
        network: Network::Open,
        way: ModelWay::Direct,
        relay: RelaySettings::default(),
        replay: None,
        images: ImagePair {
            app: "app:1".parse().unwrap(),
            sandbox: "sandbox:1".parse().unwrap(),
        },
        docker_socket: "/s".into(),
        limits: Limits::default(),
        deadlines: Deadlines::default(),
        max_cost: None,
        max_batch_cost: None,
        money: MoneyLimits::default(),
        retry: Retry::default(),
        checks: Vec::new(),
        policy: Policy::default(),
    }
}
