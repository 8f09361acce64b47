//! The bollard implementation.
