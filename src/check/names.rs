//! Finds names that can be mistaken for others.

use std::collections::{HashMap, HashSet};

use super::finding::{Finding, Severity, Subject};
use crate::diff::versions_by_name;
use crate::manifest::{Manifest, Model, ModelVersion};

/// Reports models whose names differ only in case.
pub(super) fn check_names_of_models(manifest: &Manifest, findings: &mut Vec<Finding>) {
    for (first, later) in differ_in_case(manifest.models().iter().map(Model::name)) {
        findings.push(collision(Subject::model(first), Subject::model(later)));
    }
}

/// Reports versions whose names differ only in case, or whose name is the run id of an earlier version,
/// which a reference to that run would not find.
pub(super) fn check_names_of_versions(model: &Model, findings: &mut Vec<Finding>) {
    let subject = |version| Subject::version(model.name(), version);
    for (first, later) in differ_in_case(model.versions().iter().map(ModelVersion::version)) {
        findings.push(collision(subject(first), subject(later)));
    }
    let mut runs: HashMap<String, &str> = HashMap::new();
    for version in model.versions() {
        let name = version.version();
        if let Some(of) = runs.get(name) {
            let subject = subject(name);
            let message = format!("the name of {subject} is the run id of version `{of}`");
            findings.push(subject.problem("version", message));
        }
        let run = version.run_id();
        if run != name {
            runs.entry(run.into_owned()).or_insert(name);
        }
    }
}

/// Reports new versions in front of published ones whose name is the run id of a published one: a
/// reference to that run would mean the new version.
pub(super) fn check_runs_of_published(before: &Model, after: &Model) -> Vec<Finding> {
    let published = versions_by_name(before);
    let mut new: HashSet<&str> = HashSet::new();
    let mut findings = Vec::new();
    for version in after.versions() {
        let name = version.version();
        if !published.contains_key(name) {
            new.insert(name);
        } else if !new.is_empty()
            && let Some(taken) = new.get(&*version.run_id())
        {
            let subject = Subject::version(after.name(), taken);
            let message = format!("the name of {subject} is the run id of version `{name}`");
            findings.push(subject.problem("version", message));
        }
    }
    findings
}

/// Folders of artifacts are usually named after the model and the version.
fn collision(first: Subject<'_>, later: Subject<'_>) -> Finding {
    let message = format!(
        "{later} and {first} differ only in case: folders with these names are the same where file \
         names ignore case"
    );
    Finding { severity: Severity::Warning, ..later.finding(None, message) }
}

/// Returns the pairs of names that differ only in case: the first name, and each later one.
fn differ_in_case<'n>(names: impl Iterator<Item = &'n str> + Clone) -> Vec<(&'n str, &'n str)> {
    // Names of the same pattern, such as `20251205T061430Z`, cannot differ only in case.
    let mut patterns = names.clone().map(upper_case);
    let first = patterns.next().flatten();
    if first.is_some() && patterns.all(|pattern| pattern == first) {
        return Vec::new();
    }
    let mut known: HashMap<String, &str> = HashMap::new();
    let mut found = Vec::new();
    for name in names {
        let first = *known.entry(name.to_lowercase()).or_insert(name);
        if first != name {
            found.push((first, name));
        }
    }
    found
}

/// Returns the places of upper-case letters in a name, as bits; `None` if it is not short ASCII.
fn upper_case(name: &str) -> Option<u64> {
    if name.len() > 64 || !name.is_ascii() {
        return None;
    }
    let upper = name.bytes().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase());
    Some(upper.fold(0, |places, (place, _)| places | 1 << place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_differ_only_in_case_are_found() {
        let long = "x".repeat(64);
        let (lower, upper) = (format!("{long}a"), format!("{long}A"));
        for (names, expected) in [
            (&[][..], &[][..]),
            (&["a"], &[]),
            (&["a", "b", "ab"], &[]),
            (&["20251205T061430Z", "20251212T061455Z"], &[]),
            (&["a", "A"], &[("a", "A")]),
            (&["ab", "aB"], &[("ab", "aB")]),
            (&["A1", "b", "a1"], &[("A1", "a1")]),
            (&["ab", "aB", "Ab"], &[("ab", "aB"), ("ab", "Ab")]),
            (&["É", "é"], &[("É", "é")]),
            (&["é", "e"], &[]),
            (&["B", "C", "c"], &[("C", "c")]),
            (&[&*lower, &*upper], &[(&*lower, &*upper)]),
        ] {
            assert_eq!(differ_in_case(names.iter().copied()), expected, "{names:?}");
        }
    }
}
