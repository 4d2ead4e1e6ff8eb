//! A policy that cannot be read is an error, never a policy without demands.

use std::fs;
use std::path::Path;

use model_registry::{Error, Policy, Result, Stage, files};

fn read(path: &Path) -> Result<Policy> {
    Policy::parse(&files::read_text(path)?, path)
}

#[test]
fn a_policy_that_cannot_be_read_is_an_error() {
    let folder = std::env::temp_dir().join(format!("registry-policy-{}", std::process::id()));
    fs::create_dir_all(folder.join("policy")).expect("a folder");
    let file = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, content).expect("a file");
        path
    };

    let good = read(&file("good.toml", b"[prod]\nfrom = 'staging'\n")).expect("a policy");
    assert_eq!(good.gate("m", Stage::Prod).from, Some(Stage::Staging));
    let empty = read(&file("empty.toml", b"")).expect("a policy");
    assert_eq!(empty, Policy::default());

    let broken = file("broken.toml", b"[prod]\nrequire = ['val_mae =< 5']\n");
    let error = read(&broken).expect_err("a rule that does not parse").to_string();
    assert_eq!(
        error,
        format!(
            "`{}`, line 2, column 21: rule `val_mae =< 5`: expected one of < <= > >= == !=",
            broken.display()
        )
    );

    let latin = read(&file("latin.toml", b"# caf\xe9\n[prod]\n"));
    assert!(matches!(latin, Err(Error::BadDocument { line: 1, column: 6, .. })), "{latin:?}");
    let directory = read(&folder.join("policy"));
    assert!(matches!(directory, Err(Error::NotAFile { .. })), "{directory:?}");
    let missing = read(&folder.join("missing.toml"));
    assert!(matches!(missing, Err(Error::Io { .. })), "{missing:?}");
    let through_a_file = read(&folder.join("good.toml/policy.toml"));
    assert!(matches!(through_a_file, Err(Error::Io { .. })), "{through_a_file:?}");

    fs::remove_dir_all(folder).expect("the folder of this test");
}
