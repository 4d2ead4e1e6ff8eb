//! Everything that is printed: answers go to standard output, messages to standard error.

mod escape;
mod number;
mod printer;
mod shell;
mod similar;
mod table;

pub(crate) use escape::{escaped, markdown_cell};
pub(crate) use number::rounded;
pub(crate) use printer::{Printer, StreamFailed, print_json_error, print_usage};
pub(crate) use shell::shell_word;
pub(crate) use similar::similar;
pub(crate) use table::{Align, Table};
