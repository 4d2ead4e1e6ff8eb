//! The syntax tree of a rule: a field, an operator and a limit. `Display` writes it as text.

use std::cmp::Ordering;
use std::fmt;

use serde::{Serialize, Serializer};

use json_document::encode;

use crate::manifest::{Number, Stage};

/// A rule such as `val_mae <= prod * 1.02`: `FIELD OP VALUE`.
///
/// - `FIELD` is a metric, or one of `feature_hash`, `feature_schema_version`, `training_end`. A
///   metric whose name contains spaces, quotes or any of `< > = !`, or has the name of one of these
///   fields, is written in double quotes with JSON escapes: `"val mae" <= 5`.
/// - `OP` is one of `< <= > >= == !=`. A hash and a schema version support only `==` and `!=`.
/// - `VALUE` is a number, a `"string"` for the fields that are strings, or `prod` or `staging`: the
///   same field of the version that is current in that stage. For a metric, a stage can be followed
///   by `*`, `/`, `+` or `-` and a number.
///
/// Numbers compare by value, and integers of any size compare exactly. `training_end` compares
/// as a date and time, where a date is its first moment in UTC.
///
/// A version that is current in the stage is compared with itself.
///
/// ```
/// use model_registry::Rule;
///
/// let rule: Rule = "val_mae<=prod*1.02".parse()?;
/// assert_eq!(rule.to_string(), "val_mae <= prod * 1.02");
///
/// let error = "val_mae =< 5".parse::<Rule>().expect_err("no such operator");
/// assert_eq!(
///     error.to_string(),
///     "rule `val_mae =< 5`, column 9: expected one of < <= > >= == !="
/// );
/// # Ok::<(), model_registry::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    pub(super) operator: Operator,
    pub(super) operands: Operands,
}

/// The two sides of a rule: a field and a limit. The types rule out comparing a number with a
/// string.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operands {
    Metric { name: String, limit: NumberLimit },
    Field { field: Field, limit: TextLimit },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Operator {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
    NotEqual,
}

/// A string field of a version that rules can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Field {
    FeatureHash,
    FeatureSchemaVersion,
    TrainingEnd,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum NumberLimit {
    Fixed(Number<'static>),
    Current { stage: Stage, adjustment: Option<Adjustment> },
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum TextLimit {
    Fixed(String),
    Current(Stage),
}

/// Arithmetic on a metric of the current version: `* 1.02`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Adjustment {
    pub(super) arithmetic: Arithmetic,
    pub(super) amount: Number<'static>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Arithmetic {
    Times,
    Over,
    Plus,
    Minus,
}

impl Rule {
    /// Returns the metric that the rule is about, if it is about one.
    pub fn metric(&self) -> Option<&str> {
        match &self.operands {
            Operands::Metric { name, .. } => Some(name),
            Operands::Field { .. } => None,
        }
    }
}

impl Operator {
    /// All operators; `<=` comes before `<`, so that the parser tries the longer one first.
    pub(super) const ALL: [Self; 6] = [
        Self::LessOrEqual,
        Self::Less,
        Self::GreaterOrEqual,
        Self::Greater,
        Self::Equal,
        Self::NotEqual,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Equal => "==",
            Self::NotEqual => "!=",
        }
    }

    /// Returns whether the operator needs values that can be ordered.
    pub(super) const fn is_order(self) -> bool {
        !matches!(self, Self::Equal | Self::NotEqual)
    }

    /// Returns whether the operator holds for a value that compares to its limit in this way.
    pub(super) const fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::NotEqual => order.is_ne(),
        }
    }
}

impl Field {
    pub(super) const ALL: [Self; 3] =
        [Self::FeatureHash, Self::FeatureSchemaVersion, Self::TrainingEnd];

    /// Returns the name in the manifest.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::FeatureHash => "feature_hash",
            Self::FeatureSchemaVersion => "feature_schema_version",
            Self::TrainingEnd => "training_end",
        }
    }

    /// Returns the field with this name in the manifest.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.as_str() == name)
    }

    /// Returns whether the values of the field can be ordered.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::TrainingEnd)
    }
}

impl Arithmetic {
    pub(super) const ALL: [Self; 4] = [Self::Times, Self::Over, Self::Plus, Self::Minus];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Times => "*",
            Self::Over => "/",
            Self::Plus => "+",
            Self::Minus => "-",
        }
    }
}

impl Adjustment {
    /// Computes the limit from a metric of the current version; the result may not be finite.
    pub(super) fn apply(&self, current: &Number<'_>) -> Number<'static> {
        let integers = || Some((current.text().parse().ok()?, self.amount.text().parse().ok()?));
        // Metrics such as a number of rows are integers and must stay exact.
        let exact: Option<i128> =
            integers().and_then(|(current, amount): (i128, i128)| match self.arithmetic {
                Arithmetic::Times => current.checked_mul(amount),
                Arithmetic::Plus => current.checked_add(amount),
                Arithmetic::Minus => current.checked_sub(amount),
                Arithmetic::Over => None,
            });
        if let Some(exact) = exact {
            return exact.into();
        }
        let (current, amount) = (current.as_f64(), self.amount.as_f64());
        Number::from(match self.arithmetic {
            Arithmetic::Times => current * amount,
            Arithmetic::Over => current / amount,
            Arithmetic::Plus => current + amount,
            Arithmetic::Minus => current - amount,
        })
    }
}

/// Returns whether a rule can contain a metric of this name without quotes.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_plain_character) && Field::from_name(name).is_none()
}

/// Returns whether the unquoted name of a metric can contain a character.
pub(super) fn is_plain_character(character: char) -> bool {
    let is_blank = character.is_whitespace() || character.is_control();
    !is_blank && !matches!(character, '<' | '>' | '=' | '!' | '"')
}

/// Writes the rule with one space between its parts.
impl fmt::Display for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operator = self.operator.as_str();
        match &self.operands {
            Operands::Metric { name, limit } if is_plain(name) => {
                write!(formatter, "{name} {operator} {limit}")
            }
            Operands::Metric { name, limit } => {
                write!(formatter, "{} {operator} {limit}", encode(name, false))
            }
            Operands::Field { field, limit } => {
                write!(formatter, "{} {operator} {limit}", field.as_str())
            }
        }
    }
}

impl fmt::Display for NumberLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(number) => write!(formatter, "{number}"),
            Self::Current { stage, adjustment: None } => write!(formatter, "{stage}"),
            Self::Current { stage, adjustment: Some(Adjustment { arithmetic, amount }) } => {
                write!(formatter, "{stage} {} {amount}", arithmetic.as_str())
            }
        }
    }
}

impl fmt::Display for TextLimit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(text) => formatter.write_str(&encode(text, false)),
            Self::Current(stage) => write!(formatter, "{stage}"),
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
