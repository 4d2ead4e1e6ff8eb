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
    /// `version`, `run_id` and `artifact_path`, and `created_at`, `promoted_at`, `training_start` and
    /// `training_end`, if all are scalars and the names of metrics and tags have no flaw.
    fields: Option<([usize; 3], [usize; 4])>,
    /// `artifact_digest`, if there is one.
    digest: Option<usize>,
    /// The later one of `created_at` and `promoted_at` of the last sound version.
    last_time: Option<Timestamp>,
}

impl SoundVersions {
    /// Returns whether nothing is wrong with a version. `false` means that it is not known.
    pub(super) fn includes(&mut self, version: &ModelVersion) -> bool {
        let mut parser = Parser::from_str(version.text());
        if !parser.object_like(&mut self.shape) {
            self.fields = None;
            if self.shape.learn(&parser, 0..version.text().len()).is_ok() {
                let place = |name| self.shape.scalar_of(name);
                let [name, run, path] = ["version", "run_id", "artifact_path"].map(place);
                let [created, promoted, start, end] =
                    ["created_at", "promoted_at", "training_start", "training_end"].map(place);
                let names = name.zip(run).zip(path).map(|((a, b), c)| [a, b, c]);
                let fields = created.zip(promoted).zip(start.zip(end));
                let fields = fields.map(|((a, b), (c, d))| [a, b, c, d]);
                self.fields = names.zip(fields).filter(|_| has_sound_keys(version));
                self.digest = self.shape.scalar_of("artifact_digest");
                if self.digest.is_none() && version.get("artifact_digest").is_some() {
                    self.fields = None;
                }
            }
            return false;
        }
        let Some((names, dates)) = self.fields else { return false };
        let text = |number: usize| &version.text()[self.shape.scalar(number)];
        let is_digest = |text: &str| {
            let digest = Raw::new(text).string();
            text == "null" || digest.is_some_and(|digest| digest.parse::<Digest>().is_ok())
        };
        if !self.digest.map(text).is_none_or(is_digest) {
            return false;
        }
        let [name, run, path] = names.map(text);
        if !([name, run, path].into_iter().all(is_plain) && name != "\"none\"")
            || secret::is_in(path)
        {
            return false;
        }
        let [created, promoted, start, end] = dates.map(text);
        let optional =
            |read: fn(&str) -> Option<Timestamp>, text: &'_ str| match Raw::new(text).string() {
                Some(time) => read(&time).map(Some),
                None => (text == "null").then_some(None),
            };
        // The later one of two times in order; `None` if they are not.
        let later = |read, first, last| match (optional(read, first)?, optional(read, last)?) {
            (Some(first), Some(last)) if first > last => None,
            (first, last) => Some(last.or(first)),
        };
        let Some(last_time) = later(Timestamp::parse, created, promoted) else { return false };
        self.last_time = last_time;
        later(Timestamp::parse_date, start, end).is_some()
            && (0..self.shape.scalars()).map(text).all(is_finite)
    }

    /// Returns the later one of the times of the last version that was included.
    pub(super) const fn last_time(&self) -> Option<Timestamp> {
        self.last_time
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
