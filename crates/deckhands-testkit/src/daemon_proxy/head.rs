//! The head of a request: found in the bytes, and read as far as rules and lengths need it.

/// A head that is longer is none; the daemon's clients send a few hundred bytes.
const MAX_HEAD: usize = 64 << 10;

const END: &[u8] = b"\r\n\r\n";

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProxiedRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path without API version and query, e.g. `/containers/create`.
    pub path: String,
    /// The query, without `?`; empty where there is none.
    pub query: String,
    headers: Vec<(String, String)>,
}

/// How far a head has come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// More bytes are needed.
    Partly,
    /// This is not HTTP.
    Nonsense,
    /// A head of so many bytes.
    Head(ProxiedRequest, usize),
}

impl ProxiedRequest {
    /// The first value of a header, whose name is written in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(n, _)| n == name);
        header.map(|(_, value)| value.as_str())
    }
}

/// Looks for a head at the beginning of the bytes.
pub(super) fn find(bytes: &[u8]) -> Found {
    let Some(end) = bytes.windows(END.len()).position(|part| part == END) else {
        return if bytes.len() > MAX_HEAD {
            Found::Nonsense
        } else {
            Found::Partly
        };
    };
    match read(&String::from_utf8_lossy(&bytes[..end])) {
        Some(request) => Found::Head(request, end + END.len()),
        None => Found::Nonsense,
    }
}

fn read(text: &str) -> Option<ProxiedRequest> {
    let mut lines = text.split("\r\n");
    let mut words = lines.next()?.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    if !words.next()?.starts_with("HTTP/1.") {
        return None;
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers = lines
        .map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_ascii_lowercase(), value.trim().to_owned()))
        })
        .collect::<Option<_>>()?;
    Some(ProxiedRequest {
        method: method.to_owned(),
        path: without_version(path).to_owned(),
        query: query.to_owned(),
        headers,
    })
}

/// `/v1.41/version` is `/version`; a client that does not ask for a version leaves it out.
fn without_version(path: &str) -> &str {
    let rest = path.strip_prefix("/v").and_then(|rest| rest.find('/'));
    match rest.map(|at| path.split_at(at + 2)) {
        Some((version, rest)) if version[2..].bytes().all(is_digit_or_dot) => rest,
        _ => path,
    }
}

fn is_digit_or_dot(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

#[cfg(test)]
mod tests;
