use super::*;

fn number(text: &str) -> Number<'_> {
    Number::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
}

#[test]
fn floats_are_written_as_python_does() {
    for (value, text) in [
        (1e-7, "1e-07"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1.0, "1.0"),
        (-0.0, "-0.0"),
        (1e15, "1000000000000000.0"),
        (1e16, "1e+16"),
        (1.5e300, "1.5e+300"),
        (5e-324, "5e-324"),
        (0.907_303_832_202_868_9, "0.9073038322028689"),
        (123_456.789, "123456.789"),
        (f64::NAN, "NaN"),
        (f64::NEG_INFINITY, "-Infinity"),
    ] {
        assert_eq!(Number::from(value).text(), text);
    }
}

#[test]
fn numbers_have_one_exact_order() {
    let ascending = [
        "-Infinity",
        "-2e400",
        "-1e400",
        "-100000000000000000000000",
        "-99999999999999999999999",
        "-10",
        "-9.5",
        "-9",
        "-1e-400",
        "0",
        "1e-99999999999999999999999999999999999999999",
        "1e-401",
        "1e-400",
        "5e-324",
        "0.1",
        "0.10000000000000000555111512312578270211815834045410156250",
        "0.10000000000000000555111512312578270211815834045410156251",
        "1",
        "5",
        "5.5",
        "7",
        "10",
        "9007199254740992.0",
        "9007199254740993",
        "18446744073709551616",
        "18446744073709551617",
        "1e400",
        "1.5e400",
        "2e400",
        "20e400",
        "1e99999999999999999999999999999999999999999",
        "Infinity",
    ];
    for (i, one) in ascending.iter().enumerate() {
        for (j, two) in ascending.iter().enumerate() {
            let order = number(one).compare(&number(two));
            assert_eq!(order, Some(i.cmp(&j)), "{one} and {two}");
        }
    }
}

#[test]
fn one_number_has_many_forms() {
    for (one, two) in [
        ("0", "-0"),
        ("0", "-0.0e400"),
        ("1", "1.0"),
        ("1", "10e-1"),
        ("1e-7", "0.0000001"),
        ("100000000000000000000", "1e20"),
        ("1e400", "1000.000e+397"),
        ("0.00120", "1.2E-3"),
        ("-12.5", "-0.125e2"),
        ("1e-400", "0.01e-398"),
    ] {
        assert_eq!(number(one), number(two), "{one} and {two}");
    }
    let nan = number("NaN");
    assert_eq!(nan, nan.clone());
    assert_eq!((nan.compare(&nan), nan.compare(&number("1"))), (None, None));
}

#[test]
fn short_floats_keep_their_digits() {
    assert_eq!(Number::from(0.1_f32).text(), "0.1");
    assert_eq!(Number::from(f32::INFINITY).text(), "Infinity");
}

#[test]
fn only_numbers_are_numbers() {
    for text in ["", "1 2", " 1", "abc", "\"1\"", "0x10", "1_000", "nan", "+1", "null"] {
        assert!(Number::parse(text).is_none(), "{text}");
    }
}

#[test]
fn equal_numbers_have_equal_hashes() {
    let numbers = ["1", "1.0", "10e-1", "0", "-0", "1e400", "2e400", "1000e397", "NaN", "Infinity"];
    let distinct: std::collections::HashSet<_> = numbers.into_iter().map(number).collect();
    assert_eq!(distinct.len(), 6);
}
