//! Real repositories: reading revisions, setting up clones, merging manifests.
#![allow(clippy::disallowed_methods)]

#[path = "git/hostile.rs"]
mod hostile;
#[path = "git/merging.rs"]
mod merging;
#[path = "git/reading.rs"]
mod reading;
#[path = "git/repository.rs"]
mod repository;
#[path = "git/setup.rs"]
mod setup;
#[path = "git/story.rs"]
mod story;
