//! Carries a task from its text to a proved result
