//! Escapes text from a manifest for Markdown.

use super::escaped;

/// Escapes text for a cell of a Markdown table, so that it neither ends the cell nor adds markup.
///
/// GitHub links addresses, `@team` and `#1` after it has removed backslashes, except in code. So
/// text that could contain one is formatted as code.
pub(crate) fn markdown_cell(text: &str) -> String {
    let text = escaped(text);
    if is_linked(&text) { code(&text) } else { plain(&text) }
}

/// Formats a row of a Markdown table.
pub(crate) fn markdown_row<'c>(cells: impl IntoIterator<Item = &'c str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(markdown_cell).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// Returns whether GitHub could turn a part of a text into a link or a mention.
fn is_linked(text: &str) -> bool {
    let lower = text.to_lowercase();
    ["@", "#", "www.", "://", "mailto:", "xmpp:", "gh-"].iter().any(|start| lower.contains(start))
}

fn plain(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&') {
            cell.push('\\');
        }
        cell.push(character);
    }
    cell
}

/// Formats text as code. The fence is longer than any run of backticks in it.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    // GitHub splits a row at `|` before it recognizes code, and at that point `\|` is the only
    // escape.
    let text = text.replace("\\|", "\\\\u{7c}").replace('|', "\\|");
    let space = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Renders a table with one cell as GitHub does, and returns the content of the cell.
    fn rendered(text: &str) -> String {
        let mut options = comrak::Options::default();
        options.extension.table = true;
        options.extension.autolink = true;
        options.extension.strikethrough = true;
        options.render.r#unsafe = true;
        let table = format!("| a |\n| --- |\n{}", markdown_row([text]));
        let page = comrak::markdown_to_html(&table, &options);
        let cell = page.split_once("<td>").expect("a cell").1;
        cell.split_once("</td>").expect("its end").0.to_owned()
    }

    #[test]
    fn a_cell_contains_no_links_and_no_markup() {
        for (text, html) in [
            ("plain", "plain"),
            ("a_b*c*", "a_b*c*"),
            ("<b>x</b>", "&lt;b&gt;x&lt;/b&gt;"),
            ("a|b", "a|b"),
            ("a\\|b", "a\\|b"),
            ("[a](b)", "[a](b)"),
            ("~~a~~", "~~a~~"),
            ("&copy;", "&amp;copy;"),
            ("`a`", "`a`"),
            ("www.example.com", "<code>www.example.com</code>"),
            ("WWW.example.com", "<code>WWW.example.com</code>"),
            ("see https://example.com/a_b", "<code>see https://example.com/a_b</code>"),
            ("ftp://example.com", "<code>ftp://example.com</code>"),
            ("mailto:a@example.com", "<code>mailto:a@example.com</code>"),
            ("a.b@example.com", "<code>a.b@example.com</code>"),
            ("@team", "<code>@team</code>"),
            ("fixes #1", "<code>fixes #1</code>"),
            ("GH-1", "<code>GH-1</code>"),
            ("@a|b", "<code>@a|b</code>"),
            ("@a\\|b", "<code>@a\\\\u{7c}b</code>"),
            ("@a\\", "<code>@a\\</code>"),
            ("`@a`", "<code>`@a`</code>"),
            ("@a``b", "<code>@a``b</code>"),
            ("@a <b> &copy; *c*", "<code>@a &lt;b&gt; &amp;copy; *c*</code>"),
        ] {
            assert_eq!(rendered(text), html, "{text}");
        }
    }
}
