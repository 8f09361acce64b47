//! `spew BYTES LINE`: much output in little memory.

use crate::output::Lines;

/// What lines are filled with.
const FILL: [u8; 16 << 10] = [b'x'; 16 << 10];

/// Stdout that takes only so many bytes more.
struct Bounded {
    out: Lines,
    left: u64,
}

/// Writes exactly so many bytes, in lines of so many bytes that begin with their number; lines longer than all of it
/// are one line without an end.
pub(crate) fn spew(bytes: &str, line: &str) -> u8 {
    let (Ok(left), Ok(line)) = (bytes.parse(), line.parse::<u64>()) else {
        return 2;
    };
    let out = Lines::new();
    let mut out = Bounded { out, left };
    let width = line.saturating_sub(1);
    let mut count = 0_u64;
    while out.left > 0 {
        let number = format!("{count:08}");
        let digits = out.write(number.as_bytes(), width);
        let mut fill = width - digits;
        while fill > 0 && out.left > 0 {
            fill -= out.write(&FILL, fill);
        }
        out.write(b"\n", 1);
        count += 1;
    }
    out.out.finish()
}

impl Bounded {
    /// Writes `most` bytes at most; gives how many of them. A stream that fails takes nothing more.
    fn write(&mut self, bytes: &[u8], most: u64) -> u64 {
        let room = usize::try_from(most.min(self.left)).unwrap_or(usize::MAX);
        let bytes = &bytes[..bytes.len().min(room)];
        let written = u64::try_from(bytes.len()).unwrap_or(most);
        self.left = if self.out.write(bytes) {
            self.left - written
        } else {
            0
        };
        written
    }
}
