//! Usage errors that clap does not find, and tips for those that it does.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::output::shell_word;

/// Adds the command that was probably meant: `promote MODEL VERSION prod` needs `--stage`.
pub(crate) fn with_tip(mut error: clap::Error, arguments: &[String]) -> clap::Error {
    if let Some(command) = suggestion(&error, arguments) {
        let tip = format!("name the stage with an option: {command}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

fn suggestion(error: &clap::Error, arguments: &[String]) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(stage)) = error.get(ContextKind::InvalidArg) else { return None };
    let is_verb = |word: &String| word == "promote" || word == "list";
    let is_stage = stage.parse::<model_registry::Stage>().is_ok();
    if !is_stage || !arguments.iter().any(is_verb) {
        return None;
    }
    let position = arguments.iter().rposition(|word| word == stage)?;
    let mut words = vec!["registry".to_owned()];
    for (index, word) in arguments.iter().enumerate() {
        words.extend((index == position).then(|| "--stage".to_owned()));
        words.push(shell_word(word));
    }
    Some(words.join(" "))
}

/// Returns an error for a word that looks like an option in the place of free text: with
/// `--reason --dry-run`, taking `--dry-run` as the reason would make the change. In
/// `--reason=--dry-run` it is text.
///
/// `command` has parsed the arguments, so an option that takes free text is not itself a value.
pub(crate) fn option_as_text(command: &clap::Command, arguments: &[String]) -> Option<clap::Error> {
    let free_text = |word: &str| {
        let name = word.strip_prefix("--")?;
        let option = command.get_arguments().find(|option| option.get_long() == Some(name))?;
        option.is_allow_hyphen_values_set().then_some(option)
    };
    let end = arguments.iter().position(|word| word == "--").map_or(arguments.len(), |end| end + 1);
    let (option, word) = arguments[..end]
        .windows(2)
        .find_map(|pair| looks_like_option(&pair[1]).then_some((free_text(&pair[0])?, &pair[1])))?;
    let mut error = clap::Error::new(ErrorKind::ValueValidation).with_cmd(command);
    let tip = format!("to use it as text: --{}={word}", option.get_long().unwrap_or_default());
    error.insert(ContextKind::InvalidArg, ContextValue::String(option.to_string()));
    error.insert(ContextKind::InvalidValue, ContextValue::String(word.clone()));
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    Some(error)
}

fn looks_like_option(word: &str) -> bool {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|n| n.len() == 1));
    let letters = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    word == "--"
        || name
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && letters(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_start_with_a_hyphen_and_an_option_is_not_text() {
        for word in ["-3% MAE", "-3", "- shorter window", "better", "", "--20 rows", "-x y"] {
            assert!(!looks_like_option(word), "{word}");
        }
        for word in ["--dry-run", "--json", "-s", "-m", "--"] {
            assert!(looks_like_option(word), "{word}");
        }
    }
}
