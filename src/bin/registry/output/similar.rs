//! Suggests a name for a mistyped one.

/// Returns the most similar name, if one is similar enough.
pub(crate) fn similar<'n>(name: &str, present: &'n [String]) -> Option<&'n str> {
    // The comparison takes quadratic time, and names this long are not typed.
    const LONGEST: usize = 200;
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_lowercase();
    let likeness = |other: &String| strsim::jaro_winkler(&name, &other.to_lowercase());
    let short = present.iter().filter(|other| other.len() <= LONGEST);
    let best = short.map(|other| (likeness(other), other));
    let best = best.max_by(|(one, _), (two, _)| one.total_cmp(two));
    best.filter(|&(likeness, _)| likeness > 0.8).map(|(_, name)| name.as_str())
}
