//! Sends requests to an object store and classifies the responses.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use object_store::path::Path as Key;
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt, PutMode, PutOptions,
    PutPayload, UpdateVersion,
};
use tokio::runtime::{Builder, Handle, Runtime};

use super::super::location::ObjectUrl;
use super::super::remote::Remote;
use super::body::Body;
use super::chain::Chain;
use super::credentials::{Opened, Unusable, authorities, open};
use super::http::{Connector, Log};
use super::pause::Pause;
use super::refusal::{Refusal, judge};
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

impl<R> Fetched<R> {
    /// Returns what was read.
    pub(super) fn found(self) -> Option<R> {
        match self {
            Self::Found(found, _) => Some(found),
            Self::Absent | Self::Unchanged => None,
        }
    }
}

/// The result of a conditional write.
#[derive(Debug)]
pub(super) enum Put {
    Done,
    /// The condition failed: somebody else has written.
    Lost,
    /// The store asks to send fewer requests, and has not written.
    Throttled {
        problem: String,
        wait: Option<Duration>,
    },
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
        let connector = Connector {
            log: Arc::clone(&log),
            timeout,
            authorities,
            allow_http: false,
            issuers: Arc::default(),
        };
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
        mut parse: impl FnMut(&mut Body<'_>) -> Result<R>,
    ) -> Result<Fetched<R>> {
        self.repeat(url, || self.read_once(url, tag, &mut parse))
    }

    /// Returns whether an object exists, without reading it.
    ///
    /// # Errors
    /// [`Error::Remote`].
    pub(super) fn exists(&self, url: &ObjectUrl) -> Result<bool> {
        self.repeat(url, || {
            let options = GetOptions { head: true, ..GetOptions::default() };
            match self.run(self.opened.store.get_opts(&key(url)?, options)) {
                Ok(_) => Ok(Ok(true)),
                Err(Refusal::Absent) => Ok(Ok(false)),
                Err(refusal) => Err(refusal),
            }
        })
    }

    /// Sends a request that changes nothing, again if it may succeed later.
    fn repeat<R>(
        &self,
        url: &ObjectUrl,
        mut request: impl FnMut() -> Result<Result<R>, Refusal>,
    ) -> Result<R> {
        let mut wait = Pause::new();
        for attempt in 1.. {
            let (problem, asked) = match request() {
                Ok(result) => return result,
                Err(
                    Refusal::Passing { problem, wait, .. } | Refusal::Throttled { problem, wait },
                ) => (problem, wait),
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
        parse: &mut impl FnMut(&mut Body<'_>) -> Result<R>,
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
        let mut body = Body::new(self, got);
        let parsed = parse(&mut body);
        match (parsed, body.broken()) {
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
            Err(Refusal::Throttled { problem, wait }) => Ok(Put::Throttled { problem, wait }),
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
        result.map_err(|error| judge(&self.url, &self.opened, &answer, &error))
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.as_ref().expect("there until it is dropped").block_on(future)
    }

    /// Waits for the next part of a body, as long as for a whole answer.
    pub(super) fn wait_for<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let timeout = self.timeout;
        self.block_on(async { tokio::time::timeout(timeout, future).await.ok() })
    }

    fn error(&self, action: &'static str, url: &ObjectUrl, refusal: Refusal) -> Error {
        let (reason, problem) = match refusal {
            Refusal::Final(reason, problem) => (reason, problem),
            Refusal::Passing { problem, .. } | Refusal::Throttled { problem, .. } => {
                (RemoteReason::Unreachable, problem)
            }
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

#[cfg(test)]
impl State {
    /// A state for tests of the update.
    pub(super) fn of(version: UpdateVersion, chain: Chain) -> Self {
        Self { version, chain, attributes: Attributes::new() }
    }
}
