//! Output: results go to standard output, messages to standard error.

mod escape;
mod printer;
mod progress;
mod screen;
mod shell;
mod similar;
mod table;
mod time;
mod tone;

pub(crate) use escape::{markdown_cell, markdown_row};
pub(crate) use model_registry::report::text::{escaped, is_hidden, json_escaped, rounded};
pub(crate) use printer::{Printer, StreamFailed, print_json_error, print_usage};
pub(crate) use progress::Bar;
pub(crate) use screen::Screen;
pub(crate) use shell::shell_word;
pub(crate) use similar::similar;
pub(crate) use table::{Align, Table};
pub(crate) use time::format_time;
pub(crate) use tone::Tone;
