//! A connection that is kept for one call after the other.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Outcome;
use crate::wire::{self, Body};

/// Bytes that are read at once: an answer and its head fit.
const INPUT: usize = 16 << 10;

pub(crate) struct Connection {
    stream: TcpStream,
    /// What was read and not yet taken.
    input: Vec<u8>,
    text: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            input: Vec::with_capacity(INPUT),
            text: Vec::new(),
        })
    }

    /// Makes a call to its end; the answer's status. None where the other side had closed the
    /// connection, as it may do with one that was kept.
    pub(crate) async fn call(&mut self, request: &[u8]) -> Outcome<Option<u16>> {
        let Some((status, mut body)) = self.begin(request).await? else {
            return Ok(None);
        };
        while !self.take(&mut body)? {
            self.read().await?;
        }
        Ok(Some(status))
    }

    /// Makes a call up to the head of its answer: its status, and the body that is to be taken.
    pub(crate) async fn begin(&mut self, request: &[u8]) -> Outcome<Option<(u16, Body)>> {
        self.text.clear();
        self.input.clear();
        if self.stream.write_all(request).await.is_err() {
            return Ok(None);
        }
        loop {
            let read = self.stream.read_buf(&mut self.input).await;
            if matches!(read, Ok(0) | Err(_)) {
                return if self.input.is_empty() {
                    Ok(None)
                } else {
                    Err("the head of an answer broke off".into())
                };
            }
            if let Some(head) = wire::head(&self.input)? {
                self.input.drain(..head.bytes);
                return Ok(Some((head.status, head.body)));
            }
        }
    }

    /// Takes what was read as part of the body. True once that is whole.
    pub(crate) fn take(&mut self, body: &mut Body) -> Outcome<bool> {
        let whole = body.take(&self.input, &mut self.text)?;
        self.input.clear();
        Ok(whole)
    }

    /// Reads once more.
    pub(crate) async fn read(&mut self) -> Outcome<()> {
        if self.stream.read_buf(&mut self.input).await? == 0 {
            return Err("an answer broke off".into());
        }
        Ok(())
    }

    /// The body as far as it was taken.
    pub(crate) fn text(&self) -> &[u8] {
        &self.text
    }
}
