//! Tests whether a store supports conditional writes, before the first write to a bucket.
//!
//! A store that ignores them answers with success, and updates are lost without a trace. The
//! answer is remembered outside the bucket. A store that checks and writes in separate steps
//! passes: this probe is one client, and no race.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use super::super::location::ObjectUrl;
use super::chain::{Chain, WriteId};
use super::client::{Client, Fetched, Put, State};
use super::pause::Pause;
use crate::error::{Error, RemoteReason, Result};

/// The file in the cache folder: one line for each bucket.
const MEMORY: &str = "object-stores";

/// How often the probe is repeated after an ambiguous response.
const TRIES: u32 = 3;

/// Makes sure that the store of a client honours conditions.
///
/// # Errors
/// [`Error::Remote`] with [`RemoteReason::NoCompareAndSwap`], or that of a failed request.
pub(super) fn require_conditions(client: &Client) -> Result<()> {
    let memory = client.remote().cache().map(|folder| folder.join(MEMORY));
    let line = format!("{} {}", env!("CARGO_PKG_VERSION"), client.identity());
    if memory.as_deref().is_some_and(|path| remembers(path, &line)) {
        return Ok(());
    }
    let mut pause = Pause::new();
    for attempt in 1.. {
        match probe(client) {
            Ok(()) => break,
            Err(Doubt::Ignores(problem)) => return Err(refuse(client, problem)),
            Err(Doubt::Unclear(problem)) if attempt == TRIES => {
                let (url, reason) = (client.url().to_string(), RemoteReason::Unreachable);
                return Err(Error::Remote { action: "write", url, reason, problem });
            }
            Err(Doubt::Unclear(_)) => pause.sleep(None),
            Err(Doubt::Failed(error)) => return Err(error),
        }
    }
    if let Some(path) = memory {
        // Without the memory the next process probes again.
        let _ = remember(&path, &line);
    }
    Ok(())
}

/// Why a probe has not shown that the store honours conditions.
enum Doubt {
    Ignores(&'static str),
    /// A request got no answer, or an ambiguous one.
    Unclear(String),
    /// The store refused a request.
    Failed(Error),
}

impl From<Error> for Doubt {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Creates an object twice and replaces it twice, each time as if nobody else had.
fn probe(client: &Client) -> Result<(), Doubt> {
    let url = client.url().sibling(&format!(".registry-probe-{}", WriteId::new()));
    let outcome = steps(client, &url);
    // Where deleting is not allowed, an object of a few bytes stays.
    client.delete(&url);
    outcome
}

fn steps(client: &Client, url: &ObjectUrl) -> Result<(), Doubt> {
    // Returns whether the condition held and the object was written.
    let put = |base: Option<&State>| -> Result<bool, Doubt> {
        let chain = Chain::absent().with(&WriteId::new());
        // Some stores take the tag from the content, so it must differ.
        match client.put(url, chain.to_string().into_bytes(), base, &chain)? {
            Put::Done => Ok(true),
            Put::Lost => Ok(false),
            Put::Unknown { problem, .. } | Put::Throttled { problem, .. } => {
                Err(Doubt::Unclear(problem))
            }
        }
    };
    if !put(None)? {
        return Err(Doubt::Ignores("it refuses to create an object that is not there"));
    }
    if put(None)? {
        return Err(Doubt::Ignores("it creates an object twice (If-None-Match is ignored)"));
    }
    let Fetched::Found((), first) = client.read(url, None, |_| Ok(()))? else {
        return Err(Doubt::Ignores("an object that was just written cannot be read"));
    };
    if !put(Some(&first))? {
        return Err(Doubt::Ignores("it refuses to replace the version that it has"));
    }
    if put(Some(&first))? {
        let problem = "it replaces a version that it no longer has (If-Match is ignored)";
        return Err(Doubt::Ignores(problem));
    }
    Ok(())
}

fn refuse(client: &Client, problem: &str) -> Error {
    let (url, reason) = (client.url().to_string(), RemoteReason::NoCompareAndSwap);
    let problem = format!("the store does not honour conditions on writes: {problem}");
    Error::Remote { action: "write", url, reason, problem }
}

#[expect(clippy::disallowed_methods, reason = "the memory is a file")]
fn remembers(path: &Path, line: &str) -> bool {
    std::fs::read_to_string(path).is_ok_and(|text| text.lines().any(|known| known == line))
}

/// Adds a line in one write, so that other processes may do the same.
#[expect(clippy::disallowed_methods, reason = "the memory is a file")]
fn remember(path: &Path, line: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(path)?;
    file.write_all(format!("{line}\n").as_bytes())
}
