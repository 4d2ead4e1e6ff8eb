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

#[test]
fn a_policy_has_the_gates_of_its_tables_and_their_defaults() {
    let text = "[staging]\nreason = true\n\
                [prod]\nrequire = ['a < 1']\nforce = false\n\
                [models.m.prod]\nfrom = 'staging'\n\
                [models.n.dev]\nreason = true\n";
    let policy: Policy = text.parse().expect("a policy");
    assert_eq!(policy.models().collect::<Vec<_>>(), ["m", "n"]);
    for (model, stage, from, rules, reason, force) in [
        ("m", Stage::Prod, Some(Stage::Staging), 0, false, true),
        ("n", Stage::Prod, None, 1, false, false),
        ("m", Stage::Staging, None, 0, true, true),
        ("m", Stage::Dev, None, 0, false, true),
        ("n", Stage::Dev, None, 0, true, true),
        ("other", Stage::Prod, None, 1, false, false),
        ("other", Stage::Dev, None, 0, false, true),
    ] {
        let gate = policy.gate(model, stage);
        let found = (gate.from, gate.require.len(), gate.reason, gate.force);
        assert_eq!(found, (from, rules, reason, force), "{model} {stage}");
    }
    assert!(!policy.looks_at_artifacts());
    for table in ["prod", "dev", "models.m.staging"] {
        let policy: Policy = format!("[{table}]\nartifact = 'exists'").parse().expect("a policy");
        assert!(policy.looks_at_artifacts(), "{table}");
    }
}

#[test]
fn a_policy_has_at_most_a_megabyte() {
    let path = Path::new("policy.toml");
    let text = "[prod]\nfrom = 'staging'\n";
    let of_size = |size: usize| format!("{text}#{}", " ".repeat(size - text.len() - 1));
    for (size, fits) in [(999_999, true), (1_000_000, true), (1_000_001, false)] {
        let policy = Policy::parse(&of_size(size), path);
        assert_eq!(policy.is_ok(), fits, "{size}");
        if let Ok(policy) = policy {
            assert_eq!(policy.gate("m", Stage::Prod).from, Some(Stage::Staging));
        }
    }
}
