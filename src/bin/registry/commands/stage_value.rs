//! Parses a stage on the command line and lists the stages in help and completions.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use model_registry::Stage;

/// Returns a parser for `dev`, `staging` and `prod`.
pub(super) fn stage() -> impl TypedValueParser<Value = Stage> {
    one_of(&Stage::ALL)
}

/// Returns a parser for the stages in which a version can be current: `prod` and `staging`.
pub(super) fn current_stage() -> impl TypedValueParser<Value = Stage> {
    one_of(&[Stage::Prod, Stage::Staging])
}

fn one_of(stages: &[Stage]) -> impl TypedValueParser<Value = Stage> + use<> {
    PossibleValuesParser::new(stages.iter().map(|stage| stage.as_str()))
        .try_map(|word| word.parse::<Stage>())
}
