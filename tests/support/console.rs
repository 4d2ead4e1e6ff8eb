//! Runs the console blocks of Markdown pages, compares their output, and rewrites it.
//!
//! CONTRIBUTING.md describes the form of a page. `REGISTRY_TEST_UPDATE=1` rewrites the blocks.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use super::Folder;
use super::run::{program, run};
use super::transcript::{Since, fits, updated};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A Markdown page of this project.
pub(crate) struct Page {
    /// Path relative to the root of the project.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Page {
    #[track_caller]
    pub(crate) fn read(name: &str) -> Self {
        let text = fs::read_to_string(Path::new(ROOT).join(name));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        Self { name: name.to_owned(), text }
    }

    /// Returns the pages of a folder, in order; none if the folder does not exist.
    pub(crate) fn of_folder(folder: &str) -> Vec<Self> {
        let Ok(entries) = fs::read_dir(Path::new(ROOT).join(folder)) else { return Vec::new() };
        let mut names: Vec<_> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "md"))
            .map(|name| format!("{folder}/{name}"))
            .collect();
        names.sort();
        names.iter().map(|name| Self::read(name)).collect()
    }

    /// Returns the code blocks in this language.
    pub(crate) fn blocks(&self, language: &str) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut lines = self.text.lines();
        while let Some(line) = lines.next() {
            let Some(fence) = Fence::opening(line) else { continue };
            let body: Vec<_> =
                lines.by_ref().take_while(|line| !fence.is_closed_by(line)).collect();
            if fence.language == language {
                let body = body.iter().map(|line| line.strip_prefix(fence.indent).unwrap_or(line));
                blocks.push(body.collect::<Vec<_>>().join("\n"));
            }
        }
        blocks
    }

    /// Returns whether a block or its sandbox needs git.
    pub(crate) fn needs_git(&self) -> bool {
        let repository = |line: &str| sandbox_of(line).is_some_and(|items| items.contains(&"git"));
        let command = |line: &str| line.trim_start().starts_with("$ git ");
        self.text.lines().any(|line| repository(line) || command(line))
    }

    /// Runs the console blocks. If the output differs, it rewrites the page or panics.
    #[track_caller]
    pub(crate) fn check(&self, first: &[&str]) {
        let (text, problems) = self.replay(first);
        if problems.is_empty() {
            return;
        }
        if std::env::var_os("REGISTRY_TEST_UPDATE").is_some_and(|value| value != "0") {
            fs::write(Path::new(ROOT).join(&self.name), text).expect("the page can be written");
            return;
        }
        panic!("\n{}\nREGISTRY_TEST_UPDATE=1 rewrites the blocks\n", problems.join("\n"));
    }

    /// Runs the console blocks in a sandbox with these items. Returns the corrected page and the
    /// problems of the present one.
    pub(crate) fn replay(&self, first: &[&str]) -> (String, Vec<String>) {
        let since = Since::now();
        let mut items: Vec<String> = first.iter().map(|&item| item.to_owned()).collect();
        let mut sandbox = None;
        let (mut text, mut problems) = (String::new(), Vec::new());
        let mut lines = self.text.lines().enumerate();
        while let Some((number, line)) = lines.next() {
            let _ = writeln!(text, "{line}");
            if let Some(named) = sandbox_of(line) {
                items = named.iter().map(|&item| item.to_owned()).collect();
                sandbox = None;
            }
            let Some(fence) = Fence::opening(line) else { continue };
            let (mut body, mut end) = (Vec::new(), None);
            for (_, line) in lines.by_ref() {
                if fence.is_closed_by(line) {
                    end = Some(line);
                    break;
                }
                body.push(line);
            }
            let Some(end) = end else {
                problems.push(format!("{}:{}: this block has no end", self.name, number + 1));
                break;
            };
            if fence.language != "console" {
                if ["sh-session", "shell-session", "shell"].contains(&fence.language) {
                    let language = fence.language;
                    let position = format!("{}:{}", self.name, number + 1);
                    problems
                        .push(format!("{position}: `console` is the language, not `{language}`"));
                }
                for line in body {
                    let _ = writeln!(text, "{line}");
                }
                let _ = writeln!(text, "{end}");
                continue;
            }
            let position = |line: usize| format!("{}:{}", self.name, number + 2 + line);
            let body: Vec<_> =
                body.iter().map(|line| line.strip_prefix(fence.indent).unwrap_or(line)).collect();
            match Step::read_all(&body) {
                Err(problem) => problems.push(format!("{}: {problem}", position(0))),
                Ok((comments, steps)) => {
                    for line in comments {
                        let _ = writeln!(text, "{}{line}", fence.indent);
                    }
                    for step in steps {
                        let folder = sandbox.get_or_insert_with(|| Sandbox::new(&items));
                        let (lines, problem) = step.run(folder, &since);
                        for line in lines {
                            let line = format!("{}{line}", fence.indent);
                            let _ = writeln!(text, "{}", line.trim_end());
                        }
                        problems
                            .extend(problem.map(|text| format!("{}: {text}", position(step.line))));
                    }
                }
            }
            let _ = writeln!(text, "{end}");
        }
        (text, problems)
    }
}

