//! An agent that goes round in a circle which it does not see itself: the gateway ends it.

use deckhands_e2e::{Bench, Ending, bash, create_file};
use deckhands_gateway::LoopPolicy;
use deckhands_testkit::{Reply, Script, Step};

/// A call with a thought beside it. To OpenHands steps with other thoughts are other steps, so that its own
/// detector of loops says nothing.
fn thinking(thought: String, mut step: Step) -> Step {
    if let Reply::Call { text, .. } = &mut step.reply {
        *text = thought;
    }
    step
}

#[test]
fn the_same_call_over_and_over_ends_at_the_bound_of_the_policy() {
    let end_after = LoopPolicy::default().steps.end_after;
    let again = (1..=2 * end_after).map(|number| {
        let thought = format!("This is thought number {number}.");
        thinking(thought, bash("echo again"))
    });
    let first = create_file("/workspace/half.txt", "half\n");
    let bench = Bench::new(Script::new([first].into_iter().chain(again)));
    let report = Ending::failed("sdk", "NoProgress", "`--model`")
        .check(&bench, |bench| bench.run(&["go round in circles"]));
    // The file, then as many equal steps as there may be; the call after them is not forwarded.
    let calls = usize::try_from(end_after).expect("a few") + 1;
    assert_eq!(bench.requests().len(), calls, "{report:#}");
    let told = report["error"]["message"].as_str().unwrap_or_default();
    assert!(told.contains("no progress"), "{told}");
    let patch = report["patch"].as_str().expect("the work as a patch");
    let patch = std::fs::read_to_string(patch).expect("the patch");
    assert!(patch.contains("+half"), "{patch}");
}
