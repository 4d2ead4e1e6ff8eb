//! A small object store for tests: S3, Google Cloud Storage or Azure Blob Storage as a client sees
//! them, with the conditions on writes under one mutex, and with faults on demand.

mod dialect;
mod fault;
mod message;

use std::collections::BTreeMap;
use std::io::{BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

pub(crate) use dialect::{Dialect, SECRET};
pub(crate) use fault::Fault;
use fault::Faults;
use message::{Request, Response};

/// The bucket that exists; every other one does not.
pub(crate) const BUCKET: &str = "bucket";

/// A request, and the status of its response; 0 if there was none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Logged {
    pub(crate) method: String,
    pub(crate) key: String,
    pub(crate) status: u16,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// Path and query, as they were sent.
    pub(crate) target: String,
    pub(crate) host: String,
    pub(crate) body: String,
}

/// An object and its version.
#[derive(Debug, Clone)]
struct Object {
    content: Vec<u8>,
    tag: String,
    generation: u64,
    /// Headers that come back with the object: its type and its metadata.
    headers: Vec<(String, String)>,
}

#[derive(Debug, Default)]
struct State {
    objects: BTreeMap<String, Object>,
    writes: u64,
    faults: Faults,
    log: Vec<Logged>,
    authorizations: Vec<String>,
    received: Vec<Received>,
    /// Fixed responses by path, for services other than a store.
    routes: BTreeMap<String, (u16, String)>,
}

struct Shared {
    dialect: Dialect,
    /// Whether conditions on writes are ignored.
    careless: bool,
    state: Mutex<State>,
    stopped: AtomicBool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running server, which stops when it is dropped.
pub(crate) struct ObjectServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

impl ObjectServer {
    pub(crate) fn start(dialect: Dialect) -> Self {
        Self::run(dialect, false, 0)
    }

    /// Starts a store without objects at the port of one that has ended.
    pub(crate) fn start_at(port: u16, dialect: Dialect) -> Self {
        Self::run(dialect, false, port)
    }

    /// Starts a store that ignores conditions on writes.
    pub(crate) fn careless(dialect: Dialect) -> Self {
        Self::run(dialect, true, 0)
    }

    fn run(dialect: Dialect, careless: bool, port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("a free port");
        let address = listener.local_addr().expect("the address of the server");
        let stopped = AtomicBool::new(false);
        let shared = Arc::new(Shared { dialect, careless, state: Mutex::default(), stopped });
        let served = Arc::clone(&shared);
        let listening = Some(thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if served.stopped.load(Ordering::Relaxed) {
                    break;
                }
                let served = Arc::clone(&served);
                thread::spawn(move || serve(&stream, &served));
            }
        }));
        Self { address, shared, listening }
    }

    /// Returns the URL of an object.
    pub(crate) fn url(&self, key: &str) -> String {
        self.shared.dialect.url(BUCKET, key)
    }

    /// Returns the variables by which a client finds this server and its credentials.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        self.shared.dialect.environment(&self.address())
    }

    /// Makes the next requests of a method fail, each with one of these faults.
    pub(crate) fn fail(&self, method: &'static str, faults: impl IntoIterator<Item = Fault>) {
        self.shared.state().faults.script(method, faults);
    }

    /// Makes one in `one_in` requests fail, chosen by a seed.
    pub(crate) fn fail_at_random(&self, seed: u64, one_in: u64) {
        self.shared.state().faults.at_random(seed, one_in);
    }

    /// Makes one in `one_in` requests fail with this fault, chosen by a seed.
    pub(crate) fn repeat_at_random(&self, fault: &Fault, seed: u64, one_in: u64) {
        let faults = &mut self.shared.state().faults;
        faults.at_random(seed, one_in);
        faults.only(fault.clone());
    }

    /// Removes the remaining faults.
    pub(crate) fn forget_faults(&self) {
        self.shared.state().faults = Faults::default();
    }

    pub(crate) const fn port(&self) -> u16 {
        self.address.port()
    }

    /// Returns the URL of the server.
    pub(crate) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the credentials of all requests so far.
    pub(crate) fn authorizations(&self) -> Vec<String> {
        self.shared.state().authorizations.clone()
    }

    /// Answers every request for a path like this, as a service that hands out credentials does.
    pub(crate) fn serve(&self, path: &str, status: u16, body: &str) {
        self.shared.state().routes.insert(path.to_owned(), (status, body.to_owned()));
    }

    /// Returns all requests so far.
    pub(crate) fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// Returns the requests since the last call.
    pub(crate) fn log(&self) -> Vec<Logged> {
        std::mem::take(&mut self.shared.state().log)
    }

    /// Returns the content of an object.
    pub(crate) fn content(&self, key: &str) -> Option<Vec<u8>> {
        self.shared.state().objects.get(key).map(|object| object.content.clone())
    }

    /// Writes an object like a program that does not know manifests.
    pub(crate) fn write(&self, key: &str, content: impl Into<Vec<u8>>) {
        let mut state = self.shared.state();
        put(&mut state, self.shared.dialect, key, content.into(), Vec::new());
    }

    /// Deletes an object.
    pub(crate) fn delete(&self, key: &str) {
        self.shared.state().objects.remove(key);
    }

    /// Returns the keys of all objects.
    pub(crate) fn keys(&self) -> Vec<String> {
        self.shared.state().objects.keys().cloned().collect()
    }

    /// Sets a header of an object.
    pub(crate) fn set_header(&self, key: &str, name: &str, value: &str) {
        let mut state = self.shared.state();
        let object = state.objects.get_mut(key).expect("the object exists");
        object.headers.push((name.to_owned(), value.to_owned()));
    }

    /// Returns a metadata header of an object.
    pub(crate) fn header(&self, key: &str, name: &str) -> Option<String> {
        let state = self.shared.state();
        let headers = &state.objects.get(key)?.headers;
        headers.iter().find(|(known, _)| known.ends_with(name)).map(|(_, value)| value.clone())
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Relaxed);
        // Wakes the listener. Once its thread has ended, the port is free.
        let _ = TcpStream::connect(self.address);
        if let Some(listening) = self.listening.take() {
            let _ = listening.join();
        }
    }
}

