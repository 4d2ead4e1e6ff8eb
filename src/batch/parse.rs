//! Parses operations from JSON lines. An unknown operation or key is an error: a misspelled
//! `expect_current` must not be ignored.

use std::borrow::Cow;
use std::path::Path;

use json_document::{Number, Value};

use super::{Batch, DigestChoice, Expected, Note, Operation, Promotion};
use crate::artifact::Digest;
use crate::error::{DocumentErrorKind, Error, Result};
use crate::gate::Rule;
use crate::manifest::{Metric, Notes, Prune, Registration, Timestamp};
use crate::stage::Stage;

pub(super) fn batch(text: &str, path: &Path) -> Result<Batch> {
    let mut operations = Vec::new();
    for (index, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
        let line = index + 1;
        let value = Value::parse(text.trim_end()).map_err(|error| Error::BadDocument {
            path: path.to_owned(),
            line,
            column: text[..error.offset.min(text.len())].chars().count() + 1,
            problem: error.kind.to_string(),
            reason: DocumentErrorKind::Syntax,
        })?;
        let operation =
            operation(value).map_err(|source| Error::AtLine { line, source: Box::new(source) })?;
        operations.push((line, operation));
    }
    Ok(Batch { operations })
}

fn operation(value: Value<'_>) -> Result<Operation> {
    let Value::Object(members) = value else {
        return Err(invalid("operation", &value, "is not an object"));
    };
    let mut keys = Keys { members };
    let op = keys.required("op")?;
    let model = keys.required("model")?;
    let operation = match op.as_str() {
        "register" => {
            let digest = digest_choice(&mut keys)?;
            let registration = registration(&mut keys)?;
            let digest = match (&registration.artifact_digest, digest) {
                (Some(known), DigestChoice::Required) => {
                    return Err(invalid("artifact_digest", known, "is given besides `digest`"));
                }
                (Some(_), _) => DigestChoice::Skipped,
                (None, digest) => digest,
            };
            Operation::Register { registration, digest, model }
        }
        "promote" => Operation::Promote(Promotion {
            version: keys.required("version")?,
            stage: stage(&keys.required("stage")?)?,
            require: keys.rules()?,
            from: keys.string("from")?.map(|text| stage(&text)).transpose()?,
            force: keys.flag("force")?,
            expect_current: keys.nullable("expect_current")?,
            note: keys.note()?,
            model,
        }),
        "rollback" => Operation::Rollback {
            to: keys.string("to")?,
            expect_current: keys.nullable("expect_current")?,
            note: keys.note()?,
            model,
        },
        "describe" => Operation::Describe {
            version: keys.string("version")?,
            notes: notes(&mut keys)?,
            note: keys.note()?,
            model,
        },
        "retire" => {
            let (version, undo) = (keys.required("version")?, keys.flag("undo")?);
            let note = keys.note()?;
            if note.reason.is_none() && !undo {
                return Err(missing("reason"));
            }
            Operation::Retire { version, undo, note, model }
        }
        "prune" => Operation::Prune { prune: prune(&mut keys)?, note: keys.note()?, model },
        "alias" => Operation::Alias {
            name: keys.required("name")?,
            version: keys.nullable("version")?.ok_or_else(|| missing("version"))?,
            expect_current: keys.nullable("expect_current")?,
            note: keys.note()?,
            model,
        },
        _ => return Err(invalid("operation", &op, "is unknown")),
    };
    match keys.members.first() {
        Some((key, _)) => Err(invalid("key", key, "is unknown for this operation")),
        None => Ok(operation),
    }
}

fn digest_choice(keys: &mut Keys<'_>) -> Result<DigestChoice> {
    match (keys.flag("digest")?, keys.flag("no_digest")?) {
        (true, true) => Err(invalid("no_digest", &true, "is given besides `digest`")),
        (true, false) => Ok(DigestChoice::Required),
        (false, true) => Ok(DigestChoice::Skipped),
        (false, false) => Ok(DigestChoice::IfLocal),
    }
}

