//! Parses a stage on the command line and lists the stages in help and completions.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use model_registry::Stage;

/// Returns a parser for `dev`, `staging` and `prod`.
pub(super) fn stage() -> impl TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::as_str)).try_map(|word| word.parse::<Stage>())
}
