//! The history of a model: its recorded changes.
//!
//! A change and its event are written together, so that a reviewer sees both. Events are only
//! added: a rollback is a new event.

mod action;
mod event;
mod production;
mod provenance;
mod recorded_stage;

pub use action::Action;
pub use event::{DroppedMove, Event};
pub(crate) use production::{NOT_ROLLED_BACK, took_effect};
pub(super) use production::{rollback_candidates, rolled_back};
pub use provenance::Provenance;
pub use recorded_stage::RecordedStage;