/// Returns the items of a comment such as `<!-- sandbox: git, tests/data -->`.
fn sandbox_of(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    let items = inner.strip_prefix("sandbox")?.trim_start_matches(':');
    Some(items.split(',').map(str::trim).filter(|item| !item.is_empty()).collect())
}

/// The first line of a code block.
struct Fence<'l> {
    indent: &'l str,
    marks: usize,
    language: &'l str,
}

impl<'l> Fence<'l> {
    fn opening(line: &'l str) -> Option<Self> {
        let rest = line.trim_start();
        let indent = &line[..line.len() - rest.len()];
        let language = rest.trim_start_matches('`');
        let marks = rest.len() - language.len();
        (marks >= 3 && !language.contains('`')).then(|| Self {
            indent,
            marks,
            language: language.trim(),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.marks && line.chars().all(|c| c == '`')
    }
}

/// A command of a block and its output on the page.
struct Step {
    /// Line in the block.
    line: usize,
    /// The line that starts with `$ `, and its continuation lines.
    command: Vec<String>,
    output: Vec<String>,
    code: i32,
    /// Number of empty lines after it.
    gap: usize,
}

impl Step {
    /// Parses the comments before the first command, and the commands.
    fn read_all(body: &[&str]) -> Result<(Vec<String>, Vec<Self>), String> {
        let first = body.iter().position(|line| line.starts_with("$ "));
        let first = first.ok_or("a console block has commands, which start with `$ `")?;
        let comments: Vec<String> = body[..first].iter().map(|&line| line.to_owned()).collect();
        if comments.iter().any(|line| !line.is_empty() && !line.starts_with('#')) {
            return Err("only comments come before the first `$ `".to_owned());
        }
        let mut steps: Vec<Self> = Vec::new();
        for (number, &line) in body.iter().enumerate().skip(first) {
            let continues = |step: &&mut Self| {
                step.output.is_empty()
                    && step.command.last().is_some_and(|last| last.ends_with('\\'))
            };
            if let Some(step) = steps.last_mut().filter(continues) {
                step.command.push(line.to_owned());
            } else if line.starts_with("$ ") {
                let command = vec![line.to_owned()];
                steps.push(Self { line: number, command, output: Vec::new(), code: 0, gap: 0 });
            } else if let Some(step) = steps.last_mut() {
                step.output.push(line.to_owned());
            }
        }
        for step in &mut steps {
            while step.output.last().is_some_and(String::is_empty) {
                step.output.pop();
                step.gap += 1;
            }
            let shown = step.output.last().and_then(|line| line.strip_prefix("# exit code "));
            if let Some(code) = shown {
                step.code = code.parse().map_err(|_| format!("`{code}` is not an exit code"))?;
                step.output.pop();
            }
        }
        Ok((comments, steps))
    }

    /// Runs the command. Returns its corrected lines and the problem with the present ones.
    fn run(&self, sandbox: &Sandbox, since: &Since) -> (Vec<String>, Option<String>) {
        let script = self.command.join("\n");
        let script = script.strip_prefix("$ ").expect("a command");
        // Both streams go to one pipe, so that their lines keep the order of printing.
        let ran = run(program("sh")
            .args(["-c", &format!("exec 2>&1\n{script}")])
            .env("REGISTRY_BY", "ada")
            .env("GIT_CEILING_DIRECTORIES", sandbox.0.path().parent().expect("a folder"))
            .current_dir(sandbox.0.path()));
        let found: Vec<&str> = ran.stdout.trim_end_matches('\n').split('\n').collect();
        let found = if ran.stdout.is_empty() { Vec::new() } else { found };
        let same = ran.code == Some(self.code) && fits(&self.output, &found, since);

        let mut lines = self.command.clone();
        if same {
            lines.extend(self.output.clone());
        } else {
            let path = sandbox.0.path().display().to_string();
            let output = updated(&self.output, &found, since);
            lines.extend(output.iter().map(|line| line.replace(&path, "[..]")));
        }
        match ran.code {
            Some(0) => {}
            Some(code) => lines.push(format!("# exit code {code}")),
            None => lines.push("# ended by a signal".to_owned()),
        }
        let problem = (!same).then(|| {
            let mut text = format!("{}\n", self.command.join("\n"));
            for line in &self.output {
                let mark = if lines[self.command.len()..].contains(line) { ' ' } else { '-' };
                let _ = writeln!(text, "{mark} {line}");
            }
            if self.code != 0 {
                let _ = writeln!(text, "- # exit code {}", self.code);
            }
            for line in lines[self.command.len()..].iter().filter(|l| !self.output.contains(l)) {
                let _ = writeln!(text, "+ {line}");
            }
            text
        });
        lines.extend(std::iter::repeat_n(String::new(), self.gap));
        (lines, problem)
    }
}

/// The folder in which the commands of a page run.
struct Sandbox(Folder);

impl Sandbox {
    /// Creates a sandbox. `empty` leaves it empty, `git` makes it a repository with everything
    /// committed and tagged `v1`, and any other item is a file or a folder of this project to copy.
    /// Without `empty`, it contains the example manifest.
    #[track_caller]
    fn new(items: &[String]) -> Self {
        let folder = Folder::new();
        let root = PathBuf::from(ROOT);
        if !items.iter().any(|item| item == "empty") {
            copy(&root.join("artifacts"), &folder.file("artifacts"));
        }
        for item in items.iter().filter(|item| !["empty", "git"].contains(&item.as_str())) {
            let from = root.join(item);
            if from.is_dir() {
                copy(&from, folder.path());
            } else {
                let name = from.file_name().unwrap_or_else(|| panic!("{item} names no file"));
                let copied = fs::copy(&from, folder.path().join(name));
                copied.unwrap_or_else(|error| panic!("{item}: {error}"));
            }
        }
        if items.iter().any(|item| item == "git") {
            let script = "git init --quiet --initial-branch=main && git add --all \
                && git commit --quiet --allow-empty --message 'Start' && git tag v1";
            run(program("sh").args(["-c", script]).current_dir(folder.path())).code(0);
        }
        Self(folder)
    }
}

/// Copies a folder with its content.
#[track_caller]
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries {
        let (from, name) = entry.map(|e| (e.path(), e.file_name())).expect("an entry");
        if from.is_dir() {
            copy(&from, &to.join(name));
        } else {
            fs::copy(&from, to.join(name)).expect("a copy");
        }
    }
}
