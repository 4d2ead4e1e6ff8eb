//! The policy file: the gates of the stages.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use serde::Deserialize;
use toml::Spanned;

use super::artifact::ArtifactDemand;
use super::ast::Rule;
use super::judge::Gate;
use super::parse;
use crate::error::{DocumentErrorKind, Error, Result};
use crate::manifest::{Fault, Stage, bad_document, files};

/// The content of a policy file. The default requires nothing.
///
/// ```toml
/// [prod]                            # conditions for entering prod
/// from = "staging"
/// require = ["val_mae <= 5.0", "val_mae <= prod * 1.02"]
/// reason = true                     # the promotion needs a reason
/// artifact = "verified"             # the artifact has the registered digest; or "exists"
/// force = false                     # failed rules cannot be overridden
///
/// [models.minutes_v1_lgbm.prod]     # replaces all of [prod] for one model
/// require = ["val_mae <= prod"]
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Policy {
    every_model: Gates,
    models: BTreeMap<String, Gates>,
}

/// The gates of a policy by stage.
type Gates = BTreeMap<Stage, Gate>;

/// The gates of a model registry: what a version must meet to enter a stage.
// Under test, the schema in `schemas/` is derived from these types, and their documentation
// describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "registry policy"))]
pub(crate) struct Document {
    /// What a version must meet to return to dev.
    dev: Option<Section>,
    /// What a version must meet to enter staging.
    staging: Option<Section>,
    /// What a version must meet to enter prod.
    prod: Option<Section>,
    /// Gates of single models, by their names.
    #[serde(default)]
    models: BTreeMap<String, Sections>,
}

/// The gates of one model. A table replaces the general table of that stage completely.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "ModelGates"))]
struct Sections {
    /// What a version of this model must meet to return to dev.
    dev: Option<Section>,
    /// What a version of this model must meet to enter staging.
    staging: Option<Section>,
    /// What a version of this model must meet to enter prod.
    prod: Option<Section>,
}

/// All conditions for entering a stage.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(rename = "Gate"))]
struct Section {
    /// The version must be current in this stage; `dev` means current in no stage.
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::Stage>"))]
    from: Option<Spanned<String>>,
    /// Rules such as `val_mae <= prod * 1.02`; all of them must be met.
    #[serde(default)]
    #[cfg_attr(test, schemars(with = "Vec<crate::schemas::Rule>"))]
    require: Vec<Spanned<String>>,
    /// Whether a promotion needs a reason.
    #[serde(default)]
    reason: bool,
    /// What must be true of the artifact: it `exists`, or it is `verified`, which means that it
    /// has the registered digest.
    #[cfg_attr(test, schemars(with = "Option<crate::schemas::ArtifactDemand>"))]
    artifact: Option<Spanned<String>>,
    /// Whether failed rules can be overridden.
    #[serde(default = "allowed_by_default")]
    force: bool,
}

const fn allowed_by_default() -> bool {
    true
}

impl Policy {
    /// Parses a policy; errors name it by `path`. A text without sections requires nothing.
    ///
    /// # Errors
    ///
    /// [`Error::BadDocument`](crate::Error::BadDocument) with the line and the column: not TOML, an
    /// unknown key or stage, an invalid rule, or larger than 1 MB.
    ///
    /// ```
    /// use model_registry::{Policy, Stage};
    ///
    /// let policy = Policy::parse("[prod]\nrequire = ['val_mae <= 5.0']", "policy.toml".as_ref())?;
    /// assert_eq!(policy.gate("minutes_v1_lgbm", Stage::Prod).require.len(), 1);
    /// # Ok::<(), model_registry::Error>(())
    /// ```
    pub fn parse(text: &str, path: &Path) -> Result<Self> {
        if text.len() as u64 > files::SMALL {
            return Err(files::too_large(path));
        }
        Self::read(text).map_err(|fault| bad_document(&fault, text, path))
    }

    /// Reads a policy from the content of a file.
    pub(crate) fn parse_bytes(content: Vec<u8>, path: &Path) -> Result<Self> {
        let text = String::from_utf8(content).map_err(|_| Error::BadDocument {
            path: path.to_owned(),
            line: 1,
            column: 1,
            problem: "the policy is not UTF-8".to_owned(),
            reason: DocumentErrorKind::NotUtf8,
        })?;
        Self::parse(&text, path)
    }

