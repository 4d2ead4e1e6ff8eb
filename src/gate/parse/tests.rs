use proptest::prelude::*;

use super::*;

#[test]
fn rules_are_displayed_in_canonical_form() {
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
        ("val_mae < dev", 11, "no version is ever current in dev: expected prod or staging"),
        ("val_mae < NaN", 11, "`NaN` is not finite"),
        ("val_mae > -Infinity", 11, "`-Infinity` is not finite"),
        ("val_mae < 1e999", 11, "`1e999` is not finite"),
        ("val_mae == \"5\"", 12, "expected a number, prod or staging, not a string"),
        ("val_mae < 5 6", 13, "expected the end of the rule"),
        ("val_mae < 1.02 * prod", 16, "expected the end of the rule"),
        ("val_mae < prod 1.02", 16, "expected the end of the rule"),
        ("val_mae < prod * 2 * 3", 20, "expected the end of the rule"),
        ("val_mae < prod *", 17, "expected a number"),
        ("val_mae < prod * staging", 18, "expected a number"),
        ("val_mae < prod + 1e999", 18, "`1e999` is not finite"),
        ("val_mae < prod / 0.0", 18, "division by zero"),
        ("\"val_mae < 5", 1, "this quote is not closed"),
        ("\"val\\x\" < 5", 5, "a string holds an unknown escape"),
        ("feature_hash <= prod", 14, "`feature_hash` supports only == and !="),
        ("feature_schema_version > \"1\"", 24, "`feature_schema_version` supports only == and !="),
        (
            "feature_hash == 5",
            17,
            "`feature_hash` is a string: expected one in double quotes, prod or staging",
        ),
        (
            "training_end > 2024-06-30",
            16,
            "`training_end` is a string: expected one in double quotes, prod or staging",
        ),
        ("training_end > \"June\"", 16, "expected a date such as \"2025-12-01\""),
        ("training_end > prod + 1", 21, "`training_end` is a string and allows no arithmetic"),
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
    let dates = proptest::sample::select(vec!["2025-12-01", "2025-12-01T06:00:00+01:00"]);
    prop_oneof![
        any::<String>().prop_map(TextLimit::Fixed),
        dates.prop_map(|date| TextLimit::Fixed(date.to_owned())),
        stage().prop_map(TextLimit::Current),
    ]
}

/// Generates names of any characters, often ones that need quotes.
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
    let operands = prop_oneof![
        metric.prop_map(|(name, limit)| Operands::Metric { name, limit }),
        field.prop_map(|(field, limit)| Operands::Field { field, limit }),
    ];
    (proptest::sample::select(Operator::ALL.to_vec()), operands)
        .prop_map(|(operator, operands)| Rule { operator, operands })
        .prop_filter("only a date has an order", |rule| match &rule.operands {
            Operands::Field { field, limit } if rule.operator.is_order() => {
                let is_date = |text: &String| Timestamp::parse_date(text).is_some();
                field.is_ordered() && !matches!(limit, TextLimit::Fixed(text) if !is_date(text))
            }
            _ => true,
        })
}

/// Generates texts that are almost rules.
fn any_text() -> impl Strategy<Value = String> {
    let parts = vec!["a", "é", " ", "<", "=", "\"", "\\", "prod", "*", "-", "1", ".", "x"];
    proptest::collection::vec(proptest::sample::select(parts), 0..10)
        .prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn a_displayed_rule_parses_to_the_same_rule(rule in any_rule()) {
        let shown = rule.to_string();
        let read = shown.parse::<Rule>().expect(&shown);
        prop_assert_eq!(&read, &rule);
        prop_assert_eq!(read.to_string(), shown);
    }

    #[test]
    fn any_text_is_a_rule_or_a_fault_with_an_offset_inside(text in any_text()) {
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
