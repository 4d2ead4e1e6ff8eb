//! Manual pages: one for the program, and one for each verb.
//!
//! The binary itself writes them, so the pages of a package always match its binary.

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

/// Returns the name and the text of each page.
pub(crate) fn pages(root: Command) -> Vec<(String, String)> {
    let mut root = root.disable_help_subcommand(true);
    root.build();
    let verbs = root.get_subcommands().filter(|verb| !verb.is_hide_set());
    let verbs: Vec<_> = verbs.cloned().collect();
    let version = root.get_version().unwrap_or_default().to_owned();
    let pages = std::iter::once(root).chain(verbs).map(|command| {
        let name = command.get_display_name().unwrap_or_else(|| command.get_name()).to_owned();
        let text = page(&command, &name, &version);
        (format!("{name}.1"), text)
    });
    pages.collect()
}

fn page(command: &Command, name: &str, version: &str) -> String {
    // A page shows the descriptions of all options.
    let man = Man::new(command.clone().mut_args(|option| option.hide_short_help(false)));
    // Without a date, so that the same version always has the same pages.
    let man = man.title(name).date("\"\"").source(format!("registry {version}"));
    let man = man.manual("Model registry");
    let mut text = Vec::new();
    // Writing to memory cannot fail.
    let _ = man.render_title(&mut text);
    let _ = man.render_name_section(&mut text);
    let _ = man.render_synopsis_section(&mut text);
    let _ = man.render_description_section(&mut text);
    if let Some(examples) = command.get_before_long_help() {
        verbatim(&mut text, "EXAMPLES", examples.to_string().lines().skip(1));
    }
    let _ = man.render_options_section(&mut text);
    if let Some(more) = command.get_after_long_help().or_else(|| command.get_after_help()) {
        let more = more.to_string();
        let heading = if command.has_subcommands() { "EXIT STATUS" } else { "RULES" };
        verbatim(&mut text, heading, more.lines());
    }
    if command.has_subcommands() {
        let _ = man.render_subcommands_section(&mut text);
    } else {
        verbatim(&mut text, "SEE ALSO", ["registry(1)"].into_iter());
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// Adds a section whose lines are not wrapped, unless there are no lines.
fn verbatim<'l>(text: &mut Vec<u8>, heading: &str, lines: impl Iterator<Item = &'l str>) {
    let mut lines = lines.peekable();
    if lines.peek().is_none() {
        return;
    }
    let mut roff = Roff::new();
    roff.control("SH", [heading]).control("nf", []);
    for line in lines {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    let _ = roff.to_writer(text);
}
