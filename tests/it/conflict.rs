//! A workspace that moved on while the agent worked.

use std::fs;
use std::process::Command;

use deckhands_model::TaskState;

use crate::support::{Agent, Ran, World, tree};

/// The agent changes the read-me; the user does this meanwhile.
async fn meanwhile(user: impl Fn(&std::path::Path) + Send + Sync + 'static) -> (World, Ran) {
    let world = World::new();
    let workspace = world.workspace().to_owned();
    let agent = Agent::new()
        .starts()
        .writes("README.md", "# Demo by the agent\n")
        .writes("new.txt", "x\n");
    let world = world.agent(agent.does(move |_| user(&workspace)).finishes("done"));
    let ran = world.run().await;
    world.assert_no_problems();
    (world, ran)
}

#[tokio::test(start_paused = true)]
async fn nothing_is_applied_and_the_patch_is_kept() {
    let (world, ran) =
        meanwhile(|w| fs::write(w.join("README.md"), "# Demo by me\n").unwrap()).await;
    assert_eq!(ran.end(), (TaskState::Completed, None));
    assert_eq!(
        (ran.report.applied, &ran.report.conflict[..]),
        (false, &["README.md".to_owned()][..])
    );
    let files = tree(world.workspace());
    assert_eq!(files["README.md"], "# Demo by me\n");
    assert!(!files.contains_key("new.txt"), "all or nothing");
    assert!(ran.report.patch.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_kept_is_the_agent_s_work_and_takes_back_nothing_of_the_user_s() {
    let mine = "# Demo by me\n";
    let (world, ran) = meanwhile(move |w| fs::write(w.join("README.md"), mine).unwrap()).await;
    let patch = ran.report.patch.as_ref().unwrap();
    let text = fs::read_to_string(patch).unwrap();
    assert!(!text.contains("by me"), "{text}");
    let mut apply = Command::new("patch");
    apply.args(["-p1", "--quiet", "-i", patch]);
    let status = apply.current_dir(world.workspace()).status().unwrap();
    assert!(status.success(), "{text}");
    let files = tree(world.workspace());
    assert_eq!(
        (files["README.md"].as_str(), files["new.txt"].as_str()),
        (mine, "x\n")
    );
    let kept = tree(
        &world
            .attempt_dir(&ran.report)
            .unwrap()
            .join("changed-files"),
    );
    assert_eq!(kept["README.md"], "# Demo by the agent\n");
    assert_eq!(kept["new.txt"], "x\n");
}

#[tokio::test(start_paused = true)]
async fn a_change_elsewhere_is_none() {
    let (world, ran) = meanwhile(|w| fs::write(w.join("main.py"), "mine\n").unwrap()).await;
    assert!(ran.report.applied && ran.report.conflict.is_empty());
    let files = tree(world.workspace());
    assert_eq!(
        (files["main.py"].as_str(), files["new.txt"].as_str()),
        ("mine\n", "x\n")
    );
}
