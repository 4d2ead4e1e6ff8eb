//! Lists models, one row for each.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::Result;
use model_registry::{Manifest, ModelVersion, Stage};
use serde::Serialize;

use super::{Args, limit_and_reverse};
use crate::context::Context;
use crate::output::{Align, Table};

#[derive(Serialize)]
struct ModelRow<'m> {
    name: &'m str,
    versions: usize,
    current_prod: Option<Cow<'m, str>>,
    current_staging: Option<Cow<'m, str>>,
    latest: Option<&'m str>,
    description: Cow<'m, str>,
    tags: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
    aliases: BTreeMap<Cow<'m, str>, Cow<'m, str>>,
}

/// Prints the models.
pub(super) fn list_models(args: &Args, manifest: &Manifest, context: &Context) -> Result<()> {
    let mut rows: Vec<_> = manifest
        .models()
        .iter()
        .filter(|model| args.tag.iter().all(|tag| tag.matches(&model.tags())))
        .map(|model| ModelRow {
            name: model.name(),
            versions: model.versions().len(),
            current_prod: model.current(Stage::Prod),
            current_staging: model.current(Stage::Staging),
            latest: model.latest().map(ModelVersion::version),
            description: model.description(),
            tags: model.tags().into_iter().collect(),
            aliases: model.aliases().into_iter().collect(),
        })
        .collect();
    limit_and_reverse(&mut rows, args);
    if args.json {
        return context.printer.json(&rows);
    }
    if rows.is_empty() {
        return Ok(());
    }
    let described = rows.iter().any(|row| !row.description.is_empty());
    let mut columns = vec![
        ("MODEL".into(), Align::Left),
        ("VERSIONS".into(), Align::Right),
        ("PRODUCTION".into(), Align::Left),
        ("STAGING".into(), Align::Left),
        ("LATEST".into(), Align::Left),
    ];
    if described {
        columns.push(("DESCRIPTION".into(), Align::Left));
    }
    let mut table = Table::new(columns).text(&["DESCRIPTION"]).optional(&["DESCRIPTION"]);
    for row in rows {
        let or_dash = |name: Option<&str>| name.unwrap_or("-").to_owned();
        let mut cells = vec![
            row.name.into(),
            row.versions.to_string().into(),
            or_dash(row.current_prod.as_deref()).into(),
            or_dash(row.current_staging.as_deref()).into(),
            or_dash(row.latest).into(),
        ];
        if described {
            cells.push(row.description.clone());
        }
        table.push(&cells, false);
    }
    context.printer.table(table)
}
