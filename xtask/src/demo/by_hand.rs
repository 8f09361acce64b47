//! The demonstration as commands that a user can type.

use std::path::Path;

use super::Stage;
use crate::workspace;

/// Where the user's own copy of the example's workspace goes.
const COPY: &str = "/tmp/deckhands-hello";

/// Prints the commands; `recorded` says that a recording stood in for the model.
pub(super) fn show(stage: &Stage, recorded: bool) {
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
    let replay = if recorded {
        format!(" --replay {}", short(&stage.recording()))
    } else {
        String::new()
    };
    println!("  {deckhands} doctor --home {home}");
    println!("  cp -r {example}/workspace {COPY}");
    println!("  {deckhands} run -f {example}/task.md --workspace {COPY} --home {home}{replay}");
}
