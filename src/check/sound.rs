//! Recognizes versions without problems at a fraction of the cost of looking for problems.

use json_document::{Kind, Parser, Raw, Shape};

use crate::artifact::Digest;
use crate::manifest::{ModelVersion, Timestamp, Value, valid};
use crate::secret;

/// Recognizes versions in which [`check_version`](super::version::check_version) finds nothing,
/// without reading their fields.
///
/// The versions of a model nearly always have the same fields in the same layout, so the places
/// of the values are known from the version before.
#[derive(Default)]
pub(super) struct SoundVersions {
    shape: Shape,
    /// The values to check in versions of this shape; `None` if one of them can have a problem.
    checked: Option<Checked>,
    /// The later one of `created_at` and `promoted_at` of the last sound version.
    last_time: Option<Timestamp>,
}

/// The numbers of the scalars of a shape that are checked.
struct Checked {
    name: usize,
    run_id: usize,
    path: usize,
    /// `created_at` and `promoted_at`.
    times: [usize; 2],
    /// `training_start` and `training_end`.
    dates: [usize; 2],
    digest: Option<usize>,
}

impl SoundVersions {
    /// Returns whether nothing is wrong with a version. `false` means that it is not known.
    pub(super) fn includes(&mut self, version: &ModelVersion) -> bool {
        let mut parser = Parser::from_str(version.text());
        if !parser.object_like(&mut self.shape) {
            let learnt = self.shape.learn(&parser, 0..version.text().len());
            self.checked = learnt.ok().and_then(|()| Checked::of(&self.shape, version));
            return false;
        }
        let Some(checked) = &self.checked else { return false };
        let text = |number: usize| &version.text()[self.shape.scalar(number)];
        let [name, run_id, path] = [checked.name, checked.run_id, checked.path].map(text);
        if ![name, run_id, path].into_iter().all(is_plain)
            || name == "\"none\""
            || secret::is_in(path)
            || !checked.digest.map(text).is_none_or(is_digest)
        {
            return false;
        }
        let optional =
            |read: fn(&str) -> Option<Timestamp>, text: &'_ str| match Raw::new(text).string() {
                Some(time) => read(&time).map(Some),
                None => (text == "null").then_some(None),
            };
        // The later one of two times in order; `None` if they are not.
        let later = |read, [first, last]: [usize; 2]| match (
            optional(read, text(first))?,
            optional(read, text(last))?,
        ) {
            (Some(first), Some(last)) if first > last => None,
            (first, last) => Some(last.or(first)),
        };
        let Some(last_time) = later(Timestamp::parse, checked.times) else { return false };
        self.last_time = last_time;
        later(Timestamp::parse_date, checked.dates).is_some()
            && (0..self.shape.scalars()).map(text).all(is_finite)
    }

    /// Returns the later one of the times of the last version that was included.
    pub(super) const fn last_time(&self) -> Option<Timestamp> {
        self.last_time
    }
}

impl Checked {
    /// Finds the values in a shape. Returns `None` if one of them is missing or not a scalar, or if the
    /// name of a metric or a tag has a flaw.
    fn of(shape: &Shape, version: &ModelVersion) -> Option<Self> {
        let checked = Self {
            name: shape.scalar_of("version")?,
            run_id: shape.scalar_of("run_id")?,
            path: shape.scalar_of("artifact_path")?,
            times: [shape.scalar_of("created_at")?, shape.scalar_of("promoted_at")?],
            dates: [shape.scalar_of("training_start")?, shape.scalar_of("training_end")?],
            digest: shape.scalar_of("artifact_digest"),
        };
        let is_digest_checked =
            checked.digest.is_some() || version.get("artifact_digest").is_none();
        (is_digest_checked && has_sound_keys(version)).then_some(checked)
    }
}

/// Returns whether the names of all metrics and tags can be used. Versions of the same shape have
/// the same ones.
fn has_sound_keys(version: &ModelVersion) -> bool {
    version.members().all(|(field, raw)| match &*field {
        "metrics" => raw.members().all(|(name, _)| valid::flaw_of_metric(&name).is_none()),
        "tags" => raw.members().all(|(name, _)| valid::flaw_of_name("tag", &name).is_none()),
        _ => true,
    })
}

