//! For tests of listeners: a client that never gets to the end of its request.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, sleep};

/// Sends a request for a path byte by byte, and never all of it, until the connection is closed. How long
/// that took.
pub(crate) async fn trickle(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    path: &str,
) -> Duration {
    let begun = Instant::now();
    let head = format!("GET {path} HTTP/1.1\r\nx: ");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 64];
    loop {
        tokio::select! {
            read = stream.read(&mut answer) => {
                // Closed, in good order or not; nothing is said to who said nothing.
                assert_eq!(read.unwrap_or(0), 0);
                return begun.elapsed();
            }
            () = sleep(Duration::from_millis(20)) => {
                let _closed = stream.write_all(b"x").await;
            }
        }
    }
}
