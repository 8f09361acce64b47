//! Models with and without tools in the API's own form.

use deckhands_model::ModelId;

use super::calls_tools_natively;

#[test]
fn by_the_last_part_of_the_id() {
    let rows = [
        ("openrouter/deepseek/deepseek-chat-v3.1:free", false),
        ("openrouter/deepseek/deepseek-chat", true),
        ("openrouter/deepseek/deepseek-chat:free", true),
        ("openai/gpt-4o-mini", true),
        ("openai/gpt-4.1", true),
        ("openai/gpt-4.1-mini", false),
        ("openrouter/qwen/qwen3-coder:free", true),
        ("openrouter/anthropic/Claude-Sonnet-4.5", true),
        ("ollama/llama3", false),
        ("openrouter/x/not-claude-sonnet-4", false),
    ];
    for (id, native) in rows {
        let model = ModelId::resolve(id).unwrap();
        assert_eq!(calls_tools_natively(&model), native, "{id}");
    }
}
