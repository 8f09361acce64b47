//! The words of Deckhands: tasks, attempts, outcomes, causes, verdicts, as validated data
