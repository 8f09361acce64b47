//! Which pages the write-ahead log has, by the rules of SQLite itself.
//!
//! The log is a head of 32 bytes and frames: 24 bytes, then a page. A frame counts where it has the two
//! salts of the head, so that it was written since the log was begun anew, where its checksum, which goes
//! over all before it too, is right, and where it or one after it ends a transaction.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::ops::RangeInclusive;
use std::path::Path;

#[cfg(test)]
mod tests;

const HEAD: usize = 32;
const FRAME: usize = 24;

/// How a log begins. One more where its checksums read numbers with the highest byte first.
const MAGIC: u32 = 0x377f_0682;

/// The only version of the format.
const VERSION: u32 = 3_007_000;

/// Where SQLite has its locks: the page of this byte is never written.
const LOCKS: u64 = 1 << 30;

/// Whether the log has each of these pages, each with so many bytes. It is read only until it is known
/// that it does. Nothing is locked in it, so that it may be opened and closed again; it may grow meanwhile.
pub(super) fn has(log: &Path, pages: RangeInclusive<u64>, page_size: u64) -> io::Result<bool> {
    let unwritten = pages.contains(&(LOCKS / page_size + 1));
    let wanted = pages.end().saturating_add(1).saturating_sub(*pages.start());
    let wanted = wanted.saturating_sub(u64::from(unwritten));
    let mut frames = match File::open(log) {
        Ok(file) => Frames::begin(BufReader::new(file))?,
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (mut had, mut written) = (BTreeSet::new(), Vec::new());
    let count = |set: &BTreeSet<u64>| u64::try_from(set.len()).unwrap_or(u64::MAX);
    while count(&had) < wanted {
        let Some(frames) = frames.as_mut().filter(|it| it.page_size == page_size) else {
            return Ok(false);
        };
        let Some((page, ends)) = frames.next()? else {
            return Ok(false);
        };
        written.extend(Some(page).filter(|page| pages.contains(page)));
        if ends {
            had.extend(written.drain(..));
        }
    }
    Ok(true)
}

/// Reads a log from its begin.
struct Frames<R> {
    log: R,
    page_size: u64,
    salts: [u8; 8],
    sum: Sum,
    /// The last frame that was read.
    frame: Vec<u8>,
}

impl<R: Read> Frames<R> {
    /// `None` where this is no log, or one of which no frame counts.
    fn begin(mut log: R) -> io::Result<Option<Self>> {
        let mut head = [0; HEAD];
        if !filled(&mut log, &mut head)? {
            return Ok(None);
        }
        let magic = number(&head, 0);
        let mut sum = Sum {
            highest_first: magic == MAGIC + 1,
            sums: (0, 0),
        };
        sum.add(&head[..24]);
        let size = number(&head, 8);
        let right = (magic == MAGIC || magic == MAGIC + 1) && number(&head, 4) == VERSION;
        let size_is_right = size.is_power_of_two() && (512..=65_536).contains(&size);
        if !right || !size_is_right || !sum.is(&head[24..]) {
            return Ok(None);
        }
        let mut salts = [0; 8];
        salts.copy_from_slice(&head[16..24]);
        Ok(Some(Self {
            log,
            page_size: size.into(),
            salts,
            sum,
            frame: vec![0; FRAME + usize::try_from(size).unwrap_or(0)],
        }))
    }

    /// The page of the next frame, and whether it ends a transaction.
    fn next(&mut self) -> io::Result<Option<(u64, bool)>> {
        if !filled(&mut self.log, &mut self.frame)? {
            return Ok(None);
        }
        let (head, content) = self.frame.split_at(FRAME);
        let page = number(head, 0);
        self.sum.add(&head[..8]);
        self.sum.add(content);
        if page == 0 || head[8..16] != self.salts || !self.sum.is(&head[16..]) {
            return Ok(None);
        }
        Ok(Some((page.into(), number(head, 4) > 0)))
    }
}

/// Fills `buffer`; `false` where the log ends before.
fn filled(log: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match log.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The checksum of a log.
struct Sum {
    highest_first: bool,
    sums: (u32, u32),
}

impl Sum {
    /// Goes over further bytes, a multiple of eight.
    fn add(&mut self, bytes: &[u8]) {
        let read = if self.highest_first {
            u32::from_be_bytes
        } else {
            u32::from_le_bytes
        };
        let (mut first, mut second) = self.sums;
        let (words, _) = bytes.as_chunks::<4>();
        let (pairs, _) = words.as_chunks::<2>();
        for [one, other] in pairs {
            first = first.wrapping_add(read(*one)).wrapping_add(second);
            second = second.wrapping_add(read(*other)).wrapping_add(first);
        }
        self.sums = (first, second);
    }

    fn is(&self, told: &[u8]) -> bool {
        self.sums == (number(told, 0), number(told, 4))
    }
}

/// The number at a place, 0 where there is none.
fn number(bytes: &[u8], at: usize) -> u32 {
    let found = bytes.get(at..).and_then(<[u8]>::first_chunk);
    found.map_or(0, |four| u32::from_be_bytes(*four))
}
