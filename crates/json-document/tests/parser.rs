//! The grammar, from a text and from a stream, with `serde_json` as the oracle.

use std::io::{self, Read};

use json_document::{
    Event, Expected, MAX_DEPTH, Number, Object, ParseError, ParseErrorKind, Parser, Raw, ReadError,
    Shape, Style, Value,
};
use proptest::prelude::*;

const ACCEPTED: [&str; 14] = [
    "{}",
    "[]",
    "null",
    "-0.0",
    "1e-07",
    "1E+5",
    "340282366920938463463374607431768211456",
    "NaN",
    "[-Infinity, Infinity]",
    r#"{"a": [1, {"b": "x\u00e9\"\\ y"}], "": null}"#,
    "\"0123456é89😀 plain\u{7f}\"",
    "[true, false, [[]], {\"a\":{}}]",
    r#""\ud800 alone""#,
    "[\n\t\r 1\n        \n]",
];

/// A text, the message of its refusal, and the offset.
const REFUSED: [(&str, &str, usize); 34] = [
    ("", "the file is empty", 0),
    ("  \n", "the file is empty", 0),
    ("{", "the file ends too early", 1),
    ("[1", "the file ends too early", 2),
    ("[1,", "the file ends too early", 3),
    ("{\"a\": \"b", "the file ends too early", 8),
    ("{\"a\": \"\\u00", "the file ends too early", 11),
    ("nul", "the file ends too early", 3),
    ("-", "the file ends too early", 1),
    ("1e", "the file ends too early", 2),
    ("-Inf", "the file ends too early", 4),
    ("[1,]", "expected a value", 3),
    ("]", "expected a value", 0),
    ("nix", "expected a value", 0),
    ("[.5]", "expected a value", 1),
    ("[+1]", "expected a value", 1),
    ("[NAN]", "expected a value", 1),
    ("{a:1}", "expected a key in quotes", 1),
    ("{\"a\":1,}", "expected a key in quotes", 7),
    ("{]", "expected a key in quotes", 1),
    ("{\"a\" 1}", "expected `:`", 5),
    ("{\"a\":1 \"b\"}", "expected `,` or `}`", 7),
    ("{\"a\":1]", "expected `,` or `}`", 6),
    ("[1 2]", "expected `,` or `]`", 3),
    ("[1}", "expected `,` or `]`", 2),
    ("{} x", "expected the end of the file", 3),
    ("01", "not a number", 0),
    ("[1.]", "not a number", 1),
    ("[-a]", "not a number", 1),
    ("\"\n\"", "a string holds a control character; is a quote missing?", 1),
    ("\"12345678\u{1}\"", "a string holds a control character; is a quote missing?", 9),
    ("\"\\x\"", "a string holds an unknown escape", 1),
    ("\"\\u12g4\"", "`\\u` needs four hexadecimal digits", 1),
    ("{\"a\": 1, \"\\u0061\": 2}", "duplicate key `a`, first on line 1", 9),
];

/// Gives out its bytes a few at a time.
struct Drip<'t>(&'t [u8], usize);

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.len().min(self.1).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

type Events = Vec<(Event, String, usize)>;

fn events(text: &str) -> Result<Events, ParseError> {
    let (mut parser, mut events) = (Parser::from_str(text), Vec::new());
    loop {
        let event = parser.next_event()?;
        events.push((event, parser.token().into_owned(), parser.span().start));
        if event == Event::End {
            return Ok(events);
        }
    }
}

fn events_of_stream(bytes: &[u8], at_a_time: usize) -> Result<Events, ParseError> {
    let (mut parser, mut events) = (Parser::from_reader(Drip(bytes, at_a_time)), Vec::new());
    loop {
        let event = parser.next_event().map_err(parse_error)?;
        events.push((event, parser.token().into_owned(), parser.span().start));
        if event == Event::End {
            return Ok(events);
        }
    }
}

fn parse_error(error: ReadError) -> ParseError {
    match error {
        ReadError::Parse(error) => error,
        ReadError::Io(error) => panic!("nothing fails to be read: {error}"),
    }
}

/// Skips a whole stream and keeps it.
fn skip_stream(bytes: &[u8], at_a_time: usize) -> Result<Vec<u8>, ParseError> {
    let (mut parser, mut kept) = (Parser::from_reader(Drip(bytes, at_a_time)), Vec::new());
    parser.skip_into(&mut kept).map_err(parse_error)?;
    parser.finish().map_err(parse_error)?;
    Ok(kept)
}

fn skip(text: &str) -> Result<&str, ParseError> {
    let mut parser = Parser::from_str(text);
    let span = parser.skip()?;
    parser.finish()?;
    Ok(&text[span])
}

#[test]
fn accepts_what_python_writes() {
    for text in ACCEPTED {
        assert_eq!(skip(text).expect(text), text);
        Value::parse(text).expect(text);
    }
}

