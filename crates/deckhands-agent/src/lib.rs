//! Starts a kind of agent and reads what it prints and stores