/// Returns whether a quoted text is a name and a path without flaw: visible ASCII without escapes.
/// The name `none` is not considered.
fn is_plain(quoted: &str) -> bool {
    let [b'"', inner @ .., b'"'] = quoted.as_bytes() else { return false };
    let edge = |byte: Option<&u8>| byte.is_some_and(|byte| !matches!(byte, b' ' | b'@'));
    edge(inner.first())
        && inner.last() != Some(&b' ')
        && inner.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'\\')
}

/// Returns whether a scalar is `null` or the text of a digest.
fn is_digest(scalar: &str) -> bool {
    let digest = Raw::new(scalar).string();
    scalar == "null" || digest.is_some_and(|digest| digest.parse::<Digest>().is_ok())
}

/// Returns whether a scalar is a finite number or not a number.
fn is_finite(scalar: &str) -> bool {
    let scalar = Raw::new(scalar);
    if scalar.kind() != Kind::Number {
        return true;
    }
    matches!(scalar.value(), Value::Number(number) if number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::document::check;
    use super::super::finding::Subject;
    use super::super::version::check_version;
    use super::*;
    use crate::manifest::Manifest;

    /// A version with some fields replaced.
    fn version(name: usize, replaced: &[(&str, &str)]) -> String {
        let mut text = format!(
            r#"{{"version": "{name}", "run_id": "r", "artifact_path": "p",
            "created_at": "2025-12-06T06:00:40.537326+00:00", "promoted_at": null,
            "training_start": "2022-10-01", "training_end": "2024-06-30",
            "metrics": {{"a": 0.5, "b": -1e-07}}}}"#
        );
        for (old, new) in replaced {
            assert!(text.contains(old), "{old}");
            text = text.replacen(old, new, 1);
        }
        text
    }

    #[test]
    fn a_version_like_the_one_before_is_checked_all_the_same() {
        let created = "\"2025-12-06T06:00:40.537326+00:00\"";
        let cases: &[&[(&str, &str)]] = &[
            &[],
            &[("null", "\"2025-12-07T06:00:40.000000+00:00\"")],
            &[("null", "\"2025-12-06T06:00:40.537325+00:00\"")],
            &[("null", "\"yesterday\"")],
            &[("null", "5")],
            &[(created, "null")],
            &[(created, "\"\"")],
            &[(created, "[1]")],
            &[("2024-06-30", "2022-09-30")],
            &[("2024-06-30", "2022-Q3")],
            &[("\"a\": 0.5", "\"a\": NaN")],
            &[("\"a\": 0.5", "\"a\": 1e400")],
            &[("\"a\": 0.5", "\"a\": \"NaN\"")],
            &[("-1e-07", "-Infinity")],
            &[("training_end", "training_stop"), ("2024-06-30", "2022-09-30")],
            &[("2022-10-01", "2025-10-01T00:00:00")],
            &[("2022-10-01\"", "2022-10-01T00:00:00\"")],
            &[("\"2022-10-01\"", "5")],
            &[("\"r\"", "\"@prod\"")],
            &[("\"r\"", "\" r\"")],
            &[("\"r\"", "\"r\\u0007\"")],
            &[("\"r\"", "\"r\u{200b}\"")],
            &[("\"p\"", "\"p\\nq\"")],
            &[("\"p\"", "\" \"")],
            &[("\"b\"", "\"b\u{ad}\"")],
            &[("\"r\"", "\"r\", \"tags\": {\"@a\": \"b\"}")],
            &[("\"r\"", "\"r\", \"artifact_digest\": \"md5:0\"")],
            &[("\"r\"", "\"r\", \"artifact_digest\": []")],
        ];
        let mut versions = Vec::new();
        for case in cases {
            // Behind a sound version of the usual shape, and behind one of its own.
            for replaced in [&[][..], case, case] {
                versions.push(version(versions.len(), replaced));
            }
        }
        let text = format!(r#"{{"models": {{"m": {{"versions": [{}]}}}}}}"#, versions.join(", "));
        let manifest: Manifest = text.parse().expect("a manifest");
        let model = &manifest.models()[0];
        let mut expected = Vec::new();
        for version in model.versions() {
            check_version(Subject::of(model, version), version, &mut expected);
        }
        assert_eq!(check(&manifest), expected);
        assert_eq!(expected.len(), 2 * 20 + 2 * 2);
        let mut sound = SoundVersions::default();
        let known = model.versions().iter().filter(|version| sound.includes(version)).count();
        assert!(known >= 20, "{known}");
    }
}
