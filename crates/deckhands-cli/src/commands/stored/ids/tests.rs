//! Prefixes, `last`, and words that mean no task or several.

use deckhands_store::MemoryStore;

use super::*;
use crate::commands::stored::test_store::{id, queued};

async fn refused(store: &MemoryStore, word: &str) -> (String, String) {
    let error = resolve(store, word).await.unwrap_err().0;
    assert_eq!(error.code, 2, "{word}");
    (error.message, error.hint.unwrap())
}

#[tokio::test]
async fn any_prefix_that_no_other_id_has_and_last() {
    let store = queued(&[0x1a, 0x1b, 0xc2]).await;
    let whole = id(0x1b).to_string();
    let rows = [
        ("1a", 0x1a),
        ("1A1a", 0x1a),
        ("c", 0xc2),
        ("last", 0xc2),
        ("LAST", 0xc2),
        (&whole, 0x1b),
    ];
    for (word, byte) in rows {
        assert_eq!(resolve(&store, word).await.unwrap(), id(byte), "{word}");
    }
}

#[tokio::test]
async fn words_that_mean_no_task() {
    let store = queued(&[1]).await;
    for word in ["", "ff", "zz", "%", "_", "01 ", "lasts", "*"] {
        let (message, hint) = refused(&store, word).await;
        assert_eq!(message, format!("there is no stored task `{word}`"));
        assert!(hint.contains("deckhands list"), "{hint}");
    }
    refused(&MemoryStore::default(), "last").await;
}

#[tokio::test]
async fn a_word_that_means_several_tasks_is_told_with_what_tells_them_apart() {
    let store = queued(&[0x1a, 0x1b]).await;
    let (message, hint) = refused(&store, "1").await;
    assert!(message.contains("several"), "{message}");
    let heads = [short(id(0x1a)), short(id(0x1b))];
    assert_eq!(
        hint,
        format!("say more of it: {} or {}", heads[0], heads[1])
    );
}

#[tokio::test]
async fn each_task_is_meant_once() {
    let store = queued(&[1, 2]).await;
    let words = ["02", "01", "last", "0202"].map(str::to_owned);
    assert_eq!(resolve_all(&store, &words).await.unwrap(), [id(2), id(1)]);
}
