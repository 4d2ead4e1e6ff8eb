//! Generates deterministic manifests that resemble those of real projects.

#![allow(dead_code, reason = "each benchmark uses a part of it")]

pub(crate) mod rows;

use std::fmt::Write as _;
use std::path::PathBuf;

/// Numbers of versions, in all models together, for which to measure.
pub(crate) const SIZES: [usize; 3] = [52, 10_000, 100_000];

/// Name of the model to look up, which is in the middle of the file.
pub(crate) const MODEL: &str = "minutes_v5_lgbm";

const MODELS: usize = 10;

/// Template of a version; `@` marks the parts that differ.
const VERSION: &str = r#"
        {
          "version": "@name",
          "run_id": "@name",
          "artifact_path": "runs/@name/model.txt",
          "stage": "@stage",
          "created_at": "2025-12-06T06:00:40.537326+00:00",
          "promoted_at": @promoted,
          "training_start": "2022-10-01",
          "training_end": "2024-06-30",
          "feature_schema_version": "stage1",
          "feature_hash": "9f86d081884c7d65",
          "metrics": {
            "val_mae": 0.@digits,
            "val_rmse": 1.@digits,
            "val_r2": -0.0@digits,
            "train_rows": @rows
          },
          "description": "Train to 2024-06-30 | stage1 | 12 targets | run @rows"
        }"#;

/// Returns a manifest with this many versions, divided evenly among ten models.
pub(crate) fn manifest(versions: usize) -> String {
    let mut text = String::with_capacity(versions * 780 + 4000);
    text.push_str("{\n  \"schema_version\": \"1.0.0\",\n");
    text.push_str("  \"updated_at\": \"2025-12-15T15:47:17.183906+00:00\",\n  \"models\": {");
    for model in 0..MODELS {
        let count = versions / MODELS + usize::from(model < versions % MODELS);
        let comma = if model == 0 { "" } else { "," };
        let name = format!("minutes_v{model}_lgbm");
        let _ = write!(text, "{comma}\n    \"{name}\": {{\n      \"name\": \"{name}\",");
        text.push_str("\n      \"versions\": [");
        for index in 0..count {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&version(model, index, index == production_index(count)));
        }
        let current = version_name(model, production_index(count));
        let _ = write!(text, "\n      ],\n      \"current_prod\": \"{current}\",");
        text.push_str("\n      \"current_staging\": null\n    }");
    }
    text.push_str("\n  }\n}");
    text
}

/// Returns the index of the version in production, which is one of the newest.
const fn production_index(count: usize) -> usize {
    count - 1 - count / 10
}

/// Returns the name of the first version of [`MODEL`].
pub(crate) fn first_version() -> String {
    version_name(5, 0)
}

fn version_name(model: usize, index: usize) -> String {
    format!("minutes_v{model}_{index:06}_20251206")
}

fn version(model: usize, index: usize, current: bool) -> String {
    // One version in thirty was in production before and keeps its stage.
    let promoted = current || index % 30 == 29;
    let digits = (model * 1_000_003 + index + 1).wrapping_mul(6_364_136_223_846_793_005);
    VERSION
        .replace("@name", &version_name(model, index))
        .replace("@stage", if promoted { "prod" } else { "dev" })
        .replace(
            "@promoted",
            if promoted { "\"2025-12-07T06:00:40.537326+00:00\"" } else { "null" },
        )
        .replace("@digits", &format!("{digits:016}")[..16])
        .replace("@rows", &(6000 + index).to_string())
}

/// Returns a folder for the measured files in the target folder.
pub(crate) fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder).expect("a folder for the benchmark");
    folder
}
