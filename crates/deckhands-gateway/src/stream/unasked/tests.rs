//! What of a stream passes, however it is cut into parts.

use super::*;

const ONE: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"one\"}}],\"usage\":null}\n\n";
const USAGE: &str = "data: {\"choices\": [ ], \"usage\":{\"prompt_tokens\":7}}\n\n";
const DONE: &str = "data: [DONE]\n\n";

/// What passes of a text that comes in parts of so many bytes.
fn passed(text: &str, bytes: usize) -> String {
    let mut unasked = Unasked::default();
    let mut out = Vec::new();
    for part in text.as_bytes().chunks(bytes) {
        out.extend_from_slice(&unasked.part(Bytes::copy_from_slice(part)));
    }
    out.extend_from_slice(&unasked.rest());
    String::from_utf8(out).unwrap()
}

#[test]
fn the_usage_alone_is_taken_out_wherever_the_stream_is_cut() {
    for end in ["\n", "\r\n", "\r"] {
        let with = format!(": a comment\n\n{ONE}{USAGE}{DONE}").replace('\n', end);
        let without = format!(": a comment\n\n{ONE}{DONE}").replace('\n', end);
        for bytes in 1..=with.len() {
            assert_eq!(passed(&with, bytes), without, "{end:?}, {bytes}");
        }
    }
}

#[test]
fn whatever_else_there_is_passes_byte_by_byte() {
    let rows = [
        "data: {\"choices\":[],\"usage\":null}\n\n",
        "data: {\"choices\":[]}\n\n",
        "data: {\"usage\":{\"prompt_tokens\":7}}\n\n",
        "data: {\"choices\":[{\"delta\":{}}],\"usage\":{\"prompt_tokens\":7}}\n\n",
        "data: {\"choices\":{},\"usage\":{}}\n\n",
        "data: {\"choices\":[],\"usage\":{}",
        "data: no JSON with \"usage\"\n\n\n\n",
        "usage\n\ndata: {\"cho",
        "",
    ];
    for row in rows {
        for bytes in [1, 3, 1000] {
            assert_eq!(passed(row, bytes), row, "{bytes}");
        }
    }
}

#[test]
fn a_line_without_an_end_is_not_kept_for_ever() {
    let mut unasked = Unasked::default();
    let long = "x".repeat(LONGEST_KEPT);
    assert!(unasked.part(Bytes::from(long)).is_empty());
    assert_eq!(unasked.part(Bytes::from("yz")).len(), LONGEST_KEPT + 2);
    assert_eq!(unasked.part(Bytes::from("more")), "more");
    assert_eq!(unasked.part(Bytes::from(format!("\n\n{USAGE}"))), "\n\n");
}

#[test]
fn a_whole_event_is_not_copied() {
    let part = Bytes::from_static(DONE.as_bytes());
    let passed = Unasked::default().part(part.clone());
    assert_eq!(passed.as_ptr(), part.as_ptr());
}
