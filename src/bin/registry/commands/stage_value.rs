//! A stage on the command line, with its words in help and completions.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use model_registry::Stage;

/// Reads `dev`, `staging` or `prod`.
pub(super) fn stage() -> impl TypedValueParser<Value = Stage> {
    PossibleValuesParser::new(Stage::ALL.map(Stage::as_str)).try_map(|word| word.parse::<Stage>())
}
