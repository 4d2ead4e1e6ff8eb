//! Views of a manifest for people: how a metric moves over the versions of a model, and which
//! version was current when; and the page that shows all of it.
//!
//! Nothing here prints. A view is a value; the command line or a page renders it.

mod lost;
mod page;
mod plot;
mod production;
mod series;
mod sparkline;
pub mod text;
mod version_view;

pub use lost::lost_moves;
pub use page::Page;
pub use plot::{Mark, Plot};
pub use production::{Period, periods};
pub use series::{Point, Reading, Series, Trend};
pub use sparkline::{newest, sparkline};
pub use version_view::VersionView;
