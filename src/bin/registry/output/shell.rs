//! Quotes words for a shell.

/// Quotes a word for a shell where it needs quotes.
pub(crate) fn shell_word(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./@:=+,%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_survives_the_shell() {
        assert_eq!(shell_word("runs/20251214"), "runs/20251214");
        assert_eq!(shell_word(""), "''");
        assert_eq!(shell_word("a b'c"), r"'a b'\''c'");
    }
}
