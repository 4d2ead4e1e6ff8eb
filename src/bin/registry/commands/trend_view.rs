//! Renders a trend on a terminal: a plot for each metric, and a summary of its values.

use anstyle::{AnsiColor, Style};
use anyhow::Result;
use model_registry::Better;
use model_registry::report::{Mark, Plot, Point, Reading, Series, Trend};
use unicode_width::UnicodeWidthStr;

use crate::output::{Align, Printer, Table, escaped, rounded};

/// Rows of a plot.
const HEIGHT: usize = 8;

pub(super) fn print(trend: &Trend<'_>, printer: &Printer) -> Result<()> {
    for (index, series) in trend.metrics.iter().enumerate() {
        if index > 0 {
            printer.print("\n")?;
        }
        printer.print(&heading(trend, series, printer.color))?;
        if series.is_empty() {
            continue;
        }
        printer.print(&draw(series, printer))?;
        printer.table(summary(series))?;
    }
    Ok(())
}

fn heading(trend: &Trend<'_>, series: &Series<'_>, color: bool) -> String {
    let style = if color { Style::new().bold() } else { Style::new() };
    let versions = match trend.shown {
        1 => "1 version".to_owned(),
        count => format!("{count} versions"),
    };
    let scope = if trend.shown == trend.versions {
        versions
    } else {
        format!("the newest {} of {} versions", trend.shown, trend.versions)
    };
    let (metric, model) = (escaped(&series.metric), escaped(trend.model));
    format!("{style}{metric}{style:#} of {model}, {scope}\n")
}

/// The characters of a plot.
struct Characters {
    marks: [char; 6],
    corner: char,
    side: char,
    tick: char,
    floor: char,
    gap: char,
}

const UNICODE: Characters = Characters {
    marks: [' ', '│', '•', '○', '◆', '●'],
    corner: '└',
    side: '│',
    tick: '┤',
    floor: '─',
    gap: '×',
};

const ASCII: Characters = Characters {
    marks: [' ', ':', '.', 'o', 'S', 'P'],
    corner: '+',
    side: '|',
    tick: '|',
    floor: '-',
    gap: 'x',
};

/// Meaning of each mark, in the order of the legend.
const LEGEND: [(Mark, &str); 5] = [
    (Mark::Prod, "prod"),
    (Mark::Past, "prod (past)"),
    (Mark::Staging, "staging"),
    (Mark::Point, "other versions"),
    (Mark::Range, "lowest to highest"),
];

fn draw(series: &Series<'_>, printer: &Printer) -> String {
    let characters = if printer.screen.unicode { &UNICODE } else { &ASCII };
    let value = |reading: &Option<Reading<'_>>| {
        reading.as_ref().map_or(String::new(), |reading| rounded(&reading.value))
    };
    let (low, high) = (value(&series.lowest), value(&series.highest));
    let label_width = low.width().max(high.width());
    let plot = Plot::new(series, printer.screen.columns.saturating_sub(label_width + 3), HEIGHT);
    let cell = |mark: &Mark| {
        let style = if printer.color { style(*mark) } else { Style::new() };
        format!("{style}{}{style:#}", characters.marks[*mark as usize])
    };
    let last = plot.rows.len() - 1;
    let mut text = String::new();
    for (index, row) in plot.rows.iter().enumerate() {
        let label = match index {
            // If all values are equal, the points are in the middle row, and so is the label.
            _ if low == high && index == plot.rows.len() / 2 => &*low,
            _ if low == high => "",
            0 => &high,
            index if index == last => &low,
            _ => "",
        };
        let side = if label.is_empty() { characters.side } else { characters.tick };
        let padding = " ".repeat(label_width - label.width());
        let end = row.iter().rposition(|mark| *mark != Mark::Blank).map_or(0, |end| end + 1);
        let cells: String = row[..end].iter().map(cell).collect();
        text += &format!("{padding}{label} {side}{cells}\n");
    }
    let floor = |gap: &bool| if *gap { characters.gap } else { characters.floor };
    let floor: String = plot.gaps.iter().map(floor).collect();
    let padding = " ".repeat(label_width);
    text += &format!("{padding} {}{floor}\n", characters.corner);
    text += &format!("{padding}  {}\n", ends(series, plot.gaps.len()));
    let marks = LEGEND.iter().filter(|(mark, _)| plot.rows.iter().flatten().any(|m| m == mark));
    let mut legend: Vec<_> = marks.map(|(mark, name)| format!("{} {name}", cell(mark))).collect();
    legend.extend(plot.gaps.contains(&true).then(|| format!("{} no value", characters.gap)));
    if plot.versions_per_column > 1 {
        legend.push(format!("up to {} versions in a column", plot.versions_per_column));
    }
    text + &format!("{padding}  {}\n", legend.join("   "))
}