    fn read(text: &str) -> Result<Self, Fault> {
        let document: Document = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            Fault::new(at, error.message().to_owned())
        })?;
        let Document { dev, staging, prod, models } = document;
        let every_model = Sections { dev, staging, prod }.gates(text)?;
        let models = models.into_iter().map(|(model, sections)| Ok((model, sections.gates(text)?)));
        Ok(Self { every_model, models: models.collect::<Result<_, Fault>>()? })
    }

    /// Returns the models that the policy names.
    pub fn models(&self) -> impl Iterator<Item = &str> {
        self.models.keys().map(String::as_str)
    }

    /// Returns the model and the stage of each table in the policy.
    pub(super) fn tables(&self) -> impl Iterator<Item = (Option<&str>, Stage)> {
        let own = self.models.iter().flat_map(|(model, gates)| {
            gates.keys().map(move |stage| (Some(model.as_str()), *stage))
        });
        self.every_model.keys().map(|stage| (None, *stage)).chain(own)
    }

    /// Returns the gate of one table.
    pub(super) fn table(&self, model: Option<&str>, stage: Stage) -> Option<&Gate> {
        match model {
            Some(model) => self.models.get(model)?.get(&stage),
            None => self.every_model.get(&stage),
        }
    }

    /// Returns the gate for entering a stage: the one of this model if the policy has it, otherwise
    /// the one of all models.
    pub fn gate(&self, model: &str, stage: Stage) -> Gate {
        let own = self.models.get(model).and_then(|gates| gates.get(&stage));
        own.or_else(|| self.every_model.get(&stage)).cloned().unwrap_or_default()
    }

    /// Returns whether a gate requires something of an artifact.
    pub fn looks_at_artifacts(&self) -> bool {
        let mut gates = self.models.values().chain([&self.every_model]).flat_map(BTreeMap::values);
        gates.any(|gate| gate.artifact.is_some())
    }
}

/// Parses like [`Policy::parse`]; errors name the text `policy`.
impl FromStr for Policy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, Path::new("policy"))
    }
}

impl Sections {
    fn gates(self, text: &str) -> Result<Gates, Fault> {
        let sections =
            [(Stage::Dev, self.dev), (Stage::Staging, self.staging), (Stage::Prod, self.prod)];
        let named = sections.into_iter().filter_map(|(stage, section)| Some((stage, section?)));
        named.map(|(stage, section)| Ok((stage, section.gate(text)?))).collect()
    }
}

impl Section {
    fn gate(self, text: &str) -> Result<Gate, Fault> {
        let stage = |from: Spanned<String>| {
            let at = from.span().start;
            from.into_inner().parse::<Stage>().map_err(|error| Fault::field(at, error.to_string()))
        };
        let rule = |rule: Spanned<String>| {
            let (span, rule) = (rule.span(), rule.into_inner());
            parse::rule(&rule).map_err(|fault| located(&fault, &rule, text, span))
        };
        let artifact = |demand: Spanned<String>| {
            let (at, demand) = (demand.span().start, demand.into_inner());
            let parsed = demand.parse::<ArtifactDemand>();
            parsed.map_err(|problem| Fault::field(at, format!("artifact `{demand}`: {problem}")))
        };
        Ok(Gate {
            from: self.from.map(stage).transpose()?,
            require: self.require.into_iter().map(rule).collect::<Result<Vec<Rule>, Fault>>()?,
            reason: self.reason,
            artifact: self.artifact.map(artifact).transpose()?,
            force: self.force,
        })
    }
}

