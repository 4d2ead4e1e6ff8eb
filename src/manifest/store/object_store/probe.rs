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
        match probe(client)? {
            Finding::Honours => break,
            Finding::Ignores(problem) => return Err(refuse(client, problem)),
            Finding::Unclear(problem) if attempt == TRIES => {
                let (url, reason) = (client.url().to_string(), RemoteReason::Unreachable);
                return Err(Error::Remote { action: "write", url, reason, problem });
            }
            Finding::Unclear(_) => pause.sleep(None),
        }
    }
    if let Some(path) = memory {
        // Without the memory the next process probes again.
        let _ = remember(&path, &line);
    }
    Ok(())
}

enum Finding {
    Honours,
    Ignores(&'static str),
    /// A request got no answer.
    Unclear(String),
}

/// Creates an object twice and replaces it twice, each time as if nobody else had.
fn probe(client: &Client) -> Result<Finding> {
    let url = client.url().sibling(&format!(".registry-probe-{}", WriteId::new()));
    let found = steps(client, &url);
    // Where deleting is not allowed, an object of a few bytes stays.
    client.delete(&url);
    found
}

fn steps(client: &Client, url: &ObjectUrl) -> Result<Finding> {
    let put = |base: Option<&State>| {
        let chain = Chain::absent().with(&WriteId::new());
        // Some stores take the tag from the content, so it must differ.
        client.put(url, chain.to_string().into_bytes(), base, &chain)
    };
    let state = || -> Result<Option<State>> {
        Ok(match client.read(url, None, |_| Ok(()))? {
            Fetched::Found((), state) => Some(state),
            Fetched::Absent | Fetched::Unchanged => None,
        })
    };
    match put(None)? {
        Put::Unknown { problem, .. } | Put::Throttled { problem, .. } => {
            return Ok(Finding::Unclear(problem));
        }
        Put::Lost => {
            return Ok(Finding::Ignores("it refuses to create an object that is not there"));
        }
        Put::Done => {}
    }
    match put(None)? {
        Put::Unknown { problem, .. } | Put::Throttled { problem, .. } => {
            return Ok(Finding::Unclear(problem));
        }
        Put::Done => {
            return Ok(Finding::Ignores("it creates an object twice (If-None-Match is ignored)"));
        }
        Put::Lost => {}
    }
    let Some(first) = state()? else {
        return Ok(Finding::Ignores("an object that was just written cannot be read"));
    };
    match put(Some(&first))? {
        Put::Unknown { problem, .. } | Put::Throttled { problem, .. } => {
            return Ok(Finding::Unclear(problem));
        }
        Put::Lost => return Ok(Finding::Ignores("it refuses to replace the version that it has")),
        Put::Done => {}
    }
    Ok(match put(Some(&first))? {
        Put::Unknown { problem, .. } | Put::Throttled { problem, .. } => Finding::Unclear(problem),
        Put::Done => {
            Finding::Ignores("it replaces a version that it no longer has (If-Match is ignored)")
        }
        Put::Lost => Finding::Honours,
    })
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
