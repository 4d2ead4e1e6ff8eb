//! The JSON Schemas of the manifest and the policy, which are generated under test.
//!
//! The policy's is derived from the types that read it. A manifest is its text, not a tree of
//! types, so `manifest.rs` describes it, and the tests compare that description with what the code
//! reads and writes. The results are committed in `schemas/`: neither the library nor the command
//! needs a generator. `REGISTRY_TEST_UPDATE=1 cargo test --lib schemas` writes them anew.

mod manifest;
#[cfg(test)]
mod tests;

use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema};
use serde_json::{Value, json};

/// A stage of a version.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum Stage {
    /// Registered, but not in use.
    Dev,
    /// Being tested for production.
    Staging,
    /// In production.
    Prod,
}

/// Requirement of a policy on an artifact.
#[derive(JsonSchema)]
#[schemars(rename_all = "lowercase")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) enum ArtifactDemand {
    /// The artifact exists.
    Exists,
    /// The artifact has the registered digest.
    Verified,
}

/// A condition: `FIELD OP VALUE`, such as `val_mae <= prod * 1.02` or `feature_hash == prod`.
#[derive(JsonSchema)]
#[schemars(extend("examples" = ["val_mae <= 5.0", "val_mae <= prod * 1.02", "feature_hash == prod"]))]
pub(crate) struct Rule(
    // A metric or a field, an operator, and a number, a stage or a string. The program reports the
    // rest, such as a division by zero.
    #[schemars(regex(pattern = concat!(
        r#"^\s*("([^"\\]|\\.)*"|[^\s<>=!"]+)\s*(<=|>=|==|!=|<|>)\s*"#,
        r#"((prod|staging)(\s*[-+*/]\s*[-+0-9.eE]+)?|[-+0-9.eE]+|"([^"\\]|\\.)*")\s*$"#,
    )))]
    #[expect(dead_code, reason = "only its schema is used")]
    String,
);

/// Generates the schema of a file.
///
/// It is of draft 7, since editors do not read the newer ones completely: Taplo, which checks TOML
/// in most of them, reads nothing newer.
fn schema<T: JsonSchema>(name: &str) -> Value {
    let mut schema = SchemaSettings::draft07().into_generator().into_root_schema_for::<T>();
    RecursiveTransform(without_rust).transform(&mut schema);
    let id = concat!(env!("CARGO_PKG_REPOSITORY"), "/schemas/");
    schema.insert("$id".to_owned(), json!(format!("{id}{name}.schema.json")));
    schema.to_value()
}

/// Removes what comes from Rust: widths of numbers, line breaks of comments, and `null` for a table
/// or a word of the policy, since TOML has no `null`.
fn without_rust(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    object.retain(|key, value| match key.as_str() {
        "format" => false,
        "default" => !value.is_null(),
        "required" => *value != json!([]),
        _ => true,
    });
    if let Some(Value::String(description)) = object.get_mut("description") {
        *description = description.replace('\n', " ");
    }
    if let Some(Value::Array(choices)) = object.get("anyOf")
        && let [Value::Object(one), null] = &choices[..]
        && *null == json!({"type": "null"})
        && one.get("$ref").is_some_and(|name| {
            // A time or a day of a manifest can be `null`.
            name != "#/definitions/Time" && name != "#/definitions/Day"
        })
    {
        let one = json!([one]);
        object.remove("anyOf");
        // In draft 7, a description beside `$ref` is ignored, so `$ref` moves inside.
        object.insert("allOf".to_owned(), one);
    }
}