#[test]
fn refuses_with_a_reason_and_a_place() {
    for (text, message, offset) in REFUSED {
        let error = Value::parse(text).expect_err(text);
        assert_eq!((&*error.kind.message(text), error.offset), (message, offset), "{text}");
    }
}

#[test]
fn a_text_and_a_stream_are_read_the_same() {
    for text in ACCEPTED.into_iter().chain(REFUSED.map(|(text, ..)| text)) {
        for at_a_time in [1, 2, 3, 7, 10_000] {
            assert_eq!(events(text), events_of_stream(text.as_bytes(), at_a_time), "{text}");
            let kept = skip_stream(text.as_bytes(), at_a_time);
            assert_eq!(skip(text).map(|text| text.as_bytes().to_vec()), kept, "{text}");
        }
    }
}

#[test]
fn a_truncated_text_is_known_from_a_malformed_one() {
    for text in ACCEPTED {
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            match Value::parse(&text[..cut]) {
                // A shorter number is a number, too.
                Ok(Value::Number(_)) => {}
                Ok(value) => panic!("{value} of {text} cut at {cut}"),
                Err(error) => assert!(error.is_truncated(), "{text} cut at {cut}: {error}"),
            }
        }
    }
    for (text, message, _) in REFUSED {
        let truncated = Value::parse(text).expect_err(text).is_truncated();
        assert_eq!(truncated, message.starts_with("the file"), "{text}");
    }
}

#[test]
fn bytes_that_are_not_utf8_are_refused_with_their_place() {
    for (bytes, offset) in [(&b"\"caf\xe9 au lait\""[..], 4), (b"\"\xc3\xa9\xff\"", 3)] {
        let not_utf8 = ParseError { offset, kind: ParseErrorKind::NotUtf8 };
        assert_eq!(Parser::from_slice(bytes).expect_err("not UTF-8"), not_utf8);
        for at_a_time in [1, 2, 100] {
            assert_eq!(events_of_stream(bytes, at_a_time), Err(not_utf8.clone()));
        }
    }
    assert!(events_of_stream(b"\"caf\xc3\xa9\"", 1).is_ok());
}

#[test]
fn depth_is_limited_and_not_by_the_stack() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let deepest = nested(MAX_DEPTH);
    assert!(skip(&deepest).is_ok() && events(&deepest).is_ok());
    assert!(skip_stream(deepest.as_bytes(), 100).is_ok());
    for text in [nested(MAX_DEPTH + 1), "[".repeat(1_000_000)] {
        let too_deep = ParseError { offset: MAX_DEPTH, kind: ParseErrorKind::TooDeep };
        assert_eq!(skip(&text), Err(too_deep.clone()));
        assert_eq!(events(&text), Err(too_deep.clone()));
        assert_eq!(skip_stream(text.as_bytes(), 1000), Err(too_deep));
    }
}

#[test]
fn a_value_of_another_kind_is_known_from_a_malformed_one() {
    for (text, kind) in [
        ("[1]", ParseErrorKind::WrongKind(Expected::Object)),
        ("null", ParseErrorKind::WrongKind(Expected::Object)),
        ("[1 2]", ParseErrorKind::Expected(Expected::Object)),
        ("nix", ParseErrorKind::Expected(Expected::Object)),
        ("[1, ", ParseErrorKind::Truncated),
        (" ", ParseErrorKind::Truncated),
    ] {
        let none = |_: &mut Parser<_>, _| Ok(());
        let error = Parser::from_str(text).object::<ParseError>(none).expect_err(text);
        assert_eq!(error.kind, kind, "{text}");
        let mut parser = Parser::from_reader(Drip(text.as_bytes(), 1));
        let streamed = parser.object::<ReadError>(|_, _| Ok(())).map_err(parse_error);
        assert_eq!(streamed, Err(error), "{text}");
    }
}

#[test]
fn a_token_may_be_larger_than_the_window() {
    let text = format!("[\"{}\", 1]", "x".repeat(1_000_000));
    assert_eq!(skip_stream(text.as_bytes(), usize::MAX).expect("valid"), text.as_bytes());
}

#[test]
fn what_is_remembered_of_one_value_does_not_lead_out_of_another() {
    let list = format!("[{}]", ["[1,2]"; 300].join(","));
    let text = format!("[{list},{list}]");
    let (mut parser, mut elements) = (Parser::from_str(&text), Vec::new());
    let mut first = true;
    parser
        .array::<ParseError>(|parser| {
            if std::mem::take(&mut first) {
                return parser.skip().map(drop);
            }
            parser.array(|parser| {
                elements.push(&text[parser.skip()?]);
                Ok(())
            })
        })
        .expect("valid");
    assert_eq!(elements, ["[1,2]"; 300]);
}