/// Converts the fault of a rule to one of the file that contains the rule.
///
/// The column is exact if the file contains the rule literally. Escapes shift columns, so for a
/// string with escapes it is the start of the string.
fn located(fault: &Fault, rule: &str, text: &str, span: Range<usize>) -> Fault {
    let quoted = text.get(span.clone()).unwrap_or_default();
    let within = quoted.find(rule).map_or(0, |start| start + fault.at);
    Fault::field(span.start + within, format!("rule `{rule}`: {}", fault.problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        match Policy::parse(text, "policy.toml".as_ref()) {
            Err(error) => error.to_string(),
            Ok(_) => panic!("accepted: {text}"),
        }
    }

    fn gate(from: Option<Stage>, require: &[&str], reason: bool) -> Gate {
        let require = require.iter().map(|rule| rule.parse().expect("a rule")).collect();
        Gate { from, require, reason, ..Gate::default() }
    }

    #[test]
    fn each_stage_has_its_gate() {
        let text = r#"
            [prod]                                  # what a version meets before it enters prod
            from = "staging"
            require = ["val_mae <= 5.0", "val_mae <= prod * 1.02"]
            reason = true                           # a reason must be given
            [staging]
            require = ['"val mae" > 0', "feature_hash == \"a1\""]
            [dev]
            reason = true
            [models.minutes_v1_lgbm.prod]           # for one model: replaces [prod] whole
            require = ["val_mae <= prod"]
            [models."a.b"]
            prod = {}
        "#;
        let policy = Policy::parse(text, "policy.toml".as_ref()).expect("valid");
        let prod = gate(Some(Stage::Staging), &["val_mae <= 5.0", "val_mae <= prod * 1.02"], true);
        let staging = gate(None, &["\"val mae\" > 0", "feature_hash == \"a1\""], false);
        let dev = gate(None, &[], true);
        let own = gate(None, &["val_mae <= prod"], false);
        assert_eq!(policy.gate("rates", Stage::Prod), prod);
        assert_eq!(policy.gate("rates", Stage::Staging), staging);
        assert_eq!(policy.gate("rates", Stage::Dev), dev);
        assert_eq!(policy.gate("minutes_v1_lgbm", Stage::Prod), own);
        assert_eq!(policy.gate("minutes_v1_lgbm", Stage::Staging), staging);
        assert_eq!(policy.gate("a.b", Stage::Prod), Gate::default());
        assert_eq!(policy.gate("a", Stage::Prod), prod);
    }

    #[test]
    fn a_gate_can_require_the_artifact() {
        let text = "[prod]\nartifact = 'verified'\n[staging]\nartifact = 'exists'";
        let policy = Policy::parse(text, "policy.toml".as_ref()).expect("valid");
        let demand = |stage| policy.gate("m", stage).artifact;
        assert_eq!(demand(Stage::Prod), Some(ArtifactDemand::Verified));
        assert_eq!(demand(Stage::Staging), Some(ArtifactDemand::Exists));
        assert_eq!(demand(Stage::Dev), None);
        let gates = [policy.gate("m", Stage::Prod), policy.gate("m", Stage::Staging)];
        assert_eq!(ArtifactDemand::of(&gates), Some(ArtifactDemand::Verified));
    }

    #[test]
    fn an_empty_policy_requires_nothing() {
        for text in ["", "\n# nothing yet\n", "[models]", "[prod]", "[models.m.prod]", "\u{feff}"] {
            let policy = Policy::parse(text, "policy.toml".as_ref()).expect(text);
            assert_eq!(policy.gate("m", Stage::Prod), Gate::default());
        }
    }

    #[test]
    fn a_bad_policy_is_refused_with_line_and_column() {
        for (text, expected) in [
            ("[prod]\nfrm = 'dev'", "line 2, column 1: unknown field `frm`, expected one of"),
            ("[production]", "line 1, column 2: unknown field `production`"),
            ("[models.m.live]", "line 1, column 11: unknown field `live`"),
            ("[models.m]\nrequire = []", "line 2, column 1: unknown field `require`"),
            ("[prod]\r\nreason = 1", "line 2, column 10: invalid type: integer `1`"),
            ("[prod]\nrequire = 'a < 1'", "line 2, column 11: invalid type: string \"a < 1\""),
            ("[prod]\nrequire = ['a < 1', 3]", "line 2, column 21: invalid type: integer `3`"),
            ("prod = 1", "line 1, column 8: invalid type: integer `1`, expected a table"),
            ("[prod]\nfrom = 'live'", "line 2, column 8: unknown stage `live`, expected dev,"),
            (
                "[prod]\nartifact = 'there'",
                "line 2, column 12: artifact `there`: expected exists or",
            ),
            ("[models.m.prod]\nfrom = ''", "line 2, column 8: unknown stage ``, expected dev,"),
            ("[prod]\n[prod]", "line 2, column 2: duplicate key"),
            ("[prod]\nfrom = 'dev'\nfrom = 'dev'", "line 3, column 1: duplicate key"),
            ("[prod", "line 1, column 6: unclosed table, expected `]`"),
            ("{\"prod\": {}}", "line 1, column 1: invalid key-value pair"),
            ("<<<<<<< HEAD\n[prod]", "line 1, column 1: unresolved merge conflict at line 1"),
            ("[prod]\n=======\n", "line 2, column 1: unresolved merge conflict at line 2"),
        ] {
            let problem = problem(text);
            let expected = format!("`policy.toml`, {expected}");
            assert!(problem.starts_with(&expected), "{text}: {problem}");
            assert!(!problem.contains('\n'), "{text}: {problem}");
        }
    }

    #[test]
    fn an_invalid_rule_is_reported_with_line_and_column() {
        let expected = "expected one of < <= > >= == !=";
        for (text, place, rule) in [
            ("[prod]\nrequire = [\n  'a < 1',\n  'é =< 1',\n]", "line 4, column 6", "é =< 1"),
            ("[prod]\nrequire = ['é < 1', \"a =< 1\"]", "line 2, column 24", "a =< 1"),
            ("[models.m.prod]\nrequire = ['''\na =< 1''']", "line 3, column 3", "a =< 1"),
            // With escapes, the column is that of the string.
            ("[prod]\nrequire = [\"\\u0061 =< 1\"]", "line 2, column 12", "a =< 1"),
        ] {
            assert_eq!(problem(text), format!("`policy.toml`, {place}: rule `{rule}`: {expected}"));
        }
        let empty = "`policy.toml`, line 2, column 12: rule ``: expected a metric";
        assert!(problem("[prod]\nrequire = ['']").starts_with(empty));
    }
}
