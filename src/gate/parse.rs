//! How a rule is written.

use super::rule::{Adjustment, Arithmetic, Demand, Field, NumberLimit, Operator, Rule, TextLimit};
use crate::manifest::{Fault, Number, Stage, Value};

/// Reads a rule; a fault says where in it something is wrong.
pub(super) fn rule(text: &str) -> Result<Rule, Fault> {
    let mut reader = Reader { text, at: 0 };
    reader.skip_blanks();
    let name = reader.name()?;
    let (operator, operator_at) = reader.operator()?;
    let demand = match name {
        Name::Metric(name) => Demand::Metric { name, limit: reader.number_limit()? },
        Name::Field(field) if !field.is_ordered() && operator.is_order() => {
            let problem = format!("`{}` knows only == and !=", field.as_str());
            return Err(Fault::new(operator_at, problem));
        }
        Name::Field(field) => Demand::Field { field, limit: reader.text_limit(field)? },
    };
    reader.expect_end()?;
    Ok(Rule { operator, demand })
}

/// Whether a metric of this name can stand in a rule without quotes.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_plain_character) && field(name).is_none()
}

fn is_plain_character(character: char) -> bool {
    let blank = character.is_whitespace() || character.is_control();
    !blank && !matches!(character, '<' | '>' | '=' | '!' | '"')
}

fn field(name: &str) -> Option<Field> {
    Field::ALL.into_iter().find(|field| field.as_str() == name)
}

