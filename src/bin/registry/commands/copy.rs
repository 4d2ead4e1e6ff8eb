//! `registry copy`: copies a manifest to another file or store.

use std::path::PathBuf;

use anyhow::Result;
use model_registry::{Error, Manifest, Value};
use serde::Serialize;

use crate::context::Context;

const EXAMPLES: &str = "\
registry copy artifacts/registry/manifest.json backup.json
# From an object store
registry copy s3://models/registry/manifest.json manifest.json";

/// Copy a manifest to another file or store, byte for byte
///
/// Fails with exit code 4 if the destination exists, unless you pass --expect. It also fails if
/// another process writes the destination at the same time.
#[derive(clap::Args)]
#[command(before_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A file or a URL, such as s3://bucket/registry/manifest.json
    source: PathBuf,
    /// A file or a URL
    destination: PathBuf,
    /// Replace the destination if this is its `updated_at`
    #[arg(long, value_name = "UPDATED_AT")]
    expect: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// JSON output.
#[derive(Serialize)]
struct Copied {
    source: String,
    destination: String,
    /// `false` if the destination had the same content before.
    changed: bool,
}

pub(crate) fn run(args: Args, context: &Context) -> Result<()> {
    let source = context.load_file(&args.source)?;
    let changed = context.open(&args.destination).update(|manifest| {
        if *manifest == source {
            return Ok(false);
        }
        let found = (*manifest != Manifest::default()).then(|| updated_at(manifest));
        if found != args.expect {
            let (path, expected) = (args.destination.clone(), args.expect.clone());
            return Err(Error::ManifestMismatch { path, expected, found });
        }
        manifest.clone_from(&source);
        Ok(true)
    })?;
    let copied = Copied {
        source: args.source.display().to_string(),
        destination: args.destination.display().to_string(),
        changed,
    };
    if args.json {
        return context.printer.json(&copied);
    }
    let Copied { source, destination, .. } = copied;
    context.printer.report(&[if changed {
        format!("Copied {source} to {destination}")
    } else {
        format!("{destination} is already the same")
    }])
}

/// Returns the `updated_at` of a manifest; `none` if it is not set.
fn updated_at(manifest: &Manifest) -> String {
    let time = manifest.get("updated_at");
    time.as_ref().and_then(Value::as_str).unwrap_or("none").to_owned()
}
