//! Rounds numbers for people.

use model_registry::Number;

/// Rounds a number to four decimals, or to four digits if it is small. Integers stay as they are.
pub(crate) fn rounded(number: &Number<'_>) -> String {
    let value = number.as_f64();
    let size = value.abs();
    if number.is_integer() || !value.is_finite() || size >= 1e15 || (size > 0.0 && size < 1e-12) {
        return number.text().to_owned();
    }
    if size == 0.0 || size >= 0.001 {
        return format!("{value:.4}");
    }
    let mut decimals = 4;
    while size * 10_f64.powi(decimals) < 1000.0 {
        decimals += 1;
    }
    let digits = format!("{value:.*}", usize::try_from(decimals).unwrap_or(4));
    digits.trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_small_ones_keep_their_digits() {
        for (digits, shown) in [
            ("6079", "6079"),
            ("18446744073709551616", "18446744073709551616"),
            ("0.05705236893297605", "0.0571"),
            ("-3.54321", "-3.5432"),
            ("1.0", "1.0000"),
            ("0.0", "0.0000"),
            ("0.00012345678", "0.0001235"),
            ("0.0005", "0.0005"),
            ("1e-07", "0.0000001"),
            ("5e-324", "5e-324"),
            ("1e+16", "1e+16"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(rounded(&Number::parse(digits).expect("a number")), shown);
        }
    }
}
