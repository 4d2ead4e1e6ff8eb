//! Looks at the manifest, and reports another version in the stage.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Result;
use model_registry::artifact::ProjectRoot;
use model_registry::report::VersionView;
use model_registry::{Error, Manifest, Revision, Stage, Store};

use super::Event;
use super::notices::Notices;

/// How soon to look again at a manifest that cannot be read, before that is reported: `git checkout`
/// removes a file before it writes the new one.
const SECOND_LOOK: Duration = Duration::from_millis(200);

/// The version that is current in the stage.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) version: String,
    /// Artifact path that opens from the working directory.
    pub(crate) path: String,
    /// The version as JSON.
    pub(crate) view: Box<serde_json::value::RawValue>,
}

/// A finding in the manifest.
pub(crate) enum Sight {
    /// A version is current in the stage.
    Current(Current),
    /// No version is; the text is the reason.
    Nothing(String),
    /// The manifest is missing or cannot be read.
    Trouble(String),
    /// Changes are noticed only by looking every few seconds; the text is the reason.
    NoNotices(String),
}

/// A stage of a model to look at.
pub(crate) struct Look {
    pub(crate) store: Store,
    pub(crate) root: ProjectRoot,
    pub(crate) model: String,
    pub(crate) stage: Stage,
    /// Longest time between two looks.
    pub(crate) poll: Duration,
}

impl Look {
    /// Looks at the manifest until nobody listens, on a thread of its own.
    pub(crate) fn start(self, events: Sender<Event>) {
        std::thread::spawn(move || self.run(&events));
    }

    fn run(self, events: &Sender<Event>) {
        let (wake, woken) = mpsc::channel();
        let mut notices = Notices::new(wake);
        let mut seen: Option<Revision> = None;
        // The version and the path that were reported last, or `None` inside for an empty stage.
        let mut last: Option<Option<(String, String)>> = None;
        let (mut suspected, mut reported) = (false, false);
        loop {
            // Watches first, so that a change after the look is noticed.
            if let Some(problem) = notices.watch(&self.store)
                && events.send(Event::Sight(Sight::NoNotices(problem))).is_err()
            {
                return;
            }
            while woken.try_recv().is_ok() {}
            let mut pause = self.poll;
            let sight = match self.look(&mut seen) {
                Ok(None) => None,
                Ok(Some(sight)) => {
                    (suspected, reported) = (false, false);
                    let found = match &sight {
                        Sight::Current(now) => Some((now.version.clone(), now.path.clone())),
                        _ => None,
                    };
                    let changed = last.as_ref() != Some(&found);
                    last = Some(found);
                    changed.then_some(sight)
                }
                Err(problem) if (suspected || last.is_none()) && !reported => {
                    reported = true;
                    Some(Sight::Trouble(problem))
                }
                Err(_) => {
                    if !suspected {
                        pause = pause.min(SECOND_LOOK);
                    }
                    suspected = true;
                    None
                }
            };
            if let Some(sight) = sight
                && events.send(Event::Sight(sight)).is_err()
            {
                return;
            }
            match woken.recv_timeout(pause) {
                // Two files can look the same in their metadata, so what was replaced is read.
                Ok(()) => seen = None,
                Err(RecvTimeoutError::Timeout) => {}
                // `notices` keeps the sender, so this does not happen.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Reads the manifest if it has changed; the error is for people.
    fn look(&self, seen: &mut Option<Revision>) -> Result<Option<Sight>, String> {
        let read = self.store.load_if_changed(seen.as_ref()).map_err(|error| error.to_string())?;
        let Some((manifest, revision)) = read else { return Ok(None) };
        let exists = revision.exists();
        *seen = Some(revision);
        if !exists {
            *seen = None;
            return Err(format!("`{}` does not exist", self.store.path().display()));
        }
        let error = match self.current(&manifest) {
            Ok(current) => return Ok(Some(Sight::Current(current))),
            Err(error) => error,
        };
        let text = error.to_string();
        if let Some(Error::NothingInStage { .. } | Error::ModelNotFound { .. }) =
            error.downcast_ref()
        {
            return Ok(Some(Sight::Nothing(text)));
        }
        *seen = None;
        Err(text)
    }

    fn current(&self, manifest: &Manifest) -> Result<Current> {
        let model = manifest.model(&self.model)?;
        let version = model.current_version(self.stage)?;
        Ok(Current {
            version: version.version().to_owned(),
            path: self.root.from_here(&version.artifact_path()).into_owned(),
            view: serde_json::value::to_raw_value(&VersionView::new(model, version))?,
        })
    }
}
