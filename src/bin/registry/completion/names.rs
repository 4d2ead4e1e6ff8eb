//! Names from the manifest and from git.

use model_registry::{Model, git};

use super::Line;
use crate::context::Context;

/// The names that fit an argument with this id. `None` if files are meant.
pub(super) fn of(id: &str, line: &Line<'_>, context: &Context) -> Option<Vec<String>> {
    let model = || context.load_model(line.arguments.first()?).ok();
    Some(match id {
        "model" | "models" => models(context),
        "version" | "baseline" | "to" => model().map_or_else(Vec::new, |model| references(&model)),
        "expect_current" => {
            let versions = model().map_or_else(Vec::new, |model| versions(&model));
            versions.into_iter().chain(["none".to_owned()]).collect()
        }
        "metrics" | "sort_by" => {
            let mut names = metrics(model().as_ref(), context);
            match (id, line.command.get_name()) {
                ("sort_by", _) => names.push("created".to_owned()),
                (_, "list") => names.push("all".to_owned()),
                (_, "register") => names.iter_mut().for_each(|name| name.push('=')),
                _ => {}
            }
            names
        }
        "get" => model().map_or_else(Vec::new, |model| fields(&model)),
        "at" | "against" | "old" | "new" => {
            // A path starts with `.` or `/`; anything else is a revision.
            if line.word.starts_with(['.', '/']) {
                return None;
            }
            git::revisions(context.manifest()).unwrap_or_default()
        }
        _ => Vec::new(),
    })
}

fn models(context: &Context) -> Vec<String> {
    let Ok(manifest) = context.load() else { return Vec::new() };
    manifest.models().iter().map(|model| model.name().to_owned()).collect()
}

/// The versions, newest first.
fn versions(model: &Model) -> Vec<String> {
    model.versions().iter().rev().map(|version| version.version().to_owned()).collect()
}

fn references(model: &Model) -> Vec<String> {
    let fixed = ["@prod", "@staging", "@latest"].map(ToOwned::to_owned);
    let aliases = model.aliases().into_iter().map(|(name, _)| format!("@{name}"));
    versions(model).into_iter().chain(fixed).chain(aliases).collect()
}

/// The metrics of the newest version of a model, or of all models.
fn metrics(model: Option<&Model>, context: &Context) -> Vec<String> {
    let of = |model: &Model| -> Vec<String> {
        let newest = model.versions().last();
        let metrics = newest.map_or_else(Vec::new, |version| version.metrics());
        metrics.into_iter().map(|(name, _)| name.into_owned()).collect()
    };
    if let Some(model) = model {
        return of(model);
    }
    let Ok(manifest) = context.load() else { return Vec::new() };
    let mut names: Vec<String> = manifest.models().iter().flat_map(of).collect();
    names.sort();
    names.dedup();
    names
}

/// The fields of the newest version.
fn fields(model: &Model) -> Vec<String> {
    let Some(version) = model.versions().last() else { return Vec::new() };
    let fields = version.fields().into_iter().map(|(name, _)| name.into_owned());
    let metrics = version.metrics().into_iter().map(|(name, _)| format!("metrics.{name}"));
    ["model".to_owned(), "current".to_owned()].into_iter().chain(fields).chain(metrics).collect()
}
