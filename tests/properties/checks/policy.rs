//! What holds for any text that is read as a policy file.

use std::path::Path;

use model_registry::{Error, Policy, Rule, Stage};

use super::{problem, rule};

/// A policy is refused with a place that is in the text, or every rule that it names is one.
pub(crate) fn policy(text: &str) {
    match Policy::parse(text, Path::new("policy.toml")) {
        Ok(policy) => {
            for model in ["m", "a.b", ""] {
                for stage in Stage::ALL {
                    let gate = policy.gate(model, stage);
                    gate.require.iter().for_each(|demand| rule(&demand.to_string()));
                }
            }
        }
        Err(error) => {
            let problem = problem(&error, text);
            assert!(!problem.is_empty());
            if let Some(about_a_rule) = problem.strip_prefix("rule `") {
                at_its_rule(about_a_rule, &error, text);
            }
        }
    }
}

/// A problem in a rule is the one of the rule alone, at the position of the rule
/// in the rule, or else where the string begins that holds it.
fn at_its_rule(about: &str, error: &Error, text: &str) {
    let Error::BadDocument { line, column, .. } = error else { return };
    let start: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let at = text[start..].char_indices().nth(column - 1).map_or(text.len(), |(at, _)| start + at);
    let fits = about.match_indices("`: ").any(|(end, separator)| {
        let (rule, told) = (&about[..end], &about[end + separator.len()..]);
        let Err(Error::BadRule { column, problem, .. }) = rule.parse::<Rule>() else {
            return false;
        };
        let begin = rule.char_indices().nth(column - 1).map_or(rule.len(), |(at, _)| at);
        let word_for_word =
            text[..at].ends_with(&rule[..begin]) && text[at..].starts_with(&rule[begin..]);
        problem == told && (word_for_word || text[at..].starts_with(['"', '\'']))
    });
    assert!(fits, "not where the rule is: {error}");
}
