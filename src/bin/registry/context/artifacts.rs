//! Verifies and measures artifacts, with a thread for each processor and a progress bar.

use std::num::NonZero;
use std::path::PathBuf;

use model_registry::artifact::{self, Measured, ProjectRoot, State, Work};
use model_registry::{ModelVersion, Remote};

use super::Context;
use crate::output::Bar;

impl Context {
    /// Returns the folder that artifact paths are relative to.
    pub(crate) fn root(&self) -> ProjectRoot {
        ProjectRoot::of(self.manifest())
    }

    /// Compares the artifacts of versions with what was registered. By default, it uses a thread
    /// for each processor.
    pub(crate) fn verify(
        &self,
        versions: &[&ModelVersion],
        threads: Option<NonZero<usize>>,
    ) -> Vec<State> {
        let bar = Bar::new();
        let remote = self.remote_for(versions);
        self.root().verify(versions, &work(threads).progress(&bar).remote(&remote))
    }

    /// Returns whether the artifact of a version exists, in a file or in an object store.
    pub(crate) fn presence(&self, version: &ModelVersion) -> State {
        let remote = self.remote_for(&[version]);
        self.root().presence_anywhere(version, &work(None).remote(&remote))
    }

    /// Returns the settings for artifacts in object stores. The environment is read only if there
    /// are such artifacts.
    fn remote_for(&self, versions: &[&ModelVersion]) -> Remote {
        let has_urls = versions.iter().any(|version| artifact::is_url(&version.artifact_path()));
        if has_urls { (self.remote)().beside(self.manifest()) } else { Remote::default() }
    }

    /// Makes sure that the artifact of a version is what was registered.
    pub(crate) fn require_verified(
        &self,
        model: &str,
        version: &ModelVersion,
    ) -> model_registry::Result<()> {
        self.verify(&[version], None).iter().try_for_each(|state| state.require_ok(model, version))
    }

    /// Computes the digest of a path; `None` if it does not exist.
    pub(crate) fn measure(path: PathBuf) -> model_registry::Result<Option<Measured>> {
        let bar = Bar::new();
        work(None).progress(&bar).digests(&[path]).pop().unwrap_or(Ok(None))
    }

    /// Computes the digest of the object at a URL; `None` if it does not exist.
    pub(crate) fn measure_object(&self, url: &str) -> model_registry::Result<Option<Measured>> {
        let bar = Bar::new();
        work(None).progress(&bar).remote(&(self.remote)()).object_digest(url)
    }
}

fn work(threads: Option<NonZero<usize>>) -> Work<'static> {
    let processors = || std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
    Work::default().threads(threads.unwrap_or_else(processors))
}
