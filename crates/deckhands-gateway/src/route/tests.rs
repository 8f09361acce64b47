//! What a refusal closes.

use super::*;

fn model(id: &str) -> ModelId {
    ModelId::resolve(id).unwrap()
}

#[test]
fn free_models_of_one_account_share_a_window() {
    let rows = [
        (
            Scope::Model,
            "openrouter/a/a:free",
            "openrouter/a/a:free",
            true,
        ),
        (
            Scope::Model,
            "openrouter/a/a:free",
            "openrouter/b/b:free",
            false,
        ),
        (
            Scope::Free,
            "openrouter/a/a:free",
            "openrouter/b/b:free",
            true,
        ),
        (Scope::Free, "openrouter/a/a:free", "openrouter/b/b", false),
        (Scope::Free, "openrouter/a/a", "openrouter/b/b:free", false),
        (Scope::Free, "openrouter/a/a:free", "openai/b:free", false),
        (
            Scope::Account,
            "openrouter/a/a:free",
            "openrouter/b/b",
            true,
        ),
        (Scope::Account, "openai/a", "openrouter/a", false),
    ];
    for (scope, refused, other, closed) in rows {
        let covers = scope.covers(&model(refused), &model(other));
        assert_eq!(covers, closed, "{scope:?} {refused} {other}");
    }
}
