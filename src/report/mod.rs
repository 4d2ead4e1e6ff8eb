//! Views of a manifest for people: how a metric moves over the versions of a model, and which
//! version was in production when.
//!
//! Nothing here prints. A view is a value; the command line or a page renders it.

mod plot;
mod series;
mod sparkline;
pub mod text;

pub use plot::{Mark, Plot};
pub use series::{Point, Reading, Series, Trend};
pub use sparkline::{newest, sparkline};
