//! Nothing an agent wrote has a meaning on the page.

use super::super::tests::{HOSTILE, mixed};
use super::*;

#[test]
fn marks_lose_their_meaning() {
    for (text, expected) in [
        ("plain, text. a/b", "plain, text. a/b"),
        ("a|b", "a\\|b"),
        ("`x`", "\\`x\\`"),
        ("<b>&", "&lt;b\\>&amp;"),
        ("[a](b)", "\\[a\\]\\(b\\)"),
        ("two\nlines\tand", "two lines and"),
        ("\u{1b}[31mred\u{0}", "red"),
    ] {
        assert_eq!(inline(text), expected, "{text}");
    }
}

#[test]
fn a_fence_is_longer_than_any_within() {
    for (text, fence) in [("a", "```"), ("```", "````"), ("x `````y", "``````")] {
        let block = block(text);
        assert!(block.starts_with(&format!("{fence}text\n")), "{block}");
        assert!(block.ends_with(&format!("\n{fence}\n")), "{block}");
    }
}

#[test]
fn the_page_has_a_line_for_each_task_and_a_part_for_each_without_success() {
    let page = mixed(HOSTILE).markdown();
    let rows: Vec<_> = page.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 8, "{page}");
    for row in rows {
        let bare = row.replace("\\|", "");
        assert_eq!(bare.matches('|').count(), 8, "{row}");
    }
    let parts = page.lines().filter(|line| line.starts_with("## ")).count();
    assert_eq!(parts, 4, "{page}");
    assert!(page.starts_with("# Batch b1\n\n2 of 7 tasks completed in 60 s, 2 failed, 1 cancelled, 1 not applied, 2 not over."), "{page}");
    assert!(!page.contains('\u{1b}') && !page.contains('\u{0}'));
}

#[test]
fn what_stands_in_a_fence_cannot_leave_it() {
    let page = mixed(HOSTILE).markdown();
    let mut fence: Option<usize> = None;
    for line in page.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            Some(open) if ticks >= open && line.len() == ticks => fence = None,
            None => assert!(!line.contains("<img"), "{line}"),
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "every block is closed: {page}");
}
