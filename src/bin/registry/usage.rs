//! Adds tips to usage errors.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::output::shell_word;

/// Adds the command that was probably meant: `promote MODEL VERSION prod` needs `--stage`.
pub(crate) fn with_tip(mut error: clap::Error, arguments: &[String]) -> clap::Error {
    if let Some(command) = meant(&error, arguments) {
        let tip = format!("name the stage with an option: {command}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn meant(error: &clap::Error, arguments: &[String]) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(stage)) = error.get(ContextKind::InvalidArg) else { return None };
    let is_verb = |word: &String| word == "promote" || word == "list";
    let known = stage.parse::<model_registry::Stage>().is_ok();
    if !known || !arguments.iter().any(is_verb) {
        return None;
    }
    let place = arguments.iter().rposition(|word| word == stage)?;
    let mut words = vec!["registry".to_owned()];
    for (index, word) in arguments.iter().enumerate() {
        words.extend((index == place).then(|| "--stage".to_owned()));
        words.push(shell_word(word));
    }
    Some(words.join(" "))
}
