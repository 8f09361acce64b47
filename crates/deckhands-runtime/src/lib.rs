//! Runs containers: small ports, a Docker implementation and a scripted fake
