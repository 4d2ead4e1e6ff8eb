//! Recognizes versions without problems at a fraction of the cost of looking for problems.

use json_document::{Kind, Parser, Raw, Shape};

use super::values::day;
use crate::artifact::Digest;
use crate::manifest::{ModelVersion, Timestamp, Value};

/// Recognizes versions in which [`check_version`](super::version::check_version) finds nothing, without reading their fields.
///
/// The versions of a model nearly always have the same fields in the same layout, so the places
/// of the values are known from the version before.
#[derive(Default)]
pub(super) struct SoundVersions {
    shape: Shape,
    /// `created_at`, `promoted_at`, `training_start` and `training_end`, if all are scalars.
    fields: Option<[usize; 4]>,
    /// `artifact_digest`, if there is one.
    digest: Option<usize>,
}

impl SoundVersions {
    /// Returns whether nothing is wrong with a version. `false` means that it is not known.
    pub(super) fn includes(&mut self, version: &ModelVersion) -> bool {
        let mut parser = Parser::from_str(version.text());
        if !parser.object_like(&mut self.shape) {
            self.fields = None;
            if self.shape.learn(&parser, 0..version.text().len()).is_ok() {
                let [created, promoted, start, end] =
                    ["created_at", "promoted_at", "training_start", "training_end"]
                        .map(|name| self.shape.scalar_of(name));
                let fields = created.zip(promoted).zip(start.zip(end));
                self.fields = fields.map(|((a, b), (c, d))| [a, b, c, d]);
                self.digest = self.shape.scalar_of("artifact_digest");
                if self.digest.is_none() && version.get("artifact_digest").is_some() {
                    self.fields = None;
                }
            }
            return false;
        }
        let Some(fields) = self.fields else { return false };
        let text = |number: usize| &version.text()[self.shape.scalar(number)];
        let is_digest = |text: &str| {
            let digest = Raw::new(text).string();
            text == "null" || digest.is_some_and(|digest| digest.parse::<Digest>().is_ok())
        };
        if !self.digest.map(text).is_none_or(is_digest) {
            return false;
        }
        let [created, promoted, start, end] = fields.map(text);
        let time = |text: &'_ str| match Raw::new(text).string() {
            Some(time) => Timestamp::parse(&time).map(Some),
            None => (text == "null").then_some(None),
        };
        let (Some(created), Some(promoted)) = (time(created), time(promoted)) else { return false };
        let in_order = |start: &str, end: &str| match (day(Raw::new(start)), day(Raw::new(end))) {
            (Some(start), Some(end)) => start <= end,
            _ => true,
        };
        created.zip(promoted).is_none_or(|(created, promoted)| created <= promoted)
            && in_order(start, end)
            && (0..self.shape.scalars()).map(text).all(is_finite)
    }
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
    use super::super::check;
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
        assert_eq!(expected.len(), 2 * 9 + 2 * 2);
        let mut sound = SoundVersions::default();
        let known = model.versions().iter().filter(|version| sound.includes(version)).count();
        assert!(known >= 20, "{known}");
    }
}
