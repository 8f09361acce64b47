//! Layered settings with origin and trust
