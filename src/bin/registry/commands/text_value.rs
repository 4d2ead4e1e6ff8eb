//! Values on the command line: free text, which may start with a hyphen (`--reason '-3 % MAE'`), and
//! tags.

/// Parses free text. A word that looks like an option is refused: with `--reason --dry-run`, taking
/// `--dry-run` as the reason would make the change.
pub(super) fn text(word: &str) -> Result<String, String> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-').filter(|n| n.len() == 1));
    let letters = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    if name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_lowercase()) && letters(name))
        || word == "--"
    {
        return Err("expected text, not an option".to_owned());
    }
    Ok(word.to_owned())
}

/// Parses `KEY=VALUE`.
pub(super) fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_may_start_with_a_hyphen_and_an_option_is_not_text() {
        for word in ["-3% MAE", "-3", "- shorter window", "--", "better", "", "--20 rows", "-x y"] {
            assert_eq!(text(word).is_ok(), word != "--", "{word}");
        }
        for word in ["--dry-run", "--json", "-s", "-m"] {
            assert!(text(word).is_err(), "{word}");
        }
    }
}
