//! What is in the archive.

use std::collections::BTreeMap;

use super::*;

#[test]
fn the_archive_holds_program_links_and_surroundings() {
    let dir = tempfile::tempdir().unwrap();
    let program = dir.path().join("program");
    fs::write(&program, b"bytes").unwrap();
    let packed = pack(&program).unwrap();
    assert_eq!(packed, pack(&program).unwrap(), "packing is repeatable");

    let mut archive = tar::Archive::new(packed.as_slice());
    let mut seen = BTreeMap::new();
    for entry in archive.entries().unwrap() {
        let entry = entry.unwrap();
        let path = entry.path().unwrap().display().to_string();
        let link = entry
            .link_name()
            .unwrap()
            .map(|to| to.display().to_string());
        seen.insert(path, (entry.header().mode().unwrap(), entry.size(), link));
    }
    assert_eq!(seen["tmp/"], (0o1777, 0, None));
    assert_eq!(seen["bin/tiny-agent"], (0o755, 5, None));
    for name in LINKS {
        assert_eq!(seen[&format!("bin/{name}")].2.as_deref(), Some(PROGRAM));
    }
    assert!(seen.contains_key("etc/passwd"));
}
