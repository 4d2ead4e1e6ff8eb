//! Parses rules.

use std::str::FromStr;

use super::ast::{
    Adjustment, Arithmetic, Field, NumberLimit, Operands, Operator, Rule, TextLimit,
    is_plain_character,
};
use crate::error::Error;
use crate::manifest::{Fault, Number, Stage, Timestamp, Value};

/// Parses a rule. The offset of a fault is that of the problem in the text.
pub(super) fn rule(text: &str) -> Result<Rule, Fault> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_whitespace();
    let name = reader.name()?;
    let (operator, operator_at) = reader.operator()?;
    let operands = match name {
        Name::Metric(name) => Operands::Metric { name, limit: reader.number_limit()? },
        Name::Field(field) if !field.is_ordered() && operator.is_order() => {
            let problem = format!("`{}` supports only == and !=", field.as_str());
            return Err(Fault::new(operator_at, problem));
        }
        Name::Field(field) => Operands::Field { field, limit: reader.text_limit(field, operator)? },
    };
    reader.expect_end()?;
    Ok(Rule { operator, operands })
}

impl FromStr for Rule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        rule(text).map_err(|fault| Error::BadRule {
            rule: text.to_owned(),
            column: text.get(..fault.at).unwrap_or(text).chars().count() + 1,
            problem: fault.problem.into_owned(),
        })
    }
}

/// The field or metric on the left side of a rule.
enum Name {
    Metric(String),
    Field(Field),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn fault<T>(&self, problem: impl Into<std::borrow::Cow<'static, str>>) -> Result<T, Fault> {
        Err(Fault::new(self.at, problem))
    }

    fn skip_whitespace(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Consumes a token and the whitespace after it, if the token is next. Returns whether it was.
    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.skip_whitespace();
        }
        found
    }

    /// Consumes a run of matching characters and the whitespace after it. Returns the run, which
    /// may be empty.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let run = &rest[..rest.find(|character| !belongs(character)).unwrap_or(rest.len())];
        self.at += run.len();
        self.skip_whitespace();
        run
    }

    fn name(&mut self) -> Result<Name, Fault> {
        if self.rest().starts_with('"') {
            return Ok(Name::Metric(self.quoted()?));
        }
        match self.take_while(is_plain_character) {
            "" => self
                .fault("expected a metric, feature_hash, feature_schema_version or training_end"),
            name => {
                Ok(Field::from_name(name)
                    .map_or_else(|| Name::Metric(name.to_owned()), Name::Field))
            }
        }
    }

    /// Parses the operator, and returns its offset as well.
    fn operator(&mut self) -> Result<(Operator, usize), Fault> {
        let at = self.at;
        match Operator::ALL.into_iter().find(|operator| self.take(operator.as_str())) {
            Some(operator) => Ok((operator, at)),
            None => self.fault("expected one of < <= > >= == !="),
        }
    }

    /// Parses a JSON string.
    fn quoted(&mut self) -> Result<String, Fault> {
        let rest = self.rest();
        let mut escaped = true; // The opening quote does not end the string.
        let end = rest.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { return self.fault("this quote is not closed") };
        match Value::parse(&rest[..=end]) {
            Ok(Value::String(text)) => {
                self.at += end + 1;
                self.skip_whitespace();
                Ok(text.into_owned())
            }
            Ok(_) => self.fault("expected a string in double quotes"),
            Err(error) => Err(Fault::new(self.at + error.offset, error.kind.to_string())),
        }
    }

    /// Parses the limit of a metric.
    fn number_limit(&mut self) -> Result<NumberLimit, Fault> {
        if self.rest().starts_with('"') {
            return self.fault("expected a number, prod or staging, not a string");
        }
        let Some(stage) = self.stage()? else {
            return Ok(NumberLimit::Fixed(self.number("expected a number, prod or staging")?));
        };
        let arithmetic = Arithmetic::ALL.into_iter().find(|sign| self.take(sign.as_str()));
        let Some(arithmetic) = arithmetic else {
            return Ok(NumberLimit::Current { stage, adjustment: None });
        };
        let at = self.at;
        let amount = self.number("expected a number")?;
        if arithmetic == Arithmetic::Over && amount.as_f64() == 0.0 {
            return Err(Fault::new(at, "division by zero"));
        }
        Ok(NumberLimit::Current { stage, adjustment: Some(Adjustment { arithmetic, amount }) })
    }

    /// Parses the limit of a string field.
    fn text_limit(&mut self, field: Field, operator: Operator) -> Result<TextLimit, Fault> {
        if self.rest().starts_with('"') {
            let at = self.at;
            let text = self.quoted()?;
            if operator.is_order() && Timestamp::parse_date(&text).is_none() {
                return Err(Fault::new(at, "expected a date such as \"2025-12-01\""));
            }
            return Ok(TextLimit::Fixed(text));
        }
        let Some(stage) = self.stage()? else {
            let field = field.as_str();
            return self.fault(format!(
                "`{field}` is a string: expected one in double quotes, prod or staging"
            ));
        };
        if self.rest().starts_with(['*', '/', '+', '-']) {
            return self
                .fault(format!("`{}` is a string and allows no arithmetic", field.as_str()));
        }
        Ok(TextLimit::Current(stage))
    }

    /// Parses a stage, if one is next.
    fn stage(&mut self) -> Result<Option<Stage>, Fault> {
        let at = self.at;
        let word = self.take_while(|character| character.is_alphanumeric() || character == '_');
        match word.parse() {
            Ok(Stage::Dev) => {
                let problem = "no version is ever current in dev: expected prod or staging";
                Err(Fault::new(at, problem))
            }
            Ok(stage) => Ok(Some(stage)),
            Err(_) => {
                self.at = at;
                Ok(None)
            }
        }
    }

    fn number(&mut self, expected: &'static str) -> Result<Number<'static>, Fault> {
        let at = self.at;
        let text = self.take_while(|character| {
            character.is_alphanumeric() || matches!(character, '.' | '+' | '-' | '_')
        });
        match Number::parse(text) {
            Some(number) if number.is_finite() => Ok(number.into_owned()),
            Some(_) => Err(Fault::new(at, format!("`{text}` is not finite"))),
            None => Err(Fault::new(at, expected)),
        }
    }

    fn expect_end(&self) -> Result<(), Fault> {
        if self.rest().is_empty() { Ok(()) } else { self.fault("expected the end of the rule") }
    }
}

#[cfg(test)]
mod tests;
