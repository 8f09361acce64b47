//! The commands that read and change files.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{PermissionsExt as _, lchown};
use std::path::Path;

use crate::output;

/// Writes the text as it stands, without a line end; makes the directories above.
pub(crate) fn write(path: &str, text: &str) -> u8 {
    let above = Path::new(path).parent().map_or(Ok(()), fs::create_dir_all);
    status(path, above.and_then(|()| fs::write(path, text)))
}

/// Adds a line to the end of a file.
pub(crate) fn append(path: &str, line: &str) -> u8 {
    let open = fs::File::options().create(true).append(true).open(path);
    status(
        path,
        open.and_then(|mut file| file.write_all(format!("{line}\n").as_bytes())),
    )
}

pub(crate) fn mkdir(path: &str) -> u8 {
    status(path, fs::create_dir_all(path))
}

pub(crate) fn cat(path: &str) -> u8 {
    match fs::read(path) {
        Ok(bytes) => {
            let mut out = output::Lines::new();
            out.write(&bytes);
            out.finish()
        }
        Err(error) => status(path, Err(error)),
    }
}

/// A link that leads nowhere exists, too.
pub(crate) fn exists(path: &str) -> u8 {
    u8::from(fs::symlink_metadata(path).is_err())
}

/// Says `uid:gid` as the kernel sees them.
pub(crate) fn id() -> u8 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let effective = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_whitespace().nth(1).map(str::to_owned)
    };
    match (effective("Uid:"), effective("Gid:")) {
        (Some(uid), Some(gid)) => output::line(&format!("{uid}:{gid}")),
        _ => output::complain("id: /proc is not readable"),
    }
}

/// `chown [-h] [-R] UID[:GID] PATH…`; never follows a link.
pub(crate) fn chown(args: &[&str]) -> u8 {
    let mut recursive = false;
    let mut words = args.iter().copied();
    let owner = loop {
        match words.next() {
            Some("-R") => recursive = true,
            Some("-hR" | "-Rh") => recursive = true,
            Some("-h" | "--") => {}
            Some(owner) => break owner,
            None => return 2,
        }
    };
    let (uid, gid) = owner
        .split_once(':')
        .map_or((owner, None), |(uid, gid)| (uid, Some(gid)));
    let (Ok(uid), Ok(gid)) = (uid.parse(), gid.map(str::parse).transpose()) else {
        return 2;
    };
    let mut worst = 0;
    for path in words.filter(|word| *word != "--") {
        worst = worst.max(status(path, own(Path::new(path), uid, gid, recursive)));
    }
    worst
}

/// Octal mode only.
pub(crate) fn chmod(mode: &str, paths: &[&str]) -> u8 {
    let Ok(mode) = u32::from_str_radix(mode, 8) else {
        return 2;
    };
    let set = |path: &&str| fs::set_permissions(path, fs::Permissions::from_mode(mode));
    paths
        .iter()
        .map(|path| status(path, set(path)))
        .max()
        .unwrap_or(2)
}

fn own(path: &Path, uid: u32, gid: Option<u32>, recursive: bool) -> io::Result<()> {
    if recursive && fs::symlink_metadata(path)?.is_dir() {
        for entry in fs::read_dir(path)? {
            own(&entry?.path(), uid, gid, recursive)?;
        }
    }
    lchown(path, Some(uid), gid)
}

fn status(path: &str, result: io::Result<()>) -> u8 {
    match result {
        Ok(()) => 0,
        Err(error) => output::complain(&format!("{path}: {error}")),
    }
}
