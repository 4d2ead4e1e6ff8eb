//! Random scripts of registrations, promotions and rollbacks against a second account of what
//! they do, which is as short as the rules are: pointers, labels, history.
//!
//! Sabotage that it caught: a rollback that leaves the label `prod` on the version it rolls back.

use libtest_mimic::Trial;
use model_registry::check::check;
use model_registry::{
    Action, Error, Manifest, Provenance, Registration, Severity, Stage, Timestamp,
};
use proptest::prelude::*;

use crate::support::trials;

pub(crate) fn trials() -> Vec<Trial> {
    trials![a_script_follows_the_rules,]
}

const MODELS: [&str; 2] = ["m", "caf\u{e9} n"];

#[derive(Debug, Clone)]
enum Step {
    Register { version: u8 },
    Promote { version: u8, to: Stage },
    Rollback { to: Option<u8> },
    Expect { stage: Stage, version: Option<u8> },
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let version = 0..5_u8;
    let stage = proptest::sample::select(Stage::ALL.to_vec());
    let step = prop_oneof![
        3 => version.clone().prop_map(|version| Step::Register { version }),
        6 => (version.clone(), stage.clone())
            .prop_map(|(version, to)| Step::Promote { version, to }),
        3 => prop_oneof![3 => Just(None), 1 => version.clone().prop_map(Some)]
            .prop_map(|to| Step::Rollback { to }),
        1 => (stage, proptest::option::of(version))
            .prop_map(|(stage, version)| Step::Expect { stage, version }),
    ];
    (prop_oneof![4 => Just(0), 1 => Just(1)], step)
}

/// What a model must be after some steps.
#[derive(Debug, Clone, Default)]
struct Account {
    /// In the order of registration: the name, the label, and when it was promoted.
    versions: Vec<(u8, Stage, Option<u32>)>,
    prod: Option<u8>,
    staging: Option<u8>,
    /// Of each move the version, where it went and what it replaced.
    moves: Vec<(Action, u8, Stage, Option<u8>)>,
    /// Versions that somebody rolled back from and nobody brought back.
    condemned: Vec<u8>,
}

impl Account {
    fn find(&mut self, version: u8) -> Option<&mut (u8, Stage, Option<u32>)> {
        self.versions.iter_mut().find(|(name, ..)| *name == version)
    }

    fn register(&mut self, version: u8) {
        if self.find(version).is_none() {
            self.versions.push((version, Stage::Dev, None));
        }
    }

    fn current(&self, stage: Stage) -> Option<u8> {
        match stage {
            Stage::Dev => None,
            Stage::Staging => self.staging,
            Stage::Prod => self.prod,
        }
    }

    /// The version has the label, and is current in that stage only.
    fn moves(&mut self, action: Action, version: u8, to: Stage, at: u32) {
        self.moves.push((action, version, to, self.current(to).filter(|old| *old != version)));
        let found = self.find(version).expect("the version");
        (found.1, found.2) = (to, Some(at));
        for (stage, pointer) in [(Stage::Prod, &mut self.prod), (Stage::Staging, &mut self.staging)]
        {
            if stage == to {
                *pointer = Some(version);
            } else {
                pointer.take_if(|current| *current == version);
            }
        }
    }

    /// Returns whether the version exists and is not yet in its target stage.
    fn promote(&mut self, version: u8, to: Stage, at: u32) -> Option<bool> {
        let label = self.find(version)?.1;
        let current = [Stage::Staging, Stage::Prod].map(|stage| self.current(stage));
        let here = self.current(to) == Some(version) || to == Stage::Dev;
        let elsewhere = to == Stage::Dev && current.contains(&Some(version));
        if label == to && here && !elsewhere {
            return Some(false);
        }
        self.moves(Action::Promote, version, to, at);
        Some(true)
    }

    /// Returns the version that returns to production.
    fn rollback(&mut self, to: Option<u8>, at: u32) -> Option<u8> {
        let past = |&&(name, label, _): &&(u8, Stage, Option<u32>)| {
            let chosen = to.is_none_or(|to| to == name) && self.prod != Some(name);
            chosen && label == Stage::Prod && !self.condemned.contains(&name)
        };
        let target = self.versions.iter().filter(past).max_by_key(|(_, _, at)| *at)?.0;
        let leaving = self.prod;
        self.moves(Action::Rollback, target, Stage::Prod, at);
        if let Some(leaving) = leaving {
            self.find(leaving).expect("the version").1 = Stage::Dev;
            self.condemned.push(leaving);
        }
        Some(target)
    }
}

fn name(version: u8) -> String {
    format!("v{version}")
}

/// Two steps happen in each second. A move in the second of the last event is stamped after it.
fn time(step: u32) -> Timestamp {
    let (minute, second) = (step / 2 / 60, step / 2 % 60);
    let text = format!("2025-12-01T05:{minute:02}:{second:02}+00:00");
    Timestamp::parse(&text).expect("a time")
}

