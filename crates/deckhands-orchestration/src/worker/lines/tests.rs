//! However output is cut into chunks, the same lines come out.

use proptest::prelude::*;

use super::OutputSource::{Stderr, Stdout};
use super::*;

type Bytes<'a> = &'a [&'a [u8]];
type Told = Vec<(OutputSource, Vec<u8>)>;

fn split(chunks: &[(OutputSource, &[u8])]) -> Told {
    let (mut lines, mut told) = (Lines::default(), Vec::new());
    for (source, bytes) in chunks {
        lines.push(*source, bytes, |source, line| {
            told.push((source, line.to_vec()))
        });
    }
    lines.finish(|source, line| told.push((source, line.to_vec())));
    told
}

#[test]
fn lines_end_with_a_line_feed_or_with_the_output() {
    let rows: [(Bytes, Bytes); 9] = [
        (&[b"a\nb\n"], &[b"a", b"b"]),
        (&[b"a\nb"], &[b"a", b"b"]),
        (&[b"a", b"b", b"\n"], &[b"ab"]),
        (&[b"a\r\nb\r\n"], &[b"a", b"b"]),
        (&[b"a\r", b"\nb"], &[b"a", b"b"]),
        (&[b"a\rb\n"], &[b"a\rb"]),
        (&[b"\n\n"], &[b"", b""]),
        (&[b"gr\xc3", b"\xbcn\n"], &["gr\u{fc}n".as_bytes()]),
        (&[b"", b""], &[]),
    ];
    for (chunks, expected) in rows {
        let chunks: Vec<_> = chunks.iter().map(|bytes| (Stdout, *bytes)).collect();
        let told: Vec<_> = split(&chunks).into_iter().map(|(_, line)| line).collect();
        assert_eq!(told, expected, "{chunks:?}");
    }
}

#[test]
fn the_streams_do_not_mix() {
    let told = split(&[
        (Stdout, b"out "),
        (Stderr, b"err "),
        (Stdout, b"1\n"),
        (Stderr, b"2\n"),
        (Stderr, b"rest"),
    ]);
    let expected = [
        (Stdout, b"out 1".to_vec()),
        (Stderr, b"err 2".to_vec()),
        (Stderr, b"rest".to_vec()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_overlong_line_is_cut_and_the_next_one_is_whole() {
    let piece = vec![b'x'; 300_000];
    let mut lines = Lines::default();
    let mut told = Vec::new();
    for _ in 0..10 {
        lines.push(Stdout, &piece, |_, line| told.push(line.len()));
        assert!(lines.stdout.len() <= MAX_LINE);
    }
    lines.push(Stdout, b"y\nnext\n", |_, line| told.push(line.len()));
    assert_eq!(told, [MAX_LINE, 4]);
}

proptest! {
    #[test]
    fn cuts_do_not_matter(text in "([a-c\u{fc}\u{1f600}\r]{0,4}\n?){0,12}", cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..8)) {
        let bytes = text.as_bytes();
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        places.extend([0, bytes.len()]);
        places.sort_unstable();
        let chunks: Vec<_> = places.windows(2).map(|pair| (Stdout, &bytes[pair[0]..pair[1]])).collect();
        prop_assert_eq!(split(&chunks), split(&[(Stdout, bytes)]));
        let whole: Vec<_> = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
            Some(line) => line.strip_suffix('\r').unwrap_or(line).as_bytes().to_vec(),
            None => line.as_bytes().to_vec(),
        }).collect();
        prop_assert_eq!(split(&chunks).into_iter().map(|(_, line)| line).collect::<Vec<_>>(), whole);
    }
}
