//! The crates of the workspace and what each may use, as `docs/architecture.md` says it.
//!
//! Data only; `arrows` has the rules. A new crate or arrow is a line here, after the page.

const AGENT: &str = "deckhands-agent";
const CLI: &str = "deckhands-cli";
const CONFIG: &str = "deckhands-config";
const GATEWAY: &str = "deckhands-gateway";
const MODEL: &str = "deckhands-model";
const ORCHESTRATION: &str = "deckhands-orchestration";
const RESILIENCE: &str = "deckhands-resilience";
const RUNTIME: &str = "deckhands-runtime";
const SANDBOX: &str = "deckhands-sandbox";
const STORE: &str = "deckhands-store";
pub(super) const TESTKIT: &str = "deckhands-testkit";
const XTASK: &str = "xtask";

const PRODUCT: &[&str] = &[
    AGENT,
    CONFIG,
    GATEWAY,
    MODEL,
    ORCHESTRATION,
    RESILIENCE,
    RUNTIME,
    SANDBOX,
    STORE,
];
const EVERYTHING: &[&str] = &[
    AGENT,
    CLI,
    CONFIG,
    GATEWAY,
    MODEL,
    ORCHESTRATION,
    RESILIENCE,
    RUNTIME,
    SANDBOX,
    STORE,
    TESTKIT,
];

/// Each crate of the workspace and the own crates it may use.
pub(super) const ARROWS: &[(&str, &[&str])] = &[
    (MODEL, &[]),
    (CONFIG, &[MODEL]),
    (RUNTIME, &[MODEL]),
    (RESILIENCE, &[MODEL]),
    (AGENT, &[MODEL, RUNTIME]),
    (GATEWAY, &[MODEL, RESILIENCE]),
    (SANDBOX, &[MODEL, RUNTIME]),
    (STORE, &[MODEL]),
    (
        ORCHESTRATION,
        &[MODEL, RUNTIME, RESILIENCE, AGENT, GATEWAY, SANDBOX, STORE],
    ),
    (CLI, PRODUCT),
    (TESTKIT, &[MODEL]),
    ("deckhands-tests", EVERYTHING),
    ("deckhands-e2e", EVERYTHING),
    (XTASK, &[]),
];

/// Dependencies that only the named crates may see.
pub(super) const DOORS: &[(&str, &[&str])] = &[
    ("bollard", &[RUNTIME]),
    ("clap", &[CLI, XTASK, TESTKIT]),
    ("backoff", &[RESILIENCE]),
];
