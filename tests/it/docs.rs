//! The pages in `docs/reference` that are made from tables in the code.
//!
//! `DECKHANDS_UPDATE_DOCS=1 cargo test -p deckhands-tests docs` writes them anew.

use std::fs;
use std::path::Path;

/// Compares a page with its source, or writes it where that is asked for.
fn check(name: &str, text: &str) {
    let page = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs/reference")
        .join(name);
    if std::env::var_os("DECKHANDS_UPDATE_DOCS").is_some() {
        fs::create_dir_all(page.parent().unwrap()).unwrap();
        fs::write(&page, text).unwrap();
    }
    let kept = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        kept == text,
        "docs/reference/{name} is out of date: run with DECKHANDS_UPDATE_DOCS=1"
    );
}

#[test]
fn causes() {
    check("causes.md", &deckhands_model::causes_markdown());
}

#[test]
fn config() {
    let table = deckhands_config::schema_markdown();
    check(
        "config.md",
        &format!(
            "# Configuration\n\n\
             Every setting, as `deckhands config schema` lists it. Keys are written in `deckhands.toml` as\n\
             `table.key`; of several layers the later one wins: defaults, the user's file, the project's\n\
             file, the project's `.env`, the environment, flags. Generated from\n\
             `crates/deckhands-config/src/key/table.rs`.\n\n\
             {table}"
        ),
    );
}