fn serve(stream: &TcpStream, shared: &Shared) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(60)));
    let mut reader = BufReader::new(stream);
    while let Some(request) = Request::read(&mut reader) {
        if shared.stopped.load(Ordering::Relaxed) {
            return;
        }
        let (response, fault) = answer(&request, shared);
        let Some(response) = response else { return };
        let mut bytes = response.to_bytes(&request.method);
        match fault {
            Some(Fault::Slow(time)) => thread::sleep(time),
            Some(Fault::Stall) => {
                // Long enough for every client to give up.
                thread::sleep(Duration::from_secs(30));
                return;
            }
            Some(Fault::Truncated) => bytes.truncate(bytes.len() - response.body.len() / 2 - 1),
            _ => {}
        }
        let mut writer = stream;
        if writer.write_all(&bytes).is_err() || fault == Some(Fault::Truncated) {
            return;
        }
    }
}

/// Answers one request under the mutex; `None` if the connection is to break.
fn answer(request: &Request, shared: &Shared) -> (Option<Response>, Option<Fault>) {
    let dialect = shared.dialect;
    let mut state = shared.state();
    if let Some(key) = dialect.batch_delete(request) {
        state.objects.remove(&key);
        let method = "DELETE".to_owned();
        state.log.push(Logged { method, key, status: 202 });
        return (Some(dialect::batch_deleted()), None);
    }
    state.authorizations.extend(request.header("authorization").cloned());
    state.received.push(Received {
        target: request.target.clone(),
        host: request.header("host").cloned().unwrap_or_default(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
    });
    if let Some((status, body)) = state.routes.get(&request.path) {
        let mut response = Response::new(*status);
        response.body = body.clone().into_bytes();
        return (Some(response), None);
    }
    let Some((bucket, key)) = dialect.bucket_and_key(&request.path) else {
        return (Some(dialect.error(400, "InvalidURI")), None);
    };
    let fault = state.faults.next(&request.method);
    let refused = fault.as_ref().and_then(|fault| fault.refusal(dialect));
    let mut response = match refused {
        Some(response) => Some(response),
        None if fault == Some(Fault::DropBefore) => None,
        None if !dialect.is_signed(request) => Some(dialect.error(403, "AccessDenied")),
        None if bucket != BUCKET => Some(dialect.error(404, dialect.no_bucket())),
        None => Some(apply(request, &key, &mut state, shared)),
    };
    match fault {
        Some(Fault::Repeating) => {
            let sent = ["authorization", "x-amz-security-token"].map(|name| request.header(name));
            let sent: Vec<_> = sent.into_iter().flatten().map(String::as_str).collect();
            response = Some(dialect.error_with(403, "AccessDenied", &sent.join(" and ")));
        }
        Some(Fault::ApplyThen500) => response = Some(dialect.error(500, "InternalError")),
        Some(Fault::ApplyThenDrop) => response = None,
        Some(Fault::WrongTag) => {
            if let Some(response) = &mut response {
                response.replace_version();
            }
        }
        Some(Fault::Torn) => {
            if let Some(response) = &mut response {
                response.body.truncate(response.body.len() / 2);
            }
        }
        _ => {}
    }
    let status = response.as_ref().map_or(0, |response| response.status);
    state.log.push(Logged { method: request.method.clone(), key, status });
    (response, fault)
}

fn apply(request: &Request, key: &str, state: &mut State, shared: &Shared) -> Response {
    let dialect = shared.dialect;
    let current = state.objects.get(key);
    match request.method.as_str() {
        "GET" | "HEAD" => match current {
            None => dialect.error(404, dialect.no_key()),
            Some(object) if request.header("if-none-match") == Some(&object.tag) => {
                Response::new(304)
            }
            Some(object) => dialect.found(object),
        },
        "PUT" => {
            if !shared.careless
                && let Some(refusal) = dialect.refuses(request, current)
            {
                return refusal;
            }
            let kept = dialect.kept_headers(request);
            let object = put(state, dialect, key, request.body.clone(), kept);
            dialect.written(&object)
        }
        "DELETE" => {
            state.objects.remove(key);
            Response::new(dialect.deleted())
        }
        _ => dialect.error(405, "MethodNotAllowed"),
    }
}

fn put(
    state: &mut State,
    dialect: Dialect,
    key: &str,
    content: Vec<u8>,
    headers: Vec<(String, String)>,
) -> Object {
    state.writes += 1;
    let generation = 1_700_000_000_000_000 + state.writes;
    let tag = dialect.tag(&content, generation);
    let object = Object { content, tag, generation, headers };
    state.objects.insert(key.to_owned(), object.clone());
    object
}
