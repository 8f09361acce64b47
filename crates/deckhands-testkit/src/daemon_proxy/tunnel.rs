//! One client connection and its own one to the daemon: bytes in both directions, as mode and rules allow.

use std::io;
use std::sync::Arc;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::{mpsc, watch};

use super::body::Body;
use super::desk::{Desk, Mode, Switch};
use super::head::{Found, ProxiedRequest, find};
use super::rule::ProxyAct;

/// Bytes taken at once.
const PIECE: usize = 16 << 10;

/// End of an answer's head.
const HEAD_END: &[u8] = b"\r\n\r\n";

/// What the side of the requests tells the side of the answers.
enum Order {
    /// Gives this answer; the daemon gives none.
    Say(Vec<u8>),
    /// Lets so many bytes of the next answer's body pass, and with 0 nothing of its head, then ends.
    CutAfter(usize),
}

/// Carries a connection until one side leaves or the proxy ends it.
pub(super) async fn carry(client: UnixStream, desk: Arc<Desk>) {
    let mut switch = desk.watch();
    let closings = switch.borrow().closings;
    let ended = async {
        // The sender lives as long as the desk.
        let _ = switch
            .wait_for(|now| now.mode == Mode::Cut || now.closings != closings)
            .await;
    };
    tokio::select! {
        // First of all: what is closed from the beginning must not reach the daemon.
        biased;
        () = ended => {}
        // A side that left is no matter of the proxy's.
        _ = tunnel(client, &desk) => {}
    }
}

async fn tunnel(client: UnixStream, desk: &Desk) -> io::Result<()> {
    let daemon = UnixStream::connect(desk.daemon()).await?;
    let (from_client, to_client) = client.into_split();
    let (from_daemon, to_daemon) = daemon.into_split();
    // One order a request, and the next request comes after its answer.
    let (orders, ordered) = mpsc::channel(1);
    let requests = Requests {
        client: from_client,
        daemon: to_daemon,
        desk,
        switch: desk.watch(),
        orders,
        bytes: Vec::new(),
    };
    let answers = answers(from_daemon, to_client, ordered, desk.watch());
    tokio::pin!(answers);
    tokio::select! {
        done = &mut answers => done,
        // The client sends no more, but may still read.
        done = requests.pass() => match done {
            Ok(()) => answers.await,
            error => error,
        },
    }
}

/// Waits until bytes may pass.
async fn opened(switch: &mut watch::Receiver<Switch>) {
    // The sender lives as long as the desk.
    let _ = switch.wait_for(|now| now.mode == Mode::Open).await;
}

/// The way from the client to the daemon.
struct Requests<'a> {
    client: OwnedReadHalf,
    daemon: OwnedWriteHalf,
    desk: &'a Desk,
    switch: watch::Receiver<Switch>,
    orders: mpsc::Sender<Order>,
    /// Read, but not yet passed on.
    bytes: Vec<u8>,
}

