//! Hints for names that do not exist.

use model_registry::{Error, Stage};

use crate::context::{Context, is_file_name};
use crate::output;

/// Returns a hint for a model, a version, a metric or a revision that does not exist.
pub(super) fn hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::ModelNotFound { model, present } => model_hint(model, present, context),
        Error::VersionNotFound { model, version, present } => {
            version_hint(model, version, present, context)
        }
        Error::AliasNotFound { model, alias, present } => match output::similar(alias, present) {
            Some(name) => format!("did you mean `@{name}`?"),
            None => format!("list its aliases: {}", context.command("alias", &[], &[model])),
        },
        Error::MetricNotFound { model, metric, present } => {
            return metric_hint(model, metric, present, context);
        }
        Error::NothingInStage { model, stage, newest: Some(version) } => match &*context.verb {
            "show" => {
                format!(
                    "show the newest one: {}",
                    context.command("show", &[], &[model, "@latest"])
                )
            }
            "compare" => {
                format!("choose another baseline: {}", context.command("list", &[], &[model]))
            }
            _ => {
                let stage = if *stage == Stage::Dev { Stage::Staging } else { *stage };
                let promote = context.promote_command(model, version, stage);
                format!("promote the newest version: {promote}")
            }
        },
        Error::NothingInStage { newest: None, model, .. } | Error::NoVersions { model } => {
            let options = ["--artifact-path", "PATH"];
            format!("register one: {}", context.command("register", &options, &[model]))
        }
        _ => return revision_hint(error, context),
    })
}

fn model_hint(model: &str, present: &[String], context: &Context) -> String {
    if let Some(name) = output::similar(model, present) {
        return format!("did you mean `{name}`?");
    }
    if !present.is_empty() {
        return format!("list the models: {}", context.command("list", &[], &[]));
    }
    let path = output::shell_word(&context.manifest().to_string_lossy());
    if context.exists() {
        format!("register a first version; `{path}` has no models yet")
    } else {
        format!("set the manifest with -m or REGISTRY_MANIFEST; `{path}` does not exist")
    }
}

/// Returns a hint for a version that does not exist.
fn version_hint(model: &str, version: &str, present: &[String], context: &Context) -> String {
    if ["prod", "staging", "latest"].contains(&version) {
        let reference = format!("@{version}");
        return match &*context.verb {
            verb @ ("show" | "path") => {
                let command = context.command(verb, &[], &[model, &reference]);
                format!("write it as `{reference}`: {command}")
            }
            _ => format!("write it as `{reference}`"),
        };
    }
    if version == Stage::Dev.as_str() {
        let command = context.command("list", &["--stage", version], &[model]);
        return format!("list its versions in dev: {command}");
    }
    match output::similar(version, present) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("list its versions: {}", context.command("list", &[], &[model])),
    }
}

/// Returns a hint for a metric that no version has.
fn metric_hint(model: &str, metric: &str, present: &[String], context: &Context) -> Option<String> {
    match output::similar(metric, present) {
        Some(name) => Some(format!("did you mean `{name}`?")),
        None if present.is_empty() => None,
        None => Some(format!(
            "show the metrics of the newest version: {}",
            context.command("show", &[], &[model, "@latest"])
        )),
    }
}

/// Returns a hint for an error about a revision or its repository.
fn revision_hint(error: &Error, context: &Context) -> Option<String> {
    Some(match error {
        Error::RevisionNotFound { revision, shallow: false, .. } if revision.contains("@{") => {
            "select by commit date, because the reflog of this clone does not go back that far: \
             --at \"$(git rev-list -1 --first-parent --before=DATE BRANCH)\""
                .into()
        }
        Error::RevisionNotFound { shallow: true, .. } => {
            "fetch the whole history: git fetch --unshallow --tags".into()
        }
        Error::RevisionNotFound { revision, .. } if context.verb == "diff" => {
            let file = output::shell_word(&format!("./{revision}"));
            format!("start the path of a file with `./`: registry diff {file}")
        }
        Error::RevisionNotFound { revision, .. } if context.verb == "check" => {
            let is_file = is_file_name(revision);
            let file = if is_file { revision.clone() } else { format!("./{revision}") };
            let command = context.command("check", &["--against-file", &file], &[]);
            format!("fetch the revision, or compare with a file: {command}")
        }
        Error::NotInRevision { revision, is_link: true, .. } => format!(
            "list the links in the revision: git ls-tree -r {} | grep ^120000",
            output::shell_word(revision)
        ),
        Error::NotInRevision { .. } if context.verb == "check" => {
            "add --allow-missing-base if this change adds the first manifest".into()
        }
        Error::NotInRevision { path: missing, .. } => {
            let missing = output::shell_word(&missing.to_string_lossy());
            format!("list the revisions that change it: git log --oneline --all -- {missing}")
        }
        Error::ForeignRepository { repository, .. } => format!(
            "run the command there: cd {}",
            output::shell_word(&repository.to_string_lossy())
        ),
        _ => return None,
    })
}
