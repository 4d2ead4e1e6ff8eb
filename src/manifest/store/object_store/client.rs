//! Sends requests to an object store and classifies the responses.

use std::future::Future;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use object_store::client::HttpErrorKind;
use object_store::path::Path as Key;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, UpdateVersion,
};
use tokio::runtime::{Builder, Handle, Runtime};

use super::super::location::ObjectUrl;
use super::super::remote::Remote;
use super::chain::Chain;
use super::credentials::{Opened, Unusable, authorities, open};
use super::http::{Answer, Connector, Log};
use super::pause::Pause;
use crate::error::{Error, RemoteReason, Result};

/// How often a read is tried, if the store answers with an error that may pass.
const READS: u32 = 5;

/// The name of the object's metadata that holds the chain of writes.
///
/// Without a separator, since Azure allows no hyphen, and some proxies drop underscores.
const WRITES: &str = "registrywrites";

/// A version of an object, and the attributes to keep when it is replaced.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) version: UpdateVersion,
    pub(super) chain: Chain,
    attributes: Attributes,
}

impl State {
    /// Value to send to find whether the object has changed.
    pub(super) fn tag(&self) -> Option<&str> {
        self.version.e_tag.as_deref()
    }

    /// Returns whether both are the same version of the object.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.version.e_tag == other.version.e_tag && self.version.version == other.version.version
    }
}

/// The result of a read.
pub(super) enum Fetched<R> {
    Absent,
    /// The object has not changed.
    Unchanged,
    Found(R, State),
}

/// The result of a conditional write.
#[derive(Debug)]
pub(super) enum Put {
    Done,
    /// The condition failed: somebody else has written.
    Lost,
    /// No response, or an ambiguous one. The object may have been written, or may still be.
    Unknown {
        problem: String,
        wait: Option<Duration>,
    },
}

/// A bucket, and the one object in it that most requests are about.
pub(super) struct Client {
    url: ObjectUrl,
    remote: Remote,
    opened: Opened,
    log: Arc<Log>,
    timeout: Duration,
    /// Taken apart when dropped: a name that is being resolved must not delay the end.
    runtime: Option<Runtime>,
    /// One request at a time, so that the log's last answer belongs to it.
    turn: Mutex<()>,
}

impl Drop for Client {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Client {
    /// Opens the store of an object. No request is sent yet.
    pub(super) fn open(url: &ObjectUrl, remote: &Remote, timeout: Duration) -> Result<Self> {
        let failed = |reason, problem: String| Error::Remote {
            action: "open",
            url: url.to_string(),
            reason,
            problem: remote.redact(&problem),
        };
        let other = |problem: String| failed(RemoteReason::Other, problem);
        if Handle::try_current().is_ok() {
            let problem = "called from an asynchronous task, which it would block";
            return Err(other(problem.to_owned()));
        }
        let runtime = Builder::new_current_thread().enable_io().enable_time().build();
        let runtime = Some(runtime.map_err(|error| other(error.to_string()))?);
        let log = Arc::new(Log::default());
        let unusable = |Unusable { problem, login }| match login {
            Some(login) => failed(RemoteReason::NoCredentials { login }, problem),
            None => other(problem),
        };
        let authorities = Arc::new(authorities(remote).map_err(unusable)?);
        let connector =
            Connector { log: Arc::clone(&log), timeout, authorities, allow_http: false };
        let opened = open(url, remote, connector).map_err(unusable)?;
        let (url, remote) = (url.clone(), remote.clone());
        Ok(Self { url, remote, opened, log, timeout, runtime, turn: Mutex::new(()) })
    }

    pub(super) fn url(&self) -> &ObjectUrl {
        &self.url
    }

    pub(super) fn remote(&self) -> &Remote {
        &self.remote
    }

    /// The server and the bucket.
    pub(super) fn identity(&self) -> &str {
        &self.opened.identity
    }

