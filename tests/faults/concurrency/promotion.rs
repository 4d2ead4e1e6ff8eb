//! Promotions that expect the same version to be current.

use std::thread;

use libtest_mimic::Trial;
use model_registry::{Stage, Store};

use crate::support::{Folder, Ran, manifest, registry, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![of_twenty_promotions_with_the_same_expectation_one_wins,]
}

fn of_twenty_promotions_with_the_same_expectation_one_wins() {
    let folder = Folder::new();
    let path = folder.write("manifest.json", manifest(21));
    let results: Vec<(String, Ran)> = thread::scope(|scope| {
        let started: Vec<_> = (0..20)
            .map(|index| {
                let path = &path;
                scope.spawn(move || {
                    let version = format!("v{index}");
                    let ran = {
                        let mut command = registry(path);
                        command.args(["promote", "m", &version, "--stage", "prod"]);
                        run(command.args(["--expect-current", "v20"]))
                    };
                    (version, ran)
                })
            })
            .collect();
        started.into_iter().map(|thread| thread.join().expect("it ends")).collect()
    });
    let (won, lost): (Vec<_>, Vec<_>) =
        results.into_iter().partition(|(_, ran)| ran.code == Some(0));
    let model = Store::new(&path).load_model("m").expect("a manifest");
    let winner = model.current(Stage::Prod).expect("a current version");
    assert_eq!(won.iter().map(|(version, _)| version.as_str()).collect::<Vec<_>>(), [&*winner]);
    for (_, ran) in lost {
        ran.code(4).reports("expected `v20` as the current prod version").reports(&winner);
    }
    assert_eq!(model.history().len(), 2, "the one before, and the winner's");
}