fn registration(keys: &mut Keys<'_>) -> Result<Registration> {
    let mut registration = Registration::new(keys.required("artifact_path")?);
    registration.version = keys.string("version")?;
    registration.run_id = keys.string("run_id")?;
    registration.training_start = keys.string("training_start")?;
    registration.training_end = keys.string("training_end")?;
    registration.feature_schema_version = keys.string("feature_schema_version")?;
    registration.feature_hash = keys.string("feature_hash")?;
    registration.description = keys.string("description")?.unwrap_or_default();
    registration.tags = keys.strings_by_name("tags")?;
    registration.artifact_digest = keys.string("artifact_digest")?;
    if let Some(digest) = &registration.artifact_digest
        && digest.parse::<Digest>().is_err()
    {
        return Err(invalid("artifact_digest", digest, "is not a SHA-256 digest"));
    }
    registration.artifact_size = match keys.take("artifact_size") {
        None | Some(Value::Null) => None,
        Some(value) => Some(
            value
                .as_number()
                .and_then(|number| number.text().parse().ok())
                .ok_or_else(|| invalid("artifact_size", &value, "is not a number of bytes"))?,
        ),
    };
    registration.created_at = match keys.string("created_at")? {
        None => None,
        Some(text) => Some(
            Timestamp::parse(&text)
                .ok_or_else(|| invalid("created_at", &text, "is not a timestamp"))?,
        ),
    };
    registration.metrics = match keys.take("metrics") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Object(metrics)) => {
            metrics.into_iter().map(metric).collect::<Result<Vec<_>>>()?
        }
        Some(other) => return Err(invalid("metrics", &other, "is not an object")),
    };
    Ok(registration)
}

fn metric((name, value): (Cow<'_, str>, Value<'_>)) -> Result<Metric> {
    let value = match value {
        Value::Null => None,
        Value::Number(number) => Some(Number::into_owned(number)),
        _ => return Err(invalid("metric", &name, "is not a number")),
    };
    Ok(Metric { name: name.into_owned(), value })
}

fn notes(keys: &mut Keys<'_>) -> Result<Notes> {
    let mut notes = Notes::new();
    notes.description = keys.string("description")?;
    notes.tags = keys.strings_by_name("tags")?;
    notes.untag = keys.strings("untag")?;
    Ok(notes)
}

fn prune(keys: &mut Keys<'_>) -> Result<Prune> {
    let keep = keys.take("keep").ok_or_else(|| missing("keep"))?;
    let number = keep.as_number().and_then(|number| number.text().parse().ok());
    let number = number.ok_or_else(|| invalid("keep", &keep, "is not a number of versions"))?;
    let mut prune = Prune::keep(number).past(keys.flag("past")?);
    if let Some(age) = keys.string("older_than")? {
        let parsed = age.parse().map_err(|_| invalid("older_than", &age, "is not an age"))?;
        prune.older_than = Some(parsed);
    }
    Ok(prune)
}

fn stage(text: &str) -> Result<Stage> {
    text.parse().map_err(|_| invalid("stage", &text, "is not dev, staging or prod"))
}

/// The keys of an operation that have not been read yet.
struct Keys<'t> {
    members: Vec<(Cow<'t, str>, Value<'t>)>,
}

impl<'t> Keys<'t> {
    fn take(&mut self, key: &str) -> Option<Value<'t>> {
        let index = self.members.iter().position(|(name, _)| name == key)?;
        Some(self.members.remove(index).1)
    }

    /// Reads a string that may be left out or `null`.
    fn string(&mut self, key: &'static str) -> Result<Option<String>> {
        Ok(self.nullable(key)?.flatten())
    }

    /// Reads a string that may be `null`, which is `Some(None)`; `None` if the key is left out.
    fn nullable(&mut self, key: &'static str) -> Result<Option<Expected>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(Value::String(text)) => Ok(Some(Some(text.into_owned()))),
            Some(other) => Err(invalid(key, &other, "is not a string")),
        }
    }

    fn required(&mut self, key: &'static str) -> Result<String> {
        self.string(key)?.ok_or_else(|| missing(key))
    }

    fn flag(&mut self, key: &'static str) -> Result<bool> {
        match self.take(key) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(value),
            Some(other) => Err(invalid(key, &other, "is not true or false")),
        }
    }

    fn strings(&mut self, key: &'static str) -> Result<Vec<String>> {
        let elements = match self.take(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Array(elements)) => elements,
            Some(other) => return Err(invalid(key, &other, "is not an array of strings")),
        };
        let string = |element: Value<'_>| match element {
            Value::String(text) => Ok(text.into_owned()),
            other => Err(invalid(key, &other, "is not a string")),
        };
        elements.into_iter().map(string).collect()
    }

    fn strings_by_name(&mut self, key: &'static str) -> Result<Vec<(String, String)>> {
        let members = match self.take(key) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(Value::Object(members)) => members,
            Some(other) => return Err(invalid(key, &other, "is not an object of strings")),
        };
        let string = |(name, value): (Cow<'_, str>, Value<'_>)| match value {
            Value::String(text) => Ok((name.into_owned(), text.into_owned())),
            other => Err(invalid(key, &other, "is not a string")),
        };
        members.into_iter().map(string).collect()
    }

    fn rules(&mut self) -> Result<Vec<Rule>> {
        self.strings("require")?.iter().map(|rule| rule.parse()).collect()
    }

    fn note(&mut self) -> Result<Note> {
        let note = Note { by: self.string("by")?, reason: self.string("reason")? };
        if note.reason.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            return Err(invalid("reason", &"", "is empty"));
        }
        Ok(note)
    }
}