    /// Reads an object with `parse`, which may run again after a read that broke off.
    ///
    /// # Errors
    /// Those of `parse`, and [`Error::Remote`].
    pub(super) fn read<R>(
        &self,
        url: &ObjectUrl,
        tag: Option<&str>,
        mut parse: impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<Fetched<R>> {
        let mut wait = Pause::new();
        for attempt in 1.. {
            let (problem, asked) = match self.read_once(url, tag, &mut parse) {
                Ok(result) => return result,
                Err(Refusal::Passing { problem, wait, .. }) => (problem, wait),
                Err(refusal) => return Err(self.error("read", url, refusal)),
            };
            if attempt == READS {
                let refusal = Refusal::Final(RemoteReason::Unreachable, problem);
                return Err(self.error("read", url, refusal));
            }
            wait.sleep(asked);
        }
        unreachable!("the loop ends with its last attempt")
    }

    fn read_once<R>(
        &self,
        url: &ObjectUrl,
        tag: Option<&str>,
        parse: &mut impl FnMut(&mut dyn Read) -> Result<R>,
    ) -> Result<Result<Fetched<R>>, Refusal> {
        let key = key(url)?;
        let options =
            GetOptions { if_none_match: tag.map(ToOwned::to_owned), ..GetOptions::default() };
        let got = self.run(self.opened.store.get_opts(&key, options));
        let got = match got {
            Ok(got) => got,
            Err(Refusal::Absent) => return Ok(Ok(Fetched::Absent)),
            Err(Refusal::Condition) if tag.is_some() => return Ok(Ok(Fetched::Unchanged)),
            Err(refusal) => return Err(refusal),
        };
        let version =
            UpdateVersion { e_tag: got.meta.e_tag.clone(), version: got.meta.version.clone() };
        let writes = got.attributes.get(&Attribute::Metadata(WRITES.into()));
        let chain = Chain::read(writes.map(AsRef::as_ref), &version);
        let state = State { version, chain, attributes: got.attributes.clone() };
        let mut body = Body {
            client: self,
            left: got.meta.size,
            stream: got.into_stream(),
            chunk: bytes::Bytes::new(),
            broken: None,
        };
        let parsed = parse(&mut body);
        match (parsed, body.broken) {
            // The text before the connection broke is only a part of the object.
            (_, Some(problem)) => Err(Refusal::Passing { problem, wait: None, sent: true }),
            (parsed, None) => Ok(parsed.map(|parsed| Fetched::Found(parsed, state))),
        }
    }

    /// Writes an object if it is still the version `base`, or still absent.
    ///
    /// Sends one request without repeating it.
    ///
    /// # Errors
    /// [`Error::Remote`] if the store has refused the write.
    pub(super) fn put(
        &self,
        url: &ObjectUrl,
        content: Vec<u8>,
        base: Option<&State>,
        chain: &Chain,
    ) -> Result<Put> {
        let mode = match base {
            Some(state) => PutMode::Update(state.version.clone()),
            None => PutMode::Create,
        };
        let mut attributes = base.map(|state| state.attributes.clone()).unwrap_or_default();
        if base.is_none() {
            attributes.insert(Attribute::ContentType, "application/json".into());
        }
        attributes.insert(Attribute::Metadata(WRITES.into()), chain.to_string().into());
        let key = key(url).map_err(|refusal| self.error("write", url, refusal))?;
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        let payload = PutPayload::from(content);
        match self.run(self.opened.store.put_opts(&key, payload, options)) {
            Ok(_) => Ok(Put::Done),
            Err(Refusal::Condition | Refusal::Absent) => Ok(Put::Lost),
            Err(Refusal::Passing { problem, wait, sent: true }) => {
                Ok(Put::Unknown { problem, wait })
            }
            Err(refusal) => Err(self.error("write", url, refusal)),
        }
    }

    /// Deletes an object, and returns whether that succeeded.
    pub(super) fn delete(&self, url: &ObjectUrl) -> bool {
        key(url).is_ok_and(|key| self.run(self.opened.store.delete(&key)).is_ok())
    }

    /// Sends one request, and judges its answer.
    fn run<T>(&self, request: impl Future<Output = object_store::Result<T>>) -> Result<T, Refusal> {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.log.take());
        let result = self.block_on(request);
        let answer = self.log.take();
        drop(turn);
        result.map_err(|error| self.judge(&answer, &error))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("there until it is dropped").block_on(future)
    }

