//! What an implementation brings along to be put through the suite.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deckhands_model::ImageRef;

use crate::containers::Containers;
use crate::images::Images;
use crate::networks::Networks;
use crate::spec::ContainerSpec;

/// An implementation of the ports, and how its containers are made to do something.
pub trait ContractBench: Send + Sync {
    /// The port for containers.
    fn containers(&self) -> Arc<dyn Containers>;

    /// The port for images.
    fn images(&self) -> Arc<dyn Images>;

    /// The port for networks.
    fn networks(&self) -> Arc<dyn Networks>;

    /// An image that is there and that [`program`](Self::program) works with.
    fn image(&self) -> ImageRef;

    /// Makes the container that will be created from this spec do these things in order: by its
    /// command, or by a script that is laid down for its name. Without [`Act::Exit`] it ends with
    /// the status of the last act.
    fn program(&self, spec: &mut ContainerSpec, acts: &[Act]);

    /// A name that nothing on the daemon has, with this part in it.
    fn unique(&self, part: &str) -> String;

    /// A directory that exists on the daemon's host and here under the same path.
    fn scratch(&self) -> &Path;
}

/// One thing that a container does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Act {
    /// Prints a line on stdout.
    Print(String),
    /// Prints a line on stderr.
    PrintErr(String),
    /// Prints the value of a variable of its environment on stdout.
    PrintEnv(String),
    /// Does nothing for a while.
    Sleep(Duration),
    /// Writes a file, without a line end; fails with a complaint on stderr where it may not.
    Write {
        /// Path in the container.
        path: String,
        /// What is written.
        text: String,
    },
    /// Ends with 0 if there is a network interface besides the loopback, else with 1.
    ExitByNetwork,
    /// Ends with this code.
    Exit(u8),
}
