//! Names from the manifest and from git.

use model_registry::{Model, ModelVersion, git};

use super::Line;
use crate::context::Context;

/// Returns the names that an argument with this id accepts; `None` if the shell must complete
/// files.
pub(super) fn of(id: &str, line: &Line<'_>, context: &Context) -> Option<Vec<String>> {
    let model = || context.load_model(line.arguments.first()?).ok();
    let of_model = |names: fn(&Model) -> Vec<String>| model().as_ref().map_or_else(Vec::new, names);
    let of_metrics = || metrics(model().as_ref(), context);
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    Some(match (id, line.command.get_name()) {
        ("model" | "models", _) => models(context),
        // A version to be registered has a new name.
        ("version", "register") => Vec::new(),
        ("version" | "baseline" | "to", _) => of_model(references),
        ("name", "alias") => of_model(aliases),
        ("expect_current", _) => [of_model(versions), owned(&["none"])].concat(),
        ("sort_by", _) => [of_metrics(), owned(&["created"])].concat(),
        ("metrics", "list") => [of_metrics(), owned(&["all"])].concat(),
        ("metrics", "register") => of_metrics().iter().map(|name| format!("{name}=")).collect(),
        ("metrics", _) => of_metrics(),
        // A rule starts with a field; the user types the rest.
        ("rules" | "require", _) => {
            let fields = owned(&["training_end", "feature_hash", "feature_schema_version"]);
            [of_metrics(), fields].concat()
        }
        ("tag" | "tags" | "untag", _) => tags(id, model().as_ref(), line, context),
        ("get", _) => model().map_or_else(Vec::new, |model| fields(&model, line.arguments.get(1))),
        ("at" | "against" | "old" | "new", _) => {
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

/// Returns the versions, newest first.
fn versions(model: &Model) -> Vec<String> {
    model.versions().iter().rev().map(|version| version.version().to_owned()).collect()
}

fn references(model: &Model) -> Vec<String> {
    let fixed = ["@prod", "@staging", "@latest"].map(ToOwned::to_owned);
    let aliases = aliases(model).into_iter().map(|name| format!("@{name}"));
    versions(model).into_iter().chain(fixed).chain(aliases).collect()
}

fn aliases(model: &Model) -> Vec<String> {
    model.aliases().into_iter().map(|(name, _)| name.into_owned()).collect()
}

/// Returns the tags of a model, or of all models, and of their versions: `KEY` to remove or to
/// filter by, `KEY=` to set, and `KEY=VALUE` once the word contains `=`.
fn tags(id: &str, model: Option<&Model>, line: &Line<'_>, context: &Context) -> Vec<String> {
    let of = |model: &Model| {
        let versions = model.versions().iter().rev();
        let tags = model.tags().into_iter().chain(versions.flat_map(ModelVersion::tags));
        tags.map(|(key, value)| (key.into_owned(), value.into_owned())).collect::<Vec<_>>()
    };
    let pairs = match model {
        Some(model) => of(model),
        None => context.load().map_or_else(
            |_| Vec::new(),
            |manifest| manifest.models().iter().flat_map(of).collect(),
        ),
    };
    let text = |(key, value): (String, String)| match id {
        "untag" => key,
        // Values are offered once the word contains the key.
        _ if line.word.contains('=') => format!("{key}={value}"),
        "tags" => format!("{key}="),
        _ => key,
    };
    let mut names: Vec<_> = pairs.into_iter().map(text).collect();
    names.sort();
    names.dedup();
    names
}

/// Returns the metrics of the newest version of a model, or of each model.
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

/// Returns the fields of a version, or of the newest one.
fn fields(model: &Model, version: Option<&&str>) -> Vec<String> {
    let named = version.and_then(|version| model.resolve(version).ok());
    let Some(version) = named.or(model.versions().last()) else { return Vec::new() };
    let fields = version.fields().into_iter().map(|(name, _)| name.into_owned());
    let metrics = version.metrics().into_iter().map(|(name, _)| format!("metrics.{name}"));
    let tags = version.tags().into_iter().map(|(name, _)| format!("tags.{name}"));
    let own = ["model".to_owned(), "current".to_owned()];
    own.into_iter().chain(fields).chain(metrics).chain(tags).collect()
}