    /// Classifies a response.
    fn judge(&self, answer: &Answer, error: &object_store::Error) -> Refusal {
        let Answer { code, status, .. } = answer;
        if let Some((kind, words)) = &answer.transport {
            let sent = !matches!(kind, HttpErrorKind::Connect);
            if answer.for_credentials {
                return self.no_credentials(words);
            }
            return Refusal::Passing { problem: words.clone(), wait: None, sent };
        }
        let Some(status) = *status else {
            return Refusal::Final(RemoteReason::Other, innermost(error));
        };
        let mut problem = status.to_string();
        for part in [code, &answer.message] {
            if !part.is_empty() {
                problem.push(' ');
                problem.push_str(part);
            }
        }
        if answer.for_credentials && (400..500).contains(&status) {
            return self.no_credentials(&problem);
        }
        let wait = answer.retry_after;
        match status {
            200..300 => Refusal::Passing { problem: innermost(error), wait, sent: true },
            304 | 409 | 412 => Refusal::Condition,
            404 if matches!(&**code, "NoSuchBucket" | "ContainerNotFound") => {
                let problem = format!("there is no bucket `{}`", self.url.bucket);
                Refusal::Final(RemoteReason::NoBucket, problem)
            }
            404 => Refusal::Absent,
            300..=400 if answer.region.is_some() => {
                let region = answer.region.clone().unwrap_or_default();
                let assumed = self.opened.region.as_deref().unwrap_or_default();
                let problem = format!("the bucket is in region {region}, not in {assumed}");
                Refusal::Final(RemoteReason::WrongRegion { region }, problem)
            }
            401 => Refusal::Final(self.expired(), problem),
            _ if code.contains("Expired") || matches!(&**code, "InvalidToken") => {
                Refusal::Final(self.expired(), problem)
            }
            403 => Refusal::Final(RemoteReason::AccessDenied, problem),
            408 | 429 | 500.. => Refusal::Passing { problem, wait, sent: true },
            _ => Refusal::Final(RemoteReason::Other, problem),
        }
    }

    fn expired(&self) -> RemoteReason {
        RemoteReason::CredentialsExpired { login: self.opened.login.clone() }
    }

    fn no_credentials(&self, words: &str) -> Refusal {
        let login = self.opened.login.clone();
        let mut tried = self.opened.tried.join("; ");
        if tried.is_empty() {
            words.clone_into(&mut tried);
        }
        Refusal::Final(RemoteReason::NoCredentials { login }, format!("no credentials: {tried}"))
    }

    pub(super) fn error(&self, action: &'static str, url: &ObjectUrl, refusal: Refusal) -> Error {
        let (reason, problem) = match refusal {
            Refusal::Final(reason, problem) => (reason, problem),
            Refusal::Passing { problem, .. } => (RemoteReason::Unreachable, problem),
            Refusal::Absent => (RemoteReason::Other, "it does not exist".to_owned()),
            Refusal::Condition => (RemoteReason::Other, "a condition failed".to_owned()),
        };
        let problem = self.remote.redact(&problem);
        Error::Remote { action, url: url.to_string(), reason, problem }
    }
}

fn key(url: &ObjectUrl) -> Result<Key, Refusal> {
    Key::parse(&url.key).map_err(|error| Refusal::Final(RemoteReason::Other, error.to_string()))
}

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Refusal {
    Absent,
    Condition,
    /// The request may succeed later. `sent` is whether the store may have processed it.
    Passing {
        problem: String,
        wait: Option<Duration>,
        sent: bool,
    },
    Final(RemoteReason, String),
}

fn innermost(error: &object_store::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(next) = source.source() {
        source = next;
    }
    source.to_string()
}

/// The content of an object, while it arrives.
struct Body<'c> {
    client: &'c Client,
    stream: BoxStream<'static, object_store::Result<bytes::Bytes>>,
    chunk: bytes::Bytes,
    /// Number of bytes that are still to be received.
    left: u64,
    broken: Option<String>,
}

impl Read for Body<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            let (client, stream) = (self.client, &mut self.stream);
            let started = Instant::now();
            let next = client
                .block_on(async { tokio::time::timeout(client.timeout, stream.next()).await });
            let problem = match next {
                Ok(Some(Ok(chunk))) => {
                    self.left = self.left.saturating_sub(chunk.len() as u64);
                    self.chunk = chunk;
                    continue;
                }
                Ok(None) if self.left == 0 => return Ok(0),
                Ok(None) => format!("the answer ended {} bytes early", self.left),
                Ok(Some(Err(error))) => innermost(&error),
                Err(_) => format!("no more data within {:?}", started.elapsed()),
            };
            self.broken = Some(problem.clone());
            return Err(io::Error::other(problem));
        }
        let length = self.chunk.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.chunk.split_to(length));
        Ok(length)
    }
}

#[cfg(test)]
impl State {
    /// A state for tests of the update.
    pub(super) fn of(version: UpdateVersion, chain: Chain) -> Self {
        Self { version, chain, attributes: Attributes::new() }
    }
}