#[test]
fn reading_past_the_end_is_an_error_and_not_a_loop() {
    let mut parser = Parser::from_str("1");
    parser.skip().expect("a number");
    assert!(parser.skip().is_err());
    assert!(matches!(parser.next_event(), Ok(Event::End)));
}

#[test]
fn duplicate_keys_are_found_among_many_and_deep_inside() {
    let keys = |n: usize| (0..n).map(|i| format!("\"k{i}\":{i}")).collect::<Vec<_>>().join(",");
    for (n, again) in [(5, 0), (16, 3), (17, 16), (500, 499)] {
        let object = format!("{{{}}}", keys(n));
        let twice = format!("{{{},\"k{again}\":0}}", keys(n));
        for (before, behind) in [("", ""), ("[1, ", "]"), ("{\"a\": {\"b\": [", "]}}")] {
            let text = format!("{before}{object}{behind}");
            Parser::from_str(&text).skip_unique().expect("no key twice");
            let text = format!("{before}{twice}{behind}");
            let error = Parser::from_str(&text).skip_unique().expect_err("a key twice");
            let first = before.len() + object.find(&format!("\"k{again}\"")).expect("the key");
            let kind = ParseErrorKind::DuplicateKey { key: format!("k{again}"), first };
            assert_eq!(error, ParseError { offset: before.len() + object.len(), kind });
        }
    }
}

/// A document as some program may write it, with blanks of every kind.
fn document() -> impl Strategy<Value = String> {
    let blank = "[ \n\r\t]{0,3}|\n {0,20}";
    let scalar = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("NaN".to_owned()),
        "-?(0|[1-9][0-9]{0,25})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?",
        "\"([a-zA-Zé😀/ ]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-f]{4}){0,20}\"",
    ];
    let key = "[a-dé]{1,2}";
    let value = scalar.prop_recursive(6, 60, 8, move |inner| {
        let item =
            (blank, inner, blank).prop_map(|(before, value, after)| before + &value + &after);
        let member = (blank, key, blank, item.clone()).prop_map(|(before, key, after, value)| {
            (format!("{before}\"{key}\"{after}:{value}"), key)
        });
        prop_oneof![
            (prop::collection::vec(item, 0..8), blank)
                .prop_map(|(items, empty)| enclose("[", items, &empty, "]")),
            (prop::collection::vec(member, 0..8), blank).prop_map(|(mut members, empty)| {
                members.sort_by(|one, two| one.1.cmp(&two.1));
                members.dedup_by(|one, two| one.1 == two.1);
                let items = members.into_iter().map(|(text, _)| text).collect();
                enclose("{", items, &empty, "}")
            }),
        ]
    });
    (blank, value, blank).prop_map(|(before, value, after)| before + &value + &after)
}

fn enclose(open: &str, items: Vec<String>, empty: &str, close: &str) -> String {
    let inside = if items.is_empty() { empty.to_owned() } else { items.join(",") };
    format!("{open}{inside}{close}")
}

