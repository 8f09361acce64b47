//! Serves scripts as an OpenAI-compatible provider until SIGINT or SIGTERM; the serving itself is the library's.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use deckhands_testkit::{
    BenchLlm, BenchReply, BenchStream, RecordedRequest, Script, ScriptError, ScriptedLlm,
};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Bytes of the message that measurements get unless told otherwise.
const BENCH_BYTES: usize = 1000;

/// An OpenAI-compatible provider that answers from a script.
#[derive(Debug, Parser)]
#[command(name = "scripted-llm")]
struct Args {
    /// Script of the answers, JSON.
    #[arg(
        long,
        value_name = "FILE",
        required_unless_present_any = ["bench_reply", "bench_stream"],
        conflicts_with_all = ["bench_reply", "bench_stream"]
    )]
    script: Option<PathBuf>,
    /// Answer every request at once with a message of so many bytes, and remember nothing of it.
    #[arg(long, value_name = "BYTES", conflicts_with_all = ["named", "verbose"])]
    bench_reply: Option<usize>,
    /// The same, with the message of a stream in so many events, one every so many milliseconds.
    #[arg(
        long,
        value_name = "EVENTS,EVERY_MS",
        value_parser = events_and_time,
        conflicts_with_all = ["named", "verbose"]
    )]
    bench_stream: Option<BenchStream>,
    /// Another script for paths under /s/NAME/; may be given several times.
    #[arg(long, value_name = "NAME=FILE", value_parser = name_and_file)]
    named: Vec<(String, PathBuf)>,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT")]
    bind: SocketAddr,
    /// File that gets the port number once the server listens.
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// Log each request on stderr.
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Debug, thiserror::Error)]
enum Fault {
    #[error("use script `{0}`")]
    Script(PathBuf, #[source] ScriptError),
    #[error("access `{0}`")]
    File(PathBuf, #[source] io::Error),
    #[error("listen on {0}")]
    Bind(SocketAddr, #[source] io::Error),
    #[error("use the process's signals or streams")]
    Process(#[from] io::Error),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            report(&fault);
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), Fault> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let Some(file) = &args.script else {
        let llm = BenchLlm::start(bench_reply(&args), args.bind)
            .await
            .map_err(|source| Fault::Bind(args.bind, source))?;
        tell(&args, llm.addr())?;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        llm.shutdown().await;
        return Ok(());
    };
    let llm = ScriptedLlm::start(load(file)?, args.bind)
        .await
        .map_err(|source| Fault::Bind(args.bind, source))?;
    for (name, file) in &args.named {
        llm.add_script(name.clone(), load(file)?);
    }
    tell(&args, llm.addr())?;
    serve(&llm, args.verbose, &mut interrupt, &mut terminate).await;
    llm.shutdown().await;
    Ok(())
}

fn bench_reply(args: &Args) -> BenchReply {
    BenchReply {
        content_bytes: args.bench_reply.unwrap_or(BENCH_BYTES),
        stream: args.bench_stream,
    }
}

/// Tells where the server listens.
fn tell(args: &Args, addr: SocketAddr) -> Result<(), Fault> {
    if let Some(file) = &args.port_file {
        write_whole(file, &format!("{}\n", addr.port()))
            .map_err(|source| Fault::File(file.clone(), source))?;
    }
    Ok(announce(addr)?)
}

async fn serve(llm: &ScriptedLlm, verbose: bool, interrupt: &mut Signal, terminate: &mut Signal) {
    let mut logged = 0;
    loop {
        tokio::select! {
            _ = interrupt.recv() => return,
            _ = terminate.recv() => return,
            () = llm.wait_for_requests(logged + 1), if verbose => {
                for request in llm.requests().iter().filter(|request| request.sequence > logged) {
                    log(request);
                }
                logged = llm.requests().last().map_or(logged, |last| last.sequence);
            }
        }
    }
}

fn load(file: &Path) -> Result<Script, Fault> {
    let text = fs::read_to_string(file).map_err(|source| Fault::File(file.to_owned(), source))?;
    Script::from_json(&text).map_err(|source| Fault::Script(file.to_owned(), source))
}

/// A reader that waits for the file never sees half of it.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let beside = file.with_extension("part");
    fs::write(&beside, text)?;
    fs::rename(&beside, file)
}

fn announce(addr: SocketAddr) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "listening on http://{addr}")?;
    stdout.flush()
}

/// A log line that cannot be written is no reason to stop serving.
fn log(request: &RecordedRequest) {
    let step = request
        .step
        .map_or_else(|| "no step".to_owned(), |step| format!("step {step}"));
    let _ = writeln!(
        io::stderr(),
        "{} {} {} model={} messages={} tools={} bytes={} -> {step}",
        request.sequence,
        request.method,
        request.path,
        request.model.as_deref().unwrap_or("-"),
        request.message_count(),
        request.tools.len(),
        request.body_len,
    );
}

fn report(fault: &Fault) {
    let mut text = format!("error: {fault}");
    let mut source = std::error::Error::source(fault);
    while let Some(error) = source {
        text.push_str(&format!(": {error}"));
        source = error.source();
    }
    let _ = writeln!(io::stderr(), "{text}");
}

fn name_and_file(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.to_owned(), PathBuf::from(file)))
        }
        _ => Err("expected NAME=FILE".to_owned()),
    }
}

fn events_and_time(text: &str) -> Result<BenchStream, String> {
    let parsed = text.split_once(',').and_then(|(events, every)| {
        let events = events.parse().ok().filter(|events| *events > 0)?;
        let every = Duration::from_millis(every.parse().ok()?);
        Some(BenchStream { events, every })
    });
    parsed.ok_or_else(|| "expected EVENTS,EVERY_MS with at least one event".to_owned())
}
