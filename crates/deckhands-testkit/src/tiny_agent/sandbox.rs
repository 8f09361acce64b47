//! A sandbox beside the app, as OpenHands makes it in its documented form: through the Docker socket, with the image,
//! the volumes and the labels that the environment names. It runs one command; whoever owns the app removes it.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;

use crate::output;

/// Where an app finds the daemon, unless `DOCKER_SOCKET` says otherwise.
const SOCKET: &str = "/var/run/docker.sock";

/// Runs a shell command in a sandbox of this session to its end.
pub(crate) fn run(session: &str, command: &str) -> u8 {
    match try_run(session, command) {
        Ok(()) => 0,
        Err(error) => output::complain(&format!("sandbox: {error}")),
    }
}

fn try_run(session: &str, command: &str) -> io::Result<()> {
    let name = format!("openhands-runtime-{session}");
    call(&format!("/containers/create?name={name}"), &body(command)?)?;
    call(&format!("/containers/{name}/start"), "")?;
    let ended = call(&format!("/containers/{name}/wait"), "")?;
    if ended.contains("\"StatusCode\":0") {
        Ok(())
    } else {
        Err(io::Error::other(ended))
    }
}

fn body(command: &str) -> io::Result<String> {
    let image = output::quote(&variable("SANDBOX_RUNTIME_CONTAINER_IMAGE")?);
    let volumes = output::quote(&variable("SANDBOX_VOLUMES")?);
    let labels = labels(&variable("SANDBOX_DOCKER_RUNTIME_KWARGS")?)?;
    let command = output::quote(command);
    Ok(format!(
        r#"{{"Image": {image}, "Entrypoint": ["/bin/sh", "-c"], "Cmd": [{command}], "Labels": {labels}, "HostConfig": {{"Binds": [{volumes}], "NetworkMode": "none"}}}}"#
    ))
}

fn variable(name: &str) -> io::Result<String> {
    let value = std::env::var_os(name);
    let value = value.and_then(|value| value.into_string().ok());
    value.ok_or_else(|| io::Error::other(format!("{name} is not set to a text")))
}

/// The dictionary of labels within a Python literal, as JSON. Texts that would need more than other quotes are refused.
fn labels(arguments: &str) -> io::Result<String> {
    let (_, rest) = arguments.split_once("'labels': {").unwrap_or_default();
    match rest.split_once('}') {
        Some((labels, _)) if !labels.contains(['\\', '"']) => {
            Ok(format!("{{{}}}", labels.replace('\'', "\"")))
        }
        _ => Err(io::Error::other("no labels that can be told to the daemon")),
    }
}

/// Posts to the daemon and gives its answer.
fn call(path: &str, body: &str) -> io::Result<String> {
    let socket = std::env::var_os("DOCKER_SOCKET").unwrap_or_else(|| SOCKET.into());
    let mut stream = UnixStream::connect(socket)?;
    // With this version of HTTP the answer ends with the connection.
    let head = "HTTP/1.0\r\nHost: docker\r\nContent-Type: application/json";
    let length = body.len();
    stream.write_all(
        format!("POST {path} {head}\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes(),
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).unwrap_or_default();
    if status.starts_with('2') {
        Ok(answer)
    } else {
        Err(io::Error::other(answer))
    }
}
