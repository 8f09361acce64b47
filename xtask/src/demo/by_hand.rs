//! The demonstration as commands that a user can type.

use std::path::Path;

use super::{Stage, provider};
use crate::workspace;

/// The provider's port in these commands; any free one does.
const PORT: u16 = 8899;

/// Where the user's own copy of the example's workspace goes.
const COPY: &str = "/tmp/deckhands-hello";

/// Prints the commands; `scripted` says that a provider stood in.
pub(super) fn show(stage: &Stage, scripted: bool) {
    let root = workspace::root();
    let short = |path: &Path| {
        path.strip_prefix(&root)
            .unwrap_or(path)
            .display()
            .to_string()
    };
    let (deckhands, example) = (short(&stage.deckhands), short(&stage.example));
    let home = short(&stage.home);
    println!("\nThe same by hand, in {}:", root.display());
    if scripted {
        let script = format!(
            "--script {example}/script.json --bind {}:{PORT}",
            provider::ADDRESS
        );
        println!("  {} {script} &", short(&stage.provider));
        println!("  export OPENROUTER_API_KEY={}", provider::KEY);
        println!("  export OPENHANDS_BASE_URL={}", provider::url(PORT));
    }
    println!("  {deckhands} doctor --home {home}");
    println!("  cp -r {example}/workspace {COPY}");
    println!("  {deckhands} run -f {example}/task.md --workspace {COPY} --home {home}");
}
