//! What a person sees of a patch.

use super::*;
use crate::sample::plain;

#[test]
fn nothing_in_a_patch_moves_the_terminal() {
    let patch = b"+++ b/a\n@@ -0,0 +1,1 @@\n+\x1b[2Jcleared\x07 \x1b]0;title\x07\xff\n";
    let shown = plain(&for_people(patch));
    assert_eq!(shown, "+++ b/a\n@@ -0,0 +1,1 @@\n+cleared \u{fffd}\n");
}

#[test]
fn the_text_is_whole_and_colours_end_with_their_line() {
    let patch = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-old\n+new\n same\nno line end";
    let shown = for_people(patch.as_bytes());
    assert_eq!(plain(&shown), patch);
    for line in shown.lines() {
        assert_eq!(
            line.contains("\u{1b}["),
            !line.ends_with("same") && !line.ends_with("end"),
            "{line:?}"
        );
    }
}
