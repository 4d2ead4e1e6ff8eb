//! Manifests that were cut or hit by chance: never a panic, never a wrong answer.

use std::path::Path;

use libtest_mimic::Trial;
use model_registry::{DocumentErrorKind, Error, Manifest};
use proptest::prelude::*;

use crate::support::{manifest, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![a_text_cut_anywhere_is_known_to_be_cut, damage_is_refused_or_harmless,]
}

const EVERY_KIND: &str = include_str!("../data/every_kind.json");

/// A cut text must be known as one: another program may be writing it, so it is read again.
fn a_text_cut_anywhere_is_known_to_be_cut() {
    for text in [EVERY_KIND.to_owned(), manifest(2)] {
        let end = text.trim_end().len();
        for cut in (0..end).filter(|&cut| text.is_char_boundary(cut)) {
            let result = Manifest::parse(text[..cut].to_owned(), Path::new("m.json"));
            let Err(Error::BadDocument { reason, problem, line, .. }) = result else {
                panic!("cut at {cut}: {result:?}");
            };
            let incomplete = [DocumentErrorKind::Empty, DocumentErrorKind::Truncated];
            assert!(incomplete.contains(&reason), "cut at {cut}: line {line}: {problem}");
        }
    }
}

/// A piece of damage: at a place, some bytes are replaced by others.
type Damage = (prop::sample::Index, usize, Vec<u8>);

fn damage() -> impl Strategy<Value = Damage> {
    let token = prop::sample::select(vec![
        "\"",
        "\\",
        "\\u",
        "\\ud800",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "NaN",
        "-",
        "1e",
        "0",
        "\n",
        "\u{0}",
        "é",
        "<<<<<<< HEAD\n",
        "\"models\": {}",
        "\"version\": \"20251202\"",
    ]);
    let bytes = prop_oneof![
        token.prop_map(|token| token.as_bytes().to_vec()),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    (any::<prop::sample::Index>(), 0_usize..6, bytes)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    /// A damaged text that is accepted can be changed, and is written in a form that is accepted
    /// again with the same content; any other is refused with a position inside the text.
    fn damage_is_refused_or_harmless(damages in prop::collection::vec(damage(), 1..4)) {
        let mut bytes = EVERY_KIND.as_bytes().to_vec();
        for (index, length, new) in damages {
            let start = index.index(bytes.len());
            let end = bytes.len().min(start + length);
            bytes.splice(start..end, new);
        }
        let lines = bytes.split(|&byte| byte == b'\n').count();
        let name = Path::new("m.json");
        match Manifest::from_reader(&*bytes, name) {
            Ok(manifest) => {
                let text = manifest.to_text();
                let again = Manifest::parse(text.clone(), name).expect("it was accepted before");
                prop_assert_eq!(again.to_text(), text);
                for model in manifest.models() {
                    let _ = (model.production().is_ok(), model.resolve("@latest").is_ok());
                    for version in model.versions() {
                        let _ = (version.fields(), version.metrics(), version.created());
                    }
                }
            }
            Err(Error::BadDocument { line, column, .. }) => {
                prop_assert!(line >= 1 && line <= lines + 1 && column >= 1);
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