impl Requests<'_> {
    /// Passes requests on until the client sends no more.
    async fn pass(mut self) -> io::Result<()> {
        loop {
            match find(&self.bytes) {
                Found::Partly => {
                    if !self.fill().await? {
                        break;
                    }
                }
                Found::Nonsense => return Err(io::ErrorKind::InvalidData.into()),
                Found::Head(request, length) => self.request(request, length).await?,
            }
        }
        self.daemon.shutdown().await
    }

    /// Does with one request what is to be done, up to the end of its body.
    async fn request(&mut self, request: ProxiedRequest, head: usize) -> io::Result<()> {
        let body = Body::of(&request);
        let releases = self.switch.borrow().releases;
        let closed = || io::Error::from(io::ErrorKind::ConnectionAborted);
        let mut answer = None;
        match self.desk.take(request) {
            None => {}
            Some(ProxyAct::Cut) => return Err(closed()),
            Some(ProxyAct::Delay(time)) => tokio::time::sleep(time).await,
            Some(ProxyAct::Hang) => {
                let released = |now: &Switch| now.releases != releases;
                // The sender lives as long as the desk.
                let _ = self.switch.wait_for(released).await;
            }
            Some(ProxyAct::CutAnswer(bytes)) => {
                let told = self.orders.send(Order::CutAfter(bytes)).await;
                told.map_err(|_gone| closed())?;
            }
            Some(ProxyAct::Answer(status, message)) => answer = Some(own_answer(status, &message)),
        }
        opened(&mut self.switch).await;
        if !self.client_is_there()? {
            return Err(closed());
        }
        let Some(answer) = answer else {
            let head: Vec<u8> = self.bytes.drain(..head).collect();
            self.daemon.write_all(&head).await?;
            return self.body(body, true).await;
        };
        self.bytes.drain(..head);
        self.body(body, false).await?;
        let told = self.orders.send(Order::Say(answer)).await;
        told.map_err(|_gone| closed())
    }

    /// Takes a body to its end and passes it on, or not.
    async fn body(&mut self, mut body: Body, pass: bool) -> io::Result<()> {
        while !body.is_over() {
            if self.bytes.is_empty() && !self.fill().await? {
                return Ok(());
            }
            opened(&mut self.switch).await;
            let taken = body.take(&self.bytes);
            if pass {
                self.daemon.write_all(&self.bytes[..taken]).await?;
            }
            self.bytes.drain(..taken);
        }
        Ok(())
    }

    /// Reads more; `false` where the client sends no more.
    async fn fill(&mut self) -> io::Result<bool> {
        self.bytes.reserve(PIECE);
        Ok(self.client.read_buf(&mut self.bytes).await? > 0)
    }

    /// Whether the client still waits for its answer, after it was kept waiting.
    fn client_is_there(&mut self) -> io::Result<bool> {
        self.bytes.reserve(PIECE);
        match self.client.try_read_buf(&mut self.bytes) {
            Ok(count) => Ok(count > 0),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// The way from the daemon to the client, until the daemon sends no more or the answer is cut.
async fn answers(
    mut daemon: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    mut ordered: mpsc::Receiver<Order>,
    mut switch: watch::Receiver<Switch>,
) -> io::Result<()> {
    let mut piece = Vec::with_capacity(PIECE);
    let mut cut: Option<Cut> = None;
    loop {
        piece.clear();
        let count = tokio::select! {
            biased;
            Some(order) = ordered.recv() => {
                match order {
                    Order::Say(answer) => client.write_all(&answer).await?,
                    Order::CutAfter(left) => cut = Some(Cut { left, head: Vec::new() }),
                }
                continue;
            }
            count = daemon.read_buf(&mut piece) => count?,
        };
        opened(&mut switch).await;
        let passing = match &mut cut {
            Some(cut) => cut.take(&piece[..count]),
            None => count,
        };
        client.write_all(&piece[..passing]).await?;
        if count == 0 || passing < count || cut.as_ref().is_some_and(Cut::is_over) {
            return client.shutdown().await;
        }
    }
}

/// An answer that is cut off.
struct Cut {
    /// Bytes of the body that still pass.
    left: usize,
    /// The answer's head as far as it has come.
    head: Vec<u8>,
}

impl Cut {
    /// How many of the bytes pass.
    fn take(&mut self, bytes: &[u8]) -> usize {
        if self.left == 0 {
            return 0;
        }
        let mut head = 0;
        while head < bytes.len() && !self.head.ends_with(HEAD_END) {
            self.head.push(bytes[head]);
            head += 1;
        }
        let body = (bytes.len() - head).min(self.left);
        self.left -= body;
        head + body
    }

    fn is_over(&self) -> bool {
        self.left == 0
    }
}

/// An answer as the daemon words its refusals.
fn own_answer(status: u16, message: &str) -> Vec<u8> {
    let body = json!({ "message": message }).to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Scripted\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
