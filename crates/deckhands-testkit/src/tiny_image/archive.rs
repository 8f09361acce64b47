//! The image's file tree as a tar archive.

use std::fs;
use std::io;
use std::path::Path;

use tar::{Builder, EntryType, Header};

/// Where the program stands in the image.
const PROGRAM: &str = "bin/tiny-agent";

/// Names under `/bin` by which the program can be called.
const LINKS: [&str; 7] = ["sh", "chown", "chmod", "cat", "true", "false", "sleep"];

/// Directories and their modes.
const DIRS: [(&str, u32); 5] = [
    ("bin", 0o755),
    ("etc", 0o755),
    ("root", 0o700),
    ("tmp", 0o1777),
    ("workspace", 0o755),
];

/// Text files; users so that `--user` works by name.
const FILES: [(&str, &str); 2] = [
    (
        "etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nagent:x:1000:1000:agent:/tmp:/bin/sh\n",
    ),
    ("etc/group", "root:x:0:\nagent:x:1000:\n"),
];

/// Packs the program and what surrounds it; equal programs give equal archives.
pub(super) fn pack(program: &Path) -> io::Result<Vec<u8>> {
    let mut tar = Builder::new(Vec::new());
    for (path, mode) in DIRS {
        let mut header = header(EntryType::Directory, mode, 0)?;
        tar.append_data(&mut header, format!("{path}/"), io::empty())?;
    }
    for (path, text) in FILES {
        append(&mut tar, path, 0o644, text.as_bytes())?;
    }
    append(&mut tar, PROGRAM, 0o755, &fs::read(program)?)?;
    for name in LINKS {
        let mut header = header(EntryType::Link, 0o755, 0)?;
        tar.append_link(&mut header, format!("bin/{name}"), PROGRAM)?;
    }
    tar.into_inner()
}

fn append(tar: &mut Builder<Vec<u8>>, path: &str, mode: u32, data: &[u8]) -> io::Result<()> {
    let mut header = header(EntryType::Regular, mode, data.len())?;
    tar.append_data(&mut header, path, data)
}

/// Owner root and time 0, so that nothing of this machine is in the archive.
fn header(kind: EntryType, mode: u32, len: usize) -> io::Result<Header> {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(u64::try_from(len).map_err(io::Error::other)?);
    Ok(header)
}

#[cfg(test)]
mod tests;
