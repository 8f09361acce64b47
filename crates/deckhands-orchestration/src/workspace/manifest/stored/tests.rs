//! A manifest comes back as it was, and what is none is refused.

use serde_json::{Value, json};

use super::*;
use crate::workspace::copy::{CopyOptions, copy_workspace};
use crate::workspace::test_tree::Tree;

/// A tree with everything that a manifest tells apart.
fn manifest() -> Manifest {
    let tree = Tree::new(&[("a.txt", "a"), ("dir/run.sh", "x"), ("dir/\u{fc} b", "")]);
    tree.mode("dir/run.sh", 0o755);
    tree.link("inside", "a.txt");
    tree.link("outside", "/etc/passwd");
    tree.fifo("pipe");
    tree.write("set-id", "s");
    tree.mode("set-id", 0o4755);
    tree.git(&["init", "-q"]);
    std::fs::create_dir(tree.join("empty")).unwrap();
    let name = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"no\xfftext");
    tree.write(name, "b");
    let to = Tree::empty();
    let options = CopyOptions {
        include_ignored: true,
        max_bytes: None,
        leave_out: Vec::new(),
    };
    let copy = copy_workspace(tree.path(), to.path(), &options, &|| false).unwrap();
    copy.manifest
}

#[test]
fn it_comes_back_as_it_was() {
    let (dir, manifest) = (Tree::empty(), manifest());
    assert!(!manifest.refused.is_empty() && !manifest.special.is_empty());
    assert!(!manifest.repositories.is_empty() && manifest.entries.len() >= 6);
    let path = dir.join("manifest.json");
    for known in [&manifest, &Manifest::default()] {
        write_manifest(&path, known).unwrap();
        assert_eq!(&read_manifest(&path).unwrap(), known);
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(!dir.join("manifest.new").exists());
}

#[test]
fn what_is_no_manifest_is_refused() {
    let dir = Tree::empty();
    let path = dir.join("manifest.json");
    write_manifest(&path, &manifest()).unwrap();
    let good: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let rows: [fn(&mut Value); 8] = [
        |v| v["version"] = json!(2),
        |v| v["more"] = json!(1),
        |v| v["entries"][0][0] = json!("/etc/passwd"),
        |v| v["entries"][0][0] = json!("../a"),
        |v| v["entries"][0][0] = json!(""),
        |v| v["special"][0] = json!("a/../../b"),
        |v| v["directories"][1] = json!("/"),
        |v| v["entries"] = json!([["a", {"File": {}}]]),
    ];
    for (number, row) in rows.into_iter().enumerate() {
        let mut bad = good.clone();
        row(&mut bad);
        fs::write(&path, bad.to_string()).unwrap();
        let error = read_manifest(&path).unwrap_err();
        assert_eq!(
            error.kind(),
            io::ErrorKind::InvalidData,
            "{number}: {error}"
        );
    }
    fs::write(&path, &good.to_string()[..100]).unwrap();
    let error = read_manifest(&path).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    let gone = read_manifest(&dir.join("gone")).unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::NotFound);
}
