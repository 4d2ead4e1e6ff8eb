//! Artifacts: where they are, what their digest is, and whether they still are what was registered.
//!
//! ```
//! use model_registry::artifact::{ProjectRoot, State, Work};
//! use model_registry::{Manifest, Registration, Timestamp};
//!
//! # let folder = std::env::temp_dir().join(format!("registry-artifact-{}", std::process::id()));
//! # std::fs::create_dir_all(folder.join("runs")).expect("a folder");
//! let root = ProjectRoot::of(&folder.join("artifacts/registry/manifest.json"));
//! # std::fs::write(folder.join("runs/model.txt"), "weights").expect("a file");
//! let file = root.resolve("runs/model.txt").expect("a local path");
//! let measured = Work::default().digests(&[file.clone()]).remove(0)?.expect("it exists");
//!
//! let mut registration = Registration::new("runs/model.txt").version("1");
//! registration.artifact_digest = Some(measured.digest.to_string());
//! let mut manifest = Manifest::default();
//! let now: Timestamp = "2025-12-14T06:05:21Z".parse().expect("a timestamp");
//! manifest.register("minutes", &registration, now)?;
//!
//! let version = manifest.model("minutes")?.resolve("1")?;
//! assert_eq!(root.verify(&[version], &Work::default()), [State::Ok]);
//! # std::fs::write(folder.join("runs/model.txt"), "other").expect("a file");
//! assert!(root.verify(&[version], &Work::default())[0].is_failure());
//! # std::fs::remove_dir_all(folder).expect("the folder of this example");
//! # Ok::<(), model_registry::Error>(())
//! ```

mod digest;
mod hash;
mod pool;
mod remote;
mod remove;
mod root;
mod tree;
mod verify;

pub use digest::{Digest, ParseDigestError};
pub use hash::{Measured, Progress, Work};
pub use remove::{Removal, Remover};
pub use root::ProjectRoot;
pub use verify::State;

/// Returns whether an artifact path is a URL, such as `s3://bucket/model.txt`, and not local.
pub fn is_url(artifact_path: &str) -> bool {
    artifact_path.split_once("://").is_some_and(|(scheme, _)| {
        scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_url_has_a_scheme() {
        for (path, expected) in [
            ("s3://bucket/model.txt", true),
            ("s3+https://host/model.txt", true),
            ("s3:/bucket/model.txt", false),
            ("://model.txt", false),
            ("3d://model.txt", false),
            ("runs/s3://model.txt", false),
        ] {
            assert_eq!(super::is_url(path), expected, "{path}");
        }
    }
}
