//! Who is called, with what, and what has to come of it.

use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::Outcome;
use crate::connection::Connection;

/// Bytes of the request's body: "4 kB in".
const REQUEST: usize = 4000;

/// Bytes of the answer's text: "1 kB out".
const ANSWER: usize = 1000;

/// What the texts of the request are made of.
const WORDS: &str = "what was done so far, and what is there to do now; ";

pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    request: Vec<u8>,
    /// What the provider says, and the tokens that it counts.
    expected: (String, u64),
    /// A body that was found right; most are the same byte for byte.
    right: OnceLock<Vec<u8>>,
}

impl Target {
    /// Whoever listens at an address, and what the provider behind it answers.
    pub(crate) async fn find(
        provider: &str,
        address: &str,
        token_file: &str,
        streamed: bool,
    ) -> Outcome<Arc<Self>> {
        let token = fs::read_to_string(token_file)?;
        let mut direct = Connection::open(provider.parse()?).await?;
        let request = request(provider, token.trim(), false);
        let status = direct.call(&request).await?;
        let expected = said(direct.text()).ok_or("the provider says nothing")?;
        if status != Some(200) || expected.0.len() != ANSWER {
            return Err("the provider's answer is not the one to measure with".into());
        }
        Ok(Arc::new(Self {
            address: address.parse()?,
            request: self::request(address, token.trim(), streamed),
            expected,
            right: OnceLock::new(),
        }))
    }

    /// The whole request.
    pub(crate) fn request(&self) -> &[u8] {
        &self.request
    }

    /// The text that every answer has.
    pub(crate) fn text(&self) -> &str {
        &self.expected.0
    }

    /// Makes one call and checks its answer, on a kept connection if there is one.
    pub(crate) async fn call(&self, kept: Option<Connection>) -> Outcome<Connection> {
        if let Some(mut connection) = kept
            && let Some(status) = connection.call(&self.request).await?
        {
            self.check(status, connection.text())?;
            return Ok(connection);
        }
        let mut connection = Connection::open(self.address).await?;
        let status = connection.call(&self.request).await?;
        let status = status.ok_or("a new connection was closed without an answer")?;
        self.check(status, connection.text())?;
        Ok(connection)
    }

    fn check(&self, status: u16, body: &[u8]) -> Outcome<()> {
        if status == 200 && self.right.get().is_some_and(|right| right == body) {
            return Ok(());
        }
        if status == 200 && said(body).as_ref() == Some(&self.expected) {
            self.right.get_or_init(|| body.to_vec());
            return Ok(());
        }
        let body = String::from_utf8_lossy(body);
        Err(format!("a wrong answer, status {status}: {body}").into())
    }
}

/// The text of an answer, and the tokens of the call.
fn said(body: &[u8]) -> Option<(String, u64)> {
    let answer: Value = serde_json::from_slice(body).ok()?;
    let text = answer["choices"][0]["message"]["content"].as_str()?;
    let tokens = answer["usage"]["total_tokens"].as_u64()?;
    Some((text.to_owned(), tokens))
}

fn request(address: &str, token: &str, streamed: bool) -> Vec<u8> {
    let body = body(streamed);
    let head = format!(
        "POST /v1/chat/completions HTTP/1.1\r\n\
         host: {address}\r\n\
         authorization: Bearer {token}\r\n\
         content-type: application/json\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    );
    [head, body].concat().into_bytes()
}

/// A conversation of a few messages, exactly as long as wanted.
pub(crate) fn body(streamed: bool) -> String {
    let with_last = |last: &str| {
        let said = |role: &str| json!({ "role": role, "content": WORDS.repeat(10) });
        let messages = [
            said("system"),
            said("user"),
            said("assistant"),
            said("user"),
            said("assistant"),
            json!({ "role": "user", "content": last }),
        ];
        let request = json!({
            "model": "bench", "messages": messages, "stream": streamed, "temperature": 0.0,
        });
        request.to_string()
    };
    let missing = REQUEST.saturating_sub(with_last("").len());
    let last: String = WORDS.chars().cycle().take(missing).collect();
    with_last(&last)
}
