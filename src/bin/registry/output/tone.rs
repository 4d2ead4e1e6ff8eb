//! Colours, each with one meaning in every command.

use anstyle::{AnsiColor, Style};
use model_registry::Stage;

/// The meaning of a piece of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    /// A heading, or the name of a field.
    Heading,
    /// Current in prod.
    Production,
    /// Current in staging.
    Staging,
    /// A failed rule, or a problem.
    Problem,
    /// A warning.
    Warning,
    /// No longer current.
    Past,
}

impl Tone {
    /// Returns the tone of a version. `label` is its stage, and `current` the stage in which it is
    /// current, if there is one.
    pub(crate) fn of_version(label: Stage, current: Option<Stage>) -> Self {
        match current {
            Some(Stage::Prod) => Self::Production,
            Some(Stage::Staging) => Self::Staging,
            None if label != Stage::Dev => Self::Past,
            _ => Self::Plain,
        }
    }

    pub(super) fn style(self) -> Style {
        let style = Style::new();
        let colored = |color: AnsiColor| style.fg_color(Some(color.into()));
        match self {
            Self::Plain => style,
            Self::Heading => style.bold(),
            Self::Production => colored(AnsiColor::Green).bold(),
            Self::Staging | Self::Warning => colored(AnsiColor::Yellow),
            Self::Problem => colored(AnsiColor::Red).bold(),
            Self::Past => style.dimmed(),
        }
    }

    /// Paints text in this tone, unless `color` is off.
    pub(crate) fn paint(self, text: &str, color: bool) -> String {
        let style = if color { self.style() } else { Style::new() };
        format!("{style}{text}{style:#}")
    }
}

/// Returns the tone of a row: `true` means that it is about the version in production.
impl From<bool> for Tone {
    fn from(is_in_production: bool) -> Self {
        if is_in_production { Self::Production } else { Self::Plain }
    }
}
