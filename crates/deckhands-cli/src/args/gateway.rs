//! Arguments of `gateway`.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Arguments of `gateway`.
#[derive(clap::Args, Debug)]
#[command(
    after_help = "Examples:\n  deckhands gateway --model openrouter/deepseek/deepseek-chat-v3.1:free\n  deckhands gateway --listen 127.0.0.1:4170 --token-file token.txt"
)]
pub(crate) struct GatewayArgs {
    /// Address of this machine alone; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4170")]
    pub(crate) listen: SocketAddr,
    /// The model that is asked first (others: `--routes` and `engine.fallback_models`)
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: Option<String>,
    /// Pool of routes to use: the first one is the model, unless one is named, too
    #[arg(long, value_name = "POOL")]
    pub(crate) routes: Option<String>,
    /// The token is read from here, or made and written here
    #[arg(long, value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,
}
