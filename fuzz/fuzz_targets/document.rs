//! Any bytes as a document and as a manifest: the parser over a text and over a stream, `NaN`,
//! duplicate keys, and one model by itself.
#![no_main]

#[path = "../../tests/properties/checks/mod.rs"]
mod checks;

use std::path::PathBuf;
use std::sync::LazyLock;

/// One for each process, as several may run at once.
static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    std::env::temp_dir().join(format!("registry-fuzz-{}.json", std::process::id()))
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    checks::grammar(bytes);
    checks::document(bytes, &FILE);
});
