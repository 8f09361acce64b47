//! The `deckhands` command.

fn main() {}
