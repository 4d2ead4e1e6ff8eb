//! HTTP messages, as far as a test needs them.

use std::collections::HashMap;
use std::io::{BufRead, Read};

pub(super) struct Request {
    pub(super) method: String,
    /// As it was sent.
    pub(super) target: String,
    /// Without the query, decoded.
    pub(super) path: String,
    headers: HashMap<String, String>,
    pub(super) body: Vec<u8>,
}

impl Request {
    /// Reads a request; `None` at the end of the connection.
    pub(super) fn read(input: &mut impl BufRead) -> Option<Self> {
        let mut line = String::new();
        input.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let path = decode(target.split('?').next().unwrap_or_default());
        let mut headers = HashMap::new();
        loop {
            let mut line = String::new();
            input.read_line(&mut line).ok()?;
            let Some((name, value)) = line.split_once(':') else { break };
            headers.insert(name.trim().to_ascii_lowercase(), value.trim().to_owned());
        }
        let length = headers.get("content-length").and_then(|text| text.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        input.read_exact(&mut body).ok()?;
        Some(Self { method, target, path, headers, body })
    }

    pub(super) fn header(&self, name: &str) -> Option<&String> {
        self.headers.get(name)
    }

    pub(super) fn headers(&self) -> impl Iterator<Item = (&String, &String)> {
        self.headers.iter()
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte.unwrap_or(b'0')).to_digit(16).unwrap_or(0);
        let value = digit(rest.next()) * 16 + digit(rest.next());
        bytes.push(u8::try_from(value).unwrap_or_default());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[derive(Debug, Clone)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) const fn new(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new() }
    }

    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Replaces the version that the response names with another one.
    pub(super) fn replace_version(&mut self) {
        for (name, value) in &mut self.headers {
            match name.as_str() {
                "etag" => "\"0000000000000000\"".clone_into(value),
                "x-goog-generation" => "1".clone_into(value),
                _ => {}
            }
        }
    }

    pub(super) fn to_bytes(&self, method: &str) -> Vec<u8> {
        let mut head = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in &self.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        if self.status != 304 && self.status != 204 {
            head.push_str(&format!("content-length: {}\r\n", self.body.len()));
        }
        let mut bytes = (head + "\r\n").into_bytes();
        if method != "HEAD" {
            bytes.extend_from_slice(&self.body);
        }
        bytes
    }
}
