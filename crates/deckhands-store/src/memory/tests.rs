//! What only the store in memory promises.

use super::*;

#[tokio::test]
async fn debug_shows_no_task() {
    assert_eq!(
        format!("{:?}", MemoryStore::default()),
        "MemoryStore { tasks: 0, .. }"
    );
}
