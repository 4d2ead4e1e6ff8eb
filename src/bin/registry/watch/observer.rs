//! Observes the manifest, and sends an event when another version is current in the stage.

use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::Result;
use model_registry::artifact::ProjectRoot;
use model_registry::report::VersionView;
use model_registry::{Error, Manifest, Revision, Stage, Store};

use super::Event;
use super::notifications::Notifications;

/// Delay before a manifest that cannot be read is read again. Only the second failure is reported,
/// since `git checkout` removes a file before it writes the new one.
const RETRY_DELAY: Duration = Duration::from_millis(200);

/// The version that is current in the stage.
#[derive(Clone)]
pub(crate) struct Current {
    pub(crate) version: String,
    /// Artifact path that opens from the working directory.
    pub(crate) path: String,
    /// The version as JSON.
    pub(crate) view: Box<serde_json::value::RawValue>,
}

/// What was observed.
pub(crate) enum Observation {
    /// A version is current in the stage.
    Current(Current),
    /// No version is current in the stage; the text is the reason.
    NoVersion(String),
    /// The manifest is missing or cannot be read; the text is the reason.
    Unreadable(String),
    /// The system sends no notifications, so changes are noticed only by polling; the text is the
    /// reason.
    NoNotifications(String),
}

/// Observes a stage of a model.
pub(crate) struct Observer {
    pub(crate) store: Store,
    pub(crate) root: ProjectRoot,
    pub(crate) model: String,
    pub(crate) stage: Stage,
    /// Longest time between two readings of the manifest.
    pub(crate) poll: Duration,
}

impl Observer {
    /// Observes the manifest on a new thread, until the receiver of the events is gone.
    pub(crate) fn start(self, events: Sender<Event>) {
        std::thread::spawn(move || self.run(&events));
    }

    fn run(self, events: &Sender<Event>) {
        let (wake, woken) = mpsc::channel();
        let mut notifications = Notifications::new(wake);
        let mut known: Option<Revision> = None;
        // The version and the path that were sent last; `Some(None)` if the stage was empty.
        let mut last: Option<Option<(String, String)>> = None;
        // Whether the last reading failed, and whether that was sent.
        let (mut failed, mut reported) = (false, false);
        loop {
            // Folders are watched first, so that a change after the reading is noticed.
            if let Some(problem) = notifications.watch(&self.store)
                && events.send(Event::Observed(Observation::NoNotifications(problem))).is_err()
            {
                return;
            }
            while woken.try_recv().is_ok() {}
            let mut pause = self.poll;
            let observation = match self.read(&mut known) {
                Ok(None) => None,
                Ok(Some(observation)) => {
                    (failed, reported) = (false, false);
                    let found = match &observation {
                        Observation::Current(current) => {
                            Some((current.version.clone(), current.path.clone()))
                        }
                        _ => None,
                    };
                    let changed = last.as_ref() != Some(&found);
                    last = Some(found);
                    changed.then_some(observation)
                }
                Err(problem) if (failed || last.is_none()) && !reported => {
                    reported = true;
                    Some(Observation::Unreadable(problem))
                }
                Err(_) => {
                    if !failed {
                        pause = pause.min(RETRY_DELAY);
                    }
                    failed = true;
                    None
                }
            };
            if let Some(observation) = observation
                && events.send(Event::Observed(observation)).is_err()
            {
                return;
            }
            match woken.recv_timeout(pause) {
                // A replaced file is always read: its metadata can be the same as before.
                Ok(()) => known = None,
                Err(RecvTimeoutError::Timeout) => {}
                // `notifications` keeps the sender, so this does not happen.
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Reads the manifest if it is not as of the revision `known`. The error is a message.
    fn read(&self, known: &mut Option<Revision>) -> Result<Option<Observation>, String> {
        let read = self.store.load_if_changed(known.as_ref()).map_err(|error| error.to_string())?;
        let Some((manifest, revision)) = read else { return Ok(None) };
        let exists = revision.exists();
        *known = Some(revision);
        if !exists {
            *known = None;
            return Err(format!("`{}` does not exist", self.store.path().display()));
        }
        let error = match self.current(&manifest) {
            Ok(current) => return Ok(Some(Observation::Current(current))),
            Err(error) => error,
        };
        let text = error.to_string();
        if let Some(Error::NothingInStage { .. } | Error::ModelNotFound { .. }) =
            error.downcast_ref()
        {
            return Ok(Some(Observation::NoVersion(text)));
        }
        *known = None;
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