proptest! {
    #[test]
    fn every_way_of_reading_agrees(text in document(), at_a_time in 1..40_usize) {
        let value = Value::parse(&text).expect("valid");
        let raw = Raw::new(skip(&text).expect("valid"));
        prop_assert_eq!(raw.value(), value.clone());
        let strict = text.replace("NaN", "null");
        if let Ok(expected) = serde_json::from_str::<serde_json::Value>(&strict) {
            prop_assert!(same(&Value::parse(&strict).expect("valid"), &expected));
        }
        prop_assert_eq!(events(&text), events_of_stream(text.as_bytes(), at_a_time));
        prop_assert_eq!(raw.text().as_bytes(), &skip_stream(text.as_bytes(), at_a_time).expect("valid")[..]);
        for style in [Style::default(), Style::one_line(), Style::of("{\n\t\"a\":1}")] {
            let again = raw.restyle(&style, 2);
            prop_assert_eq!(Value::parse(&again).expect("valid"), value.clone());
            prop_assert!(raw.same_meaning(Raw::new(&again)));
            let blanks_only = style == Style::one_line() || text.is_ascii();
            prop_assert!(raw.same_tokens(Raw::new(&again)) || !blanks_only);
            prop_assert_eq!(Raw::new(&again).restyle(&style, 2), again.clone());
        }
        if let Ok(object) = Object::parse(&raw.text().into()) {
            prop_assert_eq!(object.to_text(&Style::default(), 0), raw.text());
        }
    }

    #[test]
    fn a_damaged_document_is_refused_everywhere_or_nowhere(
        text in document(),
        place in any::<prop::sample::Index>(),
        damage in "[\\[\\]{}:,\"\\\\0-9a-z \n-]{0,3}",
        at_a_time in 1..40_usize,
    ) {
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len() + 1);
        let end = bytes.len().min(place + 1);
        bytes.splice(place..end, damage.bytes());
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(()) };
        let by_skip = skip(text).map(drop);
        prop_assert_eq!(by_skip.clone(), events(text).map(drop));
        prop_assert_eq!(by_skip.clone(), skip_stream(&bytes, at_a_time).map(drop));
        prop_assert_eq!(by_skip.clone(), events_of_stream(&bytes, at_a_time).map(drop));
        if let Err(error) = by_skip {
            prop_assert!(Value::parse(text).is_err());
            prop_assert!(error.offset <= text.len());
        }
    }

    /// Skipping remembers the text between scalars, and events do not. Records that repeat are
    /// what it is for; the damage is what it must not miss.
    #[test]
    fn records_that_repeat_are_skipped_as_they_are_read(
        record in document(),
        others in prop::collection::vec(document(), 0..4),
        order in prop::collection::vec(0..8_usize, 20..200),
        place in any::<prop::sample::Index>(),
        damage in "[\\[\\]{}:,\"\\\\0-9a-z \n-]{0,3}",
        at_a_time in prop_oneof![Just(10_000_usize), 1..40_usize],
    ) {
        let records: Vec<&str> =
            order.iter().map(|&n| others.get(n).map_or(&*record, |other| &**other)).collect();
        let text = format!("[{}]", records.join(","));
        prop_assert_eq!(skip(&text), Ok(&*text));
        prop_assert_eq!(skip_stream(text.as_bytes(), at_a_time), Ok(text.clone().into_bytes()));
        let mut bytes = text.into_bytes();
        let place = place.index(bytes.len() + 1);
        let end = bytes.len().min(place + 1);
        bytes.splice(place..end, damage.bytes());
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(()) };
        let expected = events(text).map(drop);
        prop_assert_eq!(skip(text).map(drop), expected.clone());
        prop_assert_eq!(skip_stream(&bytes, at_a_time).map(drop), expected);
        let (mut shape, mut like, mut one_by_one) = (Shape::new(), Vec::new(), Vec::new());
        let mut parser = Parser::from_str(text);
        let by_shape = parser.array::<ParseError>(|parser| {
            if parser.object_like(&mut shape) {
                parser.accept(&shape);
                like.push(shape.object());
            } else {
                let place = parser.skip_unique()?;
                like.push(place.clone());
                if text.as_bytes()[place.start] == b'{' {
                    shape.learn(parser, place)?;
                }
            }
            Ok(())
        });
        let by_keys = Parser::from_str(text).array::<ParseError>(|parser| {
            one_by_one.push(parser.skip_unique()?);
            Ok(())
        });
        prop_assert_eq!(by_shape, by_keys);
        prop_assert_eq!(like, one_by_one);
    }

    #[test]
    fn numbers_compare_as_the_exact_decimals_do(
        one in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
        two in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
    ) {
        let number = |text| Number::parse(text).expect("a number");
        let order = number(&one).compare(&number(&two));
        prop_assert_eq!(order, Some(scaled(&one).cmp(&scaled(&two))), "{} and {}", one, two);
        prop_assert_eq!(number(&one) == number(&two), scaled(&one) == scaled(&two));
    }
}

/// A number times 10^120, as a sign and digits of one length.
fn scaled(text: &str) -> (bool, Vec<i8>) {
    let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let negative = whole.starts_with('-');
    let digits = whole.trim_start_matches('-').to_owned() + fraction;
    let zeros =
        120 + power.parse::<i32>().expect("small") - i32::try_from(fraction.len()).expect("few");
    let digits = digits + &"0".repeat(usize::try_from(zeros).expect("none is smaller"));
    let digits = format!("{:0>300}", digits.trim_start_matches('0'));
    let zero = digits.bytes().all(|digit| digit == b'0');
    let sign = if negative { -1 } else { 1 };
    let digits = digits.bytes().map(|digit| sign * i8::try_from(digit - b'0').expect("a digit"));
    (zero || !negative, digits.collect())
}

/// Whether a value is that of the oracle.
fn same(value: &Value<'_>, expected: &serde_json::Value) -> bool {
    match (value, expected) {
        (Value::Null, serde_json::Value::Null) => true,
        (Value::Bool(one), serde_json::Value::Bool(two)) => one == two,
        (Value::Number(one), serde_json::Value::Number(two)) => {
            // The oracle rounds: integers beyond 64 bits become floats.
            let (one, two) = (one.as_f64(), two.as_f64().expect("finite"));
            (one - two).abs() <= one.abs() * 1e-12
        }
        (Value::String(one), serde_json::Value::String(two)) => one == two,
        (Value::Array(one), serde_json::Value::Array(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| same(one, two))
        }
        (Value::Object(one), serde_json::Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(key, one)| two.get(&**key).is_some_and(|two| same(one, two)))
        }
        _ => false,
    }
}
