//! Finds characters that cannot be seen, and those that change the order in which text is
//! displayed.

use std::ops::RangeInclusive;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// Characters that are not displayed although their general category does not show it: fillers,
/// variation selectors, and code points that Unicode reserves for more of them. With those of the
/// category `Format`, this is its property `Default_Ignorable_Code_Point`.
const IGNORABLE: [RangeInclusive<char>; 10] = [
    '\u{34f}'..='\u{34f}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{2065}'..='\u{2065}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fff8}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Returns whether a character cannot be seen or changes the order of others. A space can be seen.
pub(crate) fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    matches!(
        character.general_category(),
        GeneralCategory::Control
            | GeneralCategory::Format
            | GeneralCategory::LineSeparator
            | GeneralCategory::ParagraphSeparator
    ) || IGNORABLE.iter().any(|range| range.contains(&character))
}

/// Returns whether a character looks like a space and is not `U+0020`.
pub(crate) fn is_odd_space(character: char) -> bool {
    let braille_blank = '\u{2800}';
    character == braille_blank
        || character.general_category() == GeneralCategory::SpaceSeparator && character != ' '
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_cannot_be_seen_are_hidden() {
        for hidden in [
            '\0',
            '\u{1b}',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{9b}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{2028}',
            '\u{202e}',
            '\u{2060}',
            '\u{2064}',
            '\u{2066}',
            '\u{206f}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{1d173}',
            '\u{e0001}',
            '\u{e0041}',
            '\u{e0100}',
            '\u{e01ef}',
        ] {
            assert!(is_hidden(hidden), "{hidden:?}");
        }
        for visible in
            [' ', 'a', '~', 'é', '\u{301}', 'ß', '模', '한', '\u{1161}', '🚀', '\u{2800}']
        {
            assert!(!is_hidden(visible), "{visible:?}");
        }
        for space in ['\u{a0}', '\u{2003}', '\u{202f}', '\u{3000}', '\u{2800}'] {
            assert!(is_odd_space(space) && !is_hidden(space), "{space:?}");
        }
        assert!(!is_odd_space(' ') && !is_odd_space('\t'));
    }
}