/// Renders the versions at both ends of the axis.
fn ends(series: &Series<'_>, width: usize) -> String {
    let name = |point: Option<&Point<'_>>| {
        point.map_or(String::new(), |point| escaped(point.version).into_owned())
    };
    let (first, last) = (name(series.points.first()), name(series.points.last()));
    if series.points.len() < 2 {
        return first;
    }
    let gap = width.saturating_sub(first.width() + last.width()).max(3);
    format!("{first}{}{last}", " ".repeat(gap))
}

/// Returns the same colours as in a list: green for production, yellow for staging.
fn style(mark: Mark) -> Style {
    match mark {
        Mark::Prod => Style::new().bold().fg_color(Some(AnsiColor::Green.into())),
        Mark::Past => Style::new().fg_color(Some(AnsiColor::Green.into())),
        Mark::Staging => Style::new().bold().fg_color(Some(AnsiColor::Yellow.into())),
        Mark::Range => Style::new().dimmed(),
        Mark::Blank | Mark::Point => Style::new(),
    }
}

/// Renders notable values, each with its version.
fn summary(series: &Series<'_>) -> Table {
    let left = |name: &str| (name.to_owned(), Align::Left);
    let mut columns = vec![left(""), ("VALUE".to_owned(), Align::Right), left("VERSION")];
    columns.extend(series.rule.is_some().then(|| left("NOTE")));
    let noted = columns.len() == 4;
    let mut table = Table::new(columns);
    let mut push = |name: &'static str, reading: &Option<Reading<'_>>, note: String| {
        if let Some(Reading { version, value }) = reading {
            let mut cells = vec![name.into(), rounded(value).into(), (*version).into()];
            cells.extend(noted.then(|| note.into()));
            table.push(&cells, name == "prod");
        }
    };
    push("first", &series.first, String::new());
    push("last", &series.last, String::new());
    let rule = series.rule.as_deref().unwrap_or_default();
    let note = |better| match series.better {
        Some(known) if known == better => format!("best, by the rule {rule}"),
        _ => String::new(),
    };
    push("lowest", &series.lowest, note(Better::Lower));
    push("highest", &series.highest, note(Better::Higher));
    push("staging", &series.staging, String::new());
    push("prod", &series.prod, String::new());
    table
}

#[cfg(test)]
mod tests {
    use model_registry::{Manifest, Policy};

    use super::*;
    use crate::output::Screen;

    const MANIFEST: &str = r#"{"models": {"m": {"versions": [
        {"version": "one", "run_id": "1", "artifact_path": "a", "stage": "prod", "metrics": {"mae": 4}},
        {"version": "two", "run_id": "2", "artifact_path": "a", "metrics": {"mae": null}},
        {"version": "three", "run_id": "3", "artifact_path": "a", "stage": "prod", "metrics": {"mae": 3}},
        {"version": "four", "run_id": "4", "artifact_path": "a", "stage": "staging", "metrics": {"mae": 2}}
    ], "current_prod": "three", "current_staging": "four"}}}"#;

    fn shown(unicode: bool, columns: usize) -> String {
        let manifest = Manifest::parse(MANIFEST.into(), "m.json".as_ref()).expect("valid");
        let metrics = ["mae".to_owned()];
        let model = manifest.model("m").expect("the model");
        let trend = Trend::new(model, &metrics, None, &Policy::default()).expect("mae");
        let screen = Screen { columns, unicode };
        let printer =
            Printer { terminal: true, screen, color: false, color_messages: false, held: None };
        draw(&trend.metrics[0], &printer)
    }

    #[test]
    fn a_plot_is_drawn_with_the_characters_of_the_terminal() {
        assert_eq!(
            shown(true, 20),
            "\
4 ┤○
  │
  │
  │
  │          ●
  │
  │
2 ┤               ◆
  └─────×──────────
   one         four
   ● prod   ○ prod (past)   ◆ staging   × no value
"
        );
        let ascii = shown(false, 20);
        assert!(ascii.is_ascii());
        assert!(ascii.starts_with("4 |o\n") && ascii.contains("2 |               S\n"), "{ascii}");
    }

    #[test]
    fn a_plot_fits_the_width() {
        for columns in [8, 20, 80, 300] {
            let widest = shown(true, columns).lines().take(9).map(UnicodeWidthStr::width).max();
            assert!(widest <= Some(columns), "{columns}: {widest:?}");
        }
    }
}