fn register(manifest: &mut Manifest, model: &str, version: u8, at: Timestamp) -> bool {
    let trained = Registration::new(format!("runs/{version}")).version(name(version));
    manifest.register(model, &trained, at).expect("a valid version").added
}

/// Applies a step to the manifest and to the reference model, which must agree on the result.
fn take(manifest: &mut Manifest, model: &str, account: &mut Account, step: &Step, at: u32) {
    let before = manifest.clone();
    let record = Provenance::at(time(at));
    let known = !account.versions.is_empty();
    let changed = match step {
        Step::Register { version } => {
            let expected = account.find(*version).is_none();
            account.register(*version);
            let added = register(manifest, model, *version, record.at);
            assert_eq!(added, expected);
            added
        }
        Step::Promote { version, to } => {
            match (manifest.promote(model, &name(*version), *to, &record), known) {
                (Err(Error::ModelNotFound { .. }), false) => false,
                (Err(Error::VersionNotFound { .. }), true) => {
                    assert_eq!(account.promote(*version, *to, at), None);
                    false
                }
                (Ok(moved), true) => {
                    assert_eq!(account.promote(*version, *to, at), Some(moved.changed));
                    moved.changed
                }
                (other, _) => panic!("{other:?}"),
            }
        }
        Step::Rollback { to } => {
            let condemned = account.condemned.clone();
            let expected = account.rollback(*to, at);
            match (manifest.rollback(model, to.map(name).as_deref(), &record), expected) {
                (Ok(moved), Some(expected)) => {
                    assert_eq!(moved.version, name(expected));
                    assert!(!condemned.contains(&expected), "back to what did not do");
                    true
                }
                (Err(Error::ModelNotFound { .. }), None) if !known => false,
                (Err(Error::NothingToRollBackTo { .. }), None) if to.is_none() => false,
                (Err(Error::RollbackRefused { .. } | Error::VersionNotFound { .. }), None) => false,
                (other, expected) => panic!("{other:?}, not {expected:?}"),
            }
        }
        Step::Expect { stage, version } => {
            let current = account.current(*stage);
            match manifest.expect_current(model, *stage, version.map(name).as_deref()) {
                Ok(()) => assert_eq!(current, *version),
                Err(Error::CurrentMismatch { found, .. }) => {
                    assert_ne!(current, *version);
                    assert_eq!(found, current.map(name));
                }
                Err(Error::ModelNotFound { .. }) => assert!(!known),
                Err(other) => panic!("{other}"),
            }
            false
        }
    };
    assert_eq!(changed, *manifest != before, "a change, or none");
}

/// The manifest and the reference model agree on a model.
fn agree(manifest: &Manifest, model: &str, account: &Account) {
    let Ok(model) = manifest.model(model) else { return assert!(account.versions.is_empty()) };
    for stage in Stage::ALL {
        assert_eq!(model.current(stage).as_deref(), account.current(stage).map(name).as_deref());
    }
    let labels: Vec<_> = model
        .versions()
        .iter()
        .map(|version| (version.version().into(), version.stage()))
        .collect();
    let expected: Vec<_> =
        account.versions.iter().map(|&(version, label, _)| (name(version), label)).collect();
    assert_eq!(labels, expected);
    let history: Vec<_> = model
        .history()
        .into_iter()
        .map(|event| (event.action, event.version, event.to, event.replaced))
        .collect();
    let expected: Vec<_> = account
        .moves
        .iter()
        .map(|&(action, version, to, replaced)| {
            (Some(action), name(version), Some(to.into()), replaced.map(name))
        })
        .collect();
    assert_eq!(history, expected);
    for &(version, ..) in &account.versions {
        let held = model.rolled_back(&name(version)).is_some();
        assert_eq!(held, account.condemned.contains(&version), "v{version}");
    }
}

/// The text can be parsed again to an equal manifest, and `check` finds no problems.
fn sound(manifest: &Manifest) {
    let text = manifest.to_text();
    let again = Manifest::parse(text.clone(), "manifest.json".as_ref()).expect("a manifest");
    assert_eq!(again.to_text(), text);
    assert_eq!(again.models(), manifest.models());
    let problems: Vec<_> =
        check(manifest).into_iter().filter(|found| found.severity == Severity::Problem).collect();
    assert_eq!(problems, []);
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    fn a_script_follows_the_rules(steps in prop::collection::vec(step(), 1..30)) {
        let mut manifest = Manifest::default();
        let mut accounts = [Account::default(), Account::default()];
        for (at, (model, step)) in (0..).zip(&steps) {
            take(&mut manifest, MODELS[*model], &mut accounts[*model], step, at);
            for (model, account) in MODELS.iter().zip(&accounts) {
                agree(&manifest, model, account);
            }
            sound(&manifest);
        }
    }
}