fn invalid(field: &'static str, value: &impl ToString, problem: &'static str) -> Error {
    Error::Invalid { field, value: value.to_string(), problem }
}

fn missing(key: &'static str) -> Error {
    invalid("key", &key, "is missing")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(line: &str) -> String {
        batch(&format!("\n{line}\n"), "-".as_ref()).expect_err(line).to_string()
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (line, expected) in [
            ("{", "`-`, line 2, column 2: "),
            ("[]", "line 2: operation `[]` is not an object"),
            (r#"{"op": "register"}"#, "line 2: key `model` is missing"),
            (r#"{"op": "paint", "model": "m"}"#, "line 2: operation `paint` is unknown"),
            (
                r#"{"op": "register", "model": "m", "artifact_path": "p", "expect": 1}"#,
                "line 2: key `expect` is unknown for this operation",
            ),
            (
                r#"{"op": "register", "model": "m", "artifact_path": 1}"#,
                "line 2: artifact_path `1` is not a string",
            ),
            (
                r#"{"op": "register", "model": "m", "artifact_path": "p", "metrics": {"a": "1"}}"#,
                "line 2: metric `a` is not a number",
            ),
            (
                r#"{"op": "promote", "model": "m", "version": "1", "stage": "live"}"#,
                "line 2: stage `live` is not dev, staging or prod",
            ),
            (
                r#"{"op": "promote", "model": "m", "version": "1", "stage": "prod", "require": ["a"]}"#,
                "line 2: rule `a`",
            ),
            (
                r#"{"op": "register", "model": "m", "artifact_path": "p", "digest": "sha256:1"}"#,
                r#"line 2: digest `"sha256:1"` is not true or false"#,
            ),
            (
                r#"{"op": "register", "model": "m", "artifact_path": "p", "digest": true, "no_digest": true}"#,
                "line 2: no_digest `true` is given besides `digest`",
            ),
            (r#"{"op": "alias", "model": "m", "name": "c"}"#, "line 2: key `version` is missing"),
            (r#"{"op": "alias", "op": "alias", "model": "m"}"#, "duplicate key"),
        ] {
            let problem = problem(line);
            assert!(problem.contains(expected), "{line}: {problem}");
        }
    }

    #[test]
    fn null_and_absent_differ_where_no_version_is_a_value() {
        let line = |rest: &str| {
            let text = format!(
                r#"{{"op": "promote", "model": "m", "version": "1", "stage": "prod"{rest}}}"#
            );
            match batch(&text, "-".as_ref()).expect("valid").operations.remove(0).1 {
                Operation::Promote(promotion) => promotion.expect_current,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(line(""), None);
        assert_eq!(line(r#", "expect_current": null"#), Some(None));
        assert_eq!(line(r#", "expect_current": "7""#), Some(Some("7".to_owned())));
    }

    #[test]
    fn a_known_digest_is_not_computed() {
        let known = format!("sha256:{}", "0".repeat(64));
        let choice = |rest: &str| {
            let text = format!(r#"{{"op": "register", "model": "m", "artifact_path": "p"{rest}}}"#);
            let mut batch = batch(&text, "-".as_ref())?;
            Ok::<_, Error>(batch.registrations_mut().next().expect("one").2)
        };
        let with_digest = |rest: &str| choice(&format!(r#", "artifact_digest": "{known}"{rest}"#));
        assert_eq!(choice("").expect("valid"), DigestChoice::IfLocal);
        assert_eq!(choice(r#", "digest": true"#).expect("valid"), DigestChoice::Required);
        assert_eq!(choice(r#", "no_digest": true"#).expect("valid"), DigestChoice::Skipped);
        assert_eq!(with_digest("").expect("valid"), DigestChoice::Skipped);
        assert!(with_digest(r#", "digest": true"#).is_err());
    }

    #[test]
    fn metrics_keep_their_digits() {
        let text = r#"{"op": "register", "model": "m", "artifact_path": "p",
            "metrics": {"a": 1e-07, "b": NaN, "c": null, "d": 18446744073709551616}}"#;
        let text = text.replace('\n', " ");
        let batch = batch(&text, "-".as_ref()).expect("valid");
        let Operation::Register { registration, .. } = &batch.operations[0].1 else { panic!() };
        let digits: Vec<_> = registration
            .metrics
            .iter()
            .map(|metric| metric.value.as_ref().map_or("-", Number::text))
            .collect();
        assert_eq!(digits, ["1e-07", "NaN", "-", "18446744073709551616"]);
    }
}