/// What stands on the left of a rule.
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

    fn skip_blanks(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    /// Takes what stands next, if it is this, and the blanks behind it.
    fn take(&mut self, token: &str) -> bool {
        let found = self.rest().starts_with(token);
        if found {
            self.at += token.len();
            self.skip_blanks();
        }
        found
    }

    /// Takes a run of such characters, and the blanks behind it.
    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|character| !belongs(character)).unwrap_or(rest.len())];
        self.at += taken.len();
        self.skip_blanks();
        taken
    }

    fn name(&mut self) -> Result<Name, Fault> {
        if self.rest().starts_with('"') {
            return Ok(Name::Metric(self.quoted()?));
        }
        match self.take_while(is_plain_character) {
            "" => self
                .fault("expected a metric, feature_hash, feature_schema_version or training_end"),
            name => Ok(field(name).map_or_else(|| Name::Metric(name.to_owned()), Name::Field)),
        }
    }

    /// The operator and where it stands.
    fn operator(&mut self) -> Result<(Operator, usize), Fault> {
        let at = self.at;
        match Operator::ALL.into_iter().find(|operator| self.take(operator.as_str())) {
            Some(operator) => Ok((operator, at)),
            None => self.fault("expected one of < <= > >= == !="),
        }
    }

    /// A string in double quotes, as in JSON.
    fn quoted(&mut self) -> Result<String, Fault> {
        let rest = self.rest();
        let mut escaped = true; // The quote that opens the string does not end it.
        let end = rest.find(|character| {
            let ends = character == '"' && !escaped;
            escaped = character == '\\' && !escaped;
            ends
        });
        let Some(end) = end else { return self.fault("this quote is not closed") };
        match Value::parse(&rest[..=end]) {
            Ok(Value::String(text)) => {
                self.at += end + 1;
                self.skip_blanks();
                Ok(text.into_owned())
            }
            Ok(_) => self.fault("expected a text in double quotes"),
            Err(fault) => Err(Fault::new(self.at + fault.at, fault.problem)),
        }
    }

    /// What a metric is held against.
    fn number_limit(&mut self) -> Result<NumberLimit, Fault> {
        if self.rest().starts_with('"') {
            return self.fault("a metric is no text: expected a number, prod or staging");
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
            return Err(Fault::new(at, "nothing can be divided by zero"));
        }
        Ok(NumberLimit::Current { stage, adjustment: Some(Adjustment { arithmetic, amount }) })
    }

    /// What a field is held against.
    fn text_limit(&mut self, field: Field) -> Result<TextLimit, Fault> {
        if self.rest().starts_with('"') {
            return Ok(TextLimit::Fixed(self.quoted()?));
        }
        let Some(stage) = self.stage()? else {
            let field = field.as_str();
            return self.fault(format!(
                "`{field}` is a text: expected one in double quotes, prod or staging"
            ));
        };
        if self.rest().starts_with(['*', '/', '+', '-']) {
            return self.fault(format!("`{}` is a text, there is no arithmetic", field.as_str()));
        }
        Ok(TextLimit::Current(stage))
    }

    /// The stage that stands next, if a word does that is one.
    fn stage(&mut self) -> Result<Option<Stage>, Fault> {
        let at = self.at;
        let word = self.take_while(|character| character.is_alphanumeric() || character == '_');
        match word.parse() {
            Ok(Stage::Dev) => {
                let problem = "nothing is ever current in dev: expected prod or staging";
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rules_are_shown_as_they_are_meant() {
        for (text, shown) in [
            ("val_mae <= 5.0", "val_mae <= 5.0"),
            ("  val_mae<5\t", "val_mae < 5"),
            ("p95/latency-ms>-1e-07", "p95/latency-ms > -1e-07"),
            ("val_mae>=prod", "val_mae >= prod"),
            ("val_mae == staging", "val_mae == staging"),
            ("val_mae <= prod*1.02", "val_mae <= prod * 1.02"),
            ("val_mae <= prod / 2", "val_mae <= prod / 2"),
            ("val_mae <= prod+1", "val_mae <= prod + 1"),
            ("val_mae <= staging-0.1", "val_mae <= staging - 0.1"),
            ("val_mae <= staging - -0.1", "val_mae <= staging - -0.1"),
            ("rows != 18446744073709551617", "rows != 18446744073709551617"),
            ("\"plain\" < 1", "plain < 1"),
            ("\"val mae\"<1", "\"val mae\" < 1"),
            (r#""a\"\u0062\\" < 1"#, r#""a\"b\\" < 1"#),
            ("\"feature_hash\" < 1", "\"feature_hash\" < 1"),
            ("prod < prod", "prod < prod"),
            ("feature_hash==prod", "feature_hash == prod"),
            (r#"feature_hash != "a1 \" b2""#, r#"feature_hash != "a1 \" b2""#),
            ("feature_schema_version == \"\"", "feature_schema_version == \"\""),
            ("training_end > staging", "training_end > staging"),
            ("training_end >= \"2024-06-30\"", "training_end >= \"2024-06-30\""),
        ] {
            assert_eq!(text.parse::<Rule>().expect(text).to_string(), shown);
        }
    }

    #[test]
    fn a_rule_that_does_not_parse_points_at_the_column() {
        let name = "expected a metric, feature_hash, feature_schema_version or training_end";
        let operator = "expected one of < <= > >= == !=";
        let number = "expected a number, prod or staging";
        for (text, column, problem) in [
            ("", 1, name),
            ("  <= 5", 3, name),
            ("val_mae", 8, operator),
            ("val_mae =< 5", 9, operator),
            ("val_mae = 5", 9, operator),
            ("val_mae ! 5", 9, operator),
            ("val mae < 5", 5, operator),
            ("vál_mäe => 5", 9, operator),
            ("val_mae <", 10, number),
            ("val_mae <== 5", 11, number),
            ("val_mae < .5", 11, number),
            ("val_mae < 5,0", 12, "expected the end of the rule"),
            ("val_mae < 1_000", 11, number),
            ("val_mae < 0x10", 11, number),
            ("val_mae < produce", 11, number),
            ("val_mae < Prod", 11, number),
            ("val_mae < dev", 11, "nothing is ever current in dev: expected prod or staging"),
            ("val_mae < NaN", 11, "`NaN` is not finite"),
            ("val_mae > -Infinity", 11, "`-Infinity` is not finite"),
            ("val_mae < 1e999", 11, "`1e999` is not finite"),
            ("val_mae == \"5\"", 12, "a metric is no text: expected a number, prod or staging"),
            ("val_mae < 5 6", 13, "expected the end of the rule"),
            ("val_mae < 1.02 * prod", 16, "expected the end of the rule"),
            ("val_mae < prod 1.02", 16, "expected the end of the rule"),
            ("val_mae < prod * 2 * 3", 20, "expected the end of the rule"),
            ("val_mae < prod *", 17, "expected a number"),
            ("val_mae < prod * staging", 18, "expected a number"),
            ("val_mae < prod + 1e999", 18, "`1e999` is not finite"),
            ("val_mae < prod / 0.0", 18, "nothing can be divided by zero"),
            ("\"val_mae < 5", 1, "this quote is not closed"),
            ("\"val\\x\" < 5", 5, "a string holds an unknown escape"),
            ("feature_hash <= prod", 14, "`feature_hash` knows only == and !="),
            ("feature_schema_version > \"1\"", 24, "`feature_schema_version` knows only == and !="),
            (
                "feature_hash == 5",
                17,
                "`feature_hash` is a text: expected one in double quotes, prod or staging",
            ),
            (
                "training_end > 2024-06-30",
                16,
                "`training_end` is a text: expected one in double quotes, prod or staging",
            ),
            ("training_end > prod + 1", 21, "`training_end` is a text, there is no arithmetic"),
            ("feature_hash == \"a", 17, "this quote is not closed"),
            ("feature_hash == prod \"a\"", 22, "expected the end of the rule"),
        ] {
            let error = text.parse::<Rule>().expect_err(text).to_string();
            assert_eq!(error, format!("rule `{text}`, column {column}: {problem}"));
        }
    }

    fn number() -> impl Strategy<Value = Number<'static>> {
        let float = any::<f64>().prop_filter("finite", |float| float.is_finite());
        prop_oneof![float.prop_map(Number::from), any::<i128>().prop_map(Number::from)]
    }

    fn stage() -> impl Strategy<Value = Stage> {
        prop_oneof![Just(Stage::Prod), Just(Stage::Staging)]
    }

    fn number_limit() -> impl Strategy<Value = NumberLimit> {
        let arithmetic = proptest::sample::select(Arithmetic::ALL.to_vec());
        let adjustment = (arithmetic, number())
            .prop_filter("not by zero", |(_, amount)| amount.as_f64() != 0.0)
            .prop_map(|(arithmetic, amount)| Adjustment { arithmetic, amount });
        prop_oneof![
            number().prop_map(NumberLimit::Fixed),
            (stage(), proptest::option::of(adjustment))
                .prop_map(|(stage, adjustment)| NumberLimit::Current { stage, adjustment }),
        ]
    }

    fn text_limit() -> impl Strategy<Value = TextLimit> {
        prop_oneof![
            any::<String>().prop_map(TextLimit::Fixed),
            stage().prop_map(TextLimit::Current)
        ]
    }

    /// A name of any characters, and often one that needs quotes.
    fn name() -> impl Strategy<Value = String> {
        let awkward = proptest::collection::vec(
            proptest::sample::select(vec!["a", "é", "<", "=", "!", "\"", "\\", " ", "\\u0061"]),
            0..6,
        );
        let field = proptest::sample::select(Field::ALL.to_vec());
        prop_oneof![
            any::<String>(),
            awkward.prop_map(|parts| parts.concat()),
            field.prop_map(|field| field.as_str().to_owned()),
        ]
    }

    fn any_rule() -> impl Strategy<Value = Rule> {
        let metric = (name(), number_limit());
        let field = (proptest::sample::select(Field::ALL.to_vec()), text_limit());
        let demand = prop_oneof![
            metric.prop_map(|(name, limit)| Demand::Metric { name, limit }),
            field.prop_map(|(field, limit)| Demand::Field { field, limit }),
        ];
        (proptest::sample::select(Operator::ALL.to_vec()), demand)
            .prop_map(|(operator, demand)| Rule { operator, demand })
            .prop_filter("a hash has no order", |rule| match rule.demand {
                Demand::Field { field, .. } => field.is_ordered() || !rule.operator.is_order(),
                Demand::Metric { .. } => true,
            })
    }

    /// A text that is nearly a rule.
    fn any_text() -> impl Strategy<Value = String> {
        let parts = vec!["a", "é", " ", "<", "=", "\"", "\\", "prod", "*", "-", "1", ".", "x"];
        proptest::collection::vec(proptest::sample::select(parts), 0..10)
            .prop_map(|parts| parts.concat())
    }

    proptest! {
        #[test]
        fn a_rule_that_is_shown_reads_as_the_same_rule(rule in any_rule()) {
            let shown = rule.to_string();
            let read = shown.parse::<Rule>().expect(&shown);
            prop_assert_eq!(&read, &rule);
            prop_assert_eq!(read.to_string(), shown);
        }

        #[test]
        fn any_text_is_a_rule_or_has_a_fault_within(text in any_text()) {
            match text.parse::<Rule>() {
                Ok(rule) => {
                    let shown = rule.to_string();
                    prop_assert_eq!(shown.parse::<Rule>().expect(&shown), rule);
                }
                Err(crate::Error::BadRule { column, .. }) => {
                    prop_assert!((1..=text.chars().count() + 1).contains(&column));
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}
