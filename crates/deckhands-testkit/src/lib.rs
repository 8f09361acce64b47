//! Scripted LLM provider and tiny agent image for tests and the demo
