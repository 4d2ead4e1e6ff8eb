//! The content of an object, while it arrives.

use std::io::{self, Read};
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::GetResult;

use super::client::Client;
use super::refusal::innermost;

/// The content of an object, which is read as it arrives.
pub(super) struct Body<'c> {
    client: &'c Client,
    stream: BoxStream<'static, object_store::Result<bytes::Bytes>>,
    chunk: bytes::Bytes,
    size: u64,
    /// Number of bytes that are still to be received.
    left: u64,
    broken: Option<String>,
}

impl<'c> Body<'c> {
    pub(super) fn new(client: &'c Client, got: GetResult) -> Self {
        let size = got.meta.size;
        let (stream, chunk) = (got.into_stream(), bytes::Bytes::new());
        Self { client, stream, chunk, size, left: size, broken: None }
    }

    /// Returns the size of the object in bytes.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Returns why the content is incomplete; `None` as long as it is not.
    pub(super) fn broken(self) -> Option<String> {
        self.broken
    }
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let (client, stream) = (self.client, &mut self.stream);
            let started = Instant::now();
            let problem = match client.wait_for(stream.next()) {
                Some(Some(Ok(chunk))) => {
                    self.left = self.left.saturating_sub(chunk.len() as u64);
                    self.chunk = chunk;
                    continue;
                }
                Some(None) if self.left == 0 => return Ok(0),
                Some(None) => format!("the answer ended {} bytes early", self.left),
                Some(Some(Err(error))) => innermost(&error),
                None => format!("no more data within {:?}", started.elapsed()),
            };
            self.broken = Some(problem.clone());
            return Err(io::Error::other(problem));
        }
        let length = self.chunk.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.chunk.split_to(length));
        Ok(length)
    }
}
