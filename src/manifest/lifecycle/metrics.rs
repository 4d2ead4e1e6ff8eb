//! Reads metrics from a JSON object that a training run wrote.

use std::path::Path;

use json_document::{Parser, Raw, Value};

use super::super::bad_document;
use super::super::fault::Fault;
use super::registration::{Metric, Registration};
use crate::error::Result;

impl Registration {
    /// Parses a flat JSON object of metrics, as Python's `json.dumps(metrics)` writes it.
    ///
    /// `NaN` is accepted as a number, and `null` is a metric without a value. `path` names the text
    /// in errors.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`](crate::Error::BadDocument) with the line and the column, if the text
    /// is not a JSON object or a value is neither a number nor `null`.
    ///
    /// ```
    /// use model_registry::Registration;
    ///
    /// let metrics = Registration::parse_metrics(r#"{"val_mae": 3.54, "rows": 6079}"#, "-".as_ref())?;
    /// assert_eq!(metrics[1].name, "rows");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn parse_metrics(text: &str, path: &Path) -> Result<Vec<Metric>> {
        read_metrics(text, path, |name, offset, _| {
            Err(Fault::field(offset, format!("metric `{name}` is not a number")))
        })
    }

    /// Parses the numbers of a JSON object, and skips other values: strings, booleans, arrays and
    /// objects. So a finished training run can be registered although its metrics file contains
    /// other values.
    ///
    /// # Errors
    /// [`Error::BadDocument`](crate::Error::BadDocument) if the text is not a JSON object.
    ///
    /// ```
    /// use model_registry::Registration;
    ///
    /// let text = r#"{"val_mae": 3.54, "booster": "gbdt"}"#;
    /// let read = Registration::parse_metrics_leniently(text, "-".as_ref())?;
    /// assert_eq!((read.metrics.len(), &*read.skipped[0].name), (1, "booster"));
    /// assert_eq!(read.skipped[0].found, "a string");
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn parse_metrics_leniently(text: &str, path: &Path) -> Result<ReadMetrics> {
        let mut skipped = Vec::new();
        let metrics = read_metrics(text, path, |name, _, found| {
            skipped.push(SkippedMetric { name: name.to_owned(), found });
            Ok(())
        })?;
        Ok(ReadMetrics { metrics, skipped })
    }
}

/// Metrics from a file that may also contain other values.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct ReadMetrics {
    /// The metrics, in the order of the file.
    pub metrics: Vec<Metric>,
    /// The members that are not numbers.
    pub skipped: Vec<SkippedMetric>,
}

/// A member of a file of metrics that is not a number.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SkippedMetric {
    /// The name.
    pub name: String,
    /// The kind of value that was found, such as `a string`.
    pub found: &'static str,
}

/// Reads the numbers of a JSON object; `other` is called for a member that is not a number, with
/// its name, its offset and its kind.
fn read_metrics(
    text: &str,
    path: &Path,
    mut other: impl FnMut(&str, usize, &'static str) -> Result<(), Fault>,
) -> Result<Vec<Metric>> {
    let mut metrics = Vec::new();
    let mut parser = Parser::from_str(text);
    parser
        .object::<Fault>(|parser, key| {
            let span = parser.skip()?;
            let found = match Raw::new(&text[span.clone()]).value() {
                Value::Null => {
                    metrics.push(Metric { name: key.name.into_owned(), value: None });
                    return Ok(());
                }
                Value::Number(number) => {
                    let value = Some(number.into_owned());
                    metrics.push(Metric { name: key.name.into_owned(), value });
                    return Ok(());
                }
                Value::String(_) => "a string",
                Value::Bool(_) => "a boolean",
                Value::Array(_) => "an array",
                Value::Object(_) => "an object",
            };
            other(&key.name, span.start, found)
        })
        .and_then(|()| Ok(parser.finish()?))
        .map_err(|fault| bad_document(&fault, text, path))?;
    Ok(metrics)
}
