//! `Stage`: the stages that a version passes through.

use std::fmt;
use std::str::FromStr;

/// A stage of a version: `dev`, then `staging`, then `prod`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Registered, but not in use.
    Dev,
    /// Being tested for production.
    Staging,
    /// In production.
    Prod,
}

impl Stage {
    /// All stages, in the order in which a version passes through them.
    pub const ALL: [Self; 3] = [Self::Dev, Self::Staging, Self::Prod];

    /// Returns the name in the manifest.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Staging => "staging",
            Self::Prod => "prod",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

/// Error for a text that is not the name of a stage.
#[derive(Debug, Clone, PartialEq, Eq, Hash, thiserror::Error)]
#[error("unknown stage `{}`, expected dev, staging or prod", text.escape_debug())]
pub struct ParseStageError {
    text: String,
}

impl FromStr for Stage {
    type Err = ParseStageError;

    fn from_str(text: &str) -> Result<Self, ParseStageError> {
        let stage = Self::ALL.into_iter().find(|stage| stage.as_str() == text);
        stage.ok_or_else(|| ParseStageError { text: text.to_owned() })
    }
}

impl serde::Serialize for Stage {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Stage {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Name;

        impl serde::de::Visitor<'_> for Name {
            type Value = Stage;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("dev, staging or prod")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Stage, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_read_and_written_by_its_name() {
        for stage in Stage::ALL {
            let json = serde_json::to_string(&stage).expect("JSON");
            assert_eq!(json, format!("\"{stage}\""));
            assert_eq!(serde_json::from_str::<Stage>(&json).expect("a stage"), stage);
        }
        let expected = "unknown stage `li\\nve`, expected dev, staging or prod";
        assert_eq!("li\nve".parse::<Stage>().expect_err("no stage").to_string(), expected);
        let error = serde_json::from_str::<Stage>(r#""li\nve""#).expect_err("no stage");
        assert!(error.to_string().starts_with(expected), "{error}");
        assert!(serde_json::from_str::<Stage>("1").is_err());
    }
}
