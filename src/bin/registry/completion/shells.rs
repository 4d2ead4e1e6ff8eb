//! The completion scripts, and the form in which each shell passes words and expects candidates.

use crate::output::shell_word;

/// Output that makes the script complete files.
const FILES: &str = ":files";

/// Returns the completion script for a shell; `None` for a shell that completes only verbs and
/// options, with the script of clap.
pub(crate) fn script(shell: &str) -> Option<&'static str> {
    match shell {
        "bash" => Some(BASH),
        "zsh" => Some(ZSH),
        "fish" => Some(FISH),
        _ => None,
    }
}

const BASH: &str = r#"_registry() {
    local candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        COMPREPLY+=("$candidate")
    done < <("$1" __complete bash "$2" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    # Without candidates, bash completes files.
    if [[ ${COMPREPLY[0]-} == *[=/] ]] && type compopt &>/dev/null; then
        compopt -o nospace
    fi
}
complete -o default -F _registry registry
"#;

const ZSH: &str = r#"#compdef registry
_registry() {
    local -a candidates
    candidates=("${(@f)$("${words[1]}" __complete zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ ${candidates[1]} == ":files" ]]; then
        _files
    elif [[ -n ${candidates[1]} ]]; then
        compadd -V registry -- "${candidates[@]}"
    fi
}
if [[ ${funcstack[1]} == _registry ]]; then
    _registry "$@"
else
    compdef _registry registry
fi
"#;

const FISH: &str = r#"function __registry_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l candidates ($words[1] __complete fish -- $words[2..] 2>/dev/null)
    if test "$candidates[1]" = ":files"
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $candidates
    end
end
complete -c registry -f -a '(__registry_complete)'
"#;

/// The words up to the cursor, and the form in which the shell expects candidates.
pub(crate) struct Cursor {
    pub(crate) words: Vec<String>,
    bash: Option<Bash>,
}

/// Completions for bash, which also splits words at `=`, `:` and other characters, and replaces
/// only the last part.
struct Bash {
    /// The part that is replaced.
    part: String,
    /// Whether the word at the cursor has an open quote.
    quoted: bool,
}

impl Cursor {
    /// Reads the arguments of `__complete SHELL`.
    pub(crate) fn read(shell: &str, arguments: &[String]) -> Self {
        match (shell, arguments) {
            ("bash", [part, line]) => {
                let (mut words, quoted) = split(line);
                words.remove(0);
                Self { words, bash: Some(Bash { part: part.clone(), quoted }) }
            }
            _ => Self { words: arguments.to_vec(), bash: None },
        }
    }

    /// Renders candidates, one a line.
    pub(crate) fn render(&self, candidates: Option<Vec<String>>) -> String {
        let Some(candidates) = candidates else {
            return if self.bash.is_some() { String::new() } else { format!("{FILES}\n") };
        };
        let Some(Bash { part, quoted }) = &self.bash else {
            return candidates.into_iter().map(|candidate| candidate + "\n").collect();
        };
        let word = self.words.last().map_or("", String::as_str);
        // Bash keeps the start of the word, before the part that it replaces.
        let kept = if word.ends_with(part.as_str()) { word.len() - part.len() } else { 0 };
        let rest = candidates.iter().filter_map(|candidate| candidate.get(kept..));
        // A name in open quotes that contains a quote cannot be completed there.
        let rest = rest.filter(|rest| !quoted || !rest.contains(['\'', '"', '$', '`', '\\']));
        rest.map(|rest| if *quoted { format!("{rest}\n") } else { shell_word(rest) + "\n" })
            .collect()
    }
}

/// Splits a command line into words as a shell does, and reports whether a quote is open at its end.
/// The last word is the one at the cursor; it may be empty.
fn split(line: &str) -> (Vec<String>, bool) {
    let mut words = vec![String::new()];
    let mut quote = None;
    let mut is_new = true;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        let word = words.last_mut().expect("there is a word");
        match (quote, character) {
            (None, ' ' | '\t') => {
                if !is_new {
                    words.push(String::new());
                    is_new = true;
                }
                continue;
            }
            (None, '\'' | '"') => quote = Some(character),
            (None | Some('"'), '\\') => word.extend(characters.next()),
            (Some(open), character) if open == character => quote = None,
            _ => word.push(character),
        }
        is_new = false;
    }
    (words, quote.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_does() {
        for (line, words, quoted) in [
            ("registry show m", &["registry", "show", "m"][..], false),
            ("registry  show ", &["registry", "show", ""], false),
            ("registry show 'a b", &["registry", "show", "a b"], true),
            (r#"registry "a\"b" c\ d"#, &["registry", "a\"b", "c d"], false),
            ("registry --stage=pr", &["registry", "--stage=pr"], false),
        ] {
            assert_eq!(
                split(line),
                (words.iter().map(|&w| w.to_owned()).collect(), quoted),
                "{line}"
            );
        }
    }

    #[test]
    fn bash_gets_the_part_behind_the_last_break_and_no_command_of_a_name() {
        let render = |part: &str, line: &str, candidates: &[&str]| {
            let cursor = Cursor::read("bash", &[part.to_owned(), line.to_owned()]);
            cursor.render(Some(candidates.iter().map(|&c| c.to_owned()).collect()))
        };
        assert_eq!(render("pr", "registry list --stage=pr", &["--stage=prod"]), "prod\n");
        assert_eq!(render("@p", "registry show m @p", &["@prod"]), "@prod\n");
        assert_eq!(render("", "registry show m ", &["$(rm -rf ~)"]), "'$(rm -rf ~)'\n");
        assert_eq!(render("a", "registry show 'a", &["a b", "a'b", "a$(b)"]), "a b\n");
    }
}
