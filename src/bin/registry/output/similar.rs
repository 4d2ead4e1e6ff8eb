//! Finds the name that a mistyped one was meant to be.

/// Returns the name that was probably meant.
pub(crate) fn similar<'n>(name: &str, present: &'n [String]) -> Option<&'n str> {
    // Comparing two names takes time quadratic in their length, and nobody mistypes such a name.
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
