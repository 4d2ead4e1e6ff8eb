//! Runs the shell steps of the CI jobs in `docs/ci.md` and `docs/report.md`, in a clone with a remote.
//!
//! `curl` and `gh` are stubs that log their arguments, so the tests need no network.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use libtest_mimic::Trial;

use crate::support::{Folder, Need, program, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("git"), Need::Program("bash"), Need::Program("sha256sum")]:
        the_github_check_accepts_an_honest_pull_request_and_comments_once,
        the_github_check_refuses_a_changed_metric,
        the_github_job_promotes_and_pushes,
        the_gitlab_check_comments_and_refuses_a_changed_metric,
        the_gitlab_job_promotes_and_pushes,
        every_variable_of_the_jobs_is_explained,
        the_github_job_publishes_the_report,
        the_gitlab_job_publishes_the_report,
    ]
}

const PAGE: &str = include_str!("../../docs/ci.md");
const REPORT: &str = include_str!("../../docs/report.md");
const GATES: &str = include_str!("../../docs/gates.md");
const MANIFEST: &str = "artifacts/registry/manifest.json";

/// Copies a `file://` URL, and logs every call.
const CURL: &str = r#"#!/usr/bin/env bash
echo "curl $*" >> "$STUB_LOG"
while [ $# -gt 0 ]; do
  case "$1" in
    --output) output=$2; shift ;;
    file://*) cp "${1#file://}" "$output" ;;
  esac
  shift
done
"#;

/// Answers with the id of an existing comment if there is one, and logs every call.
const GH: &str = r#"#!/usr/bin/env bash
echo "gh $*" >> "$STUB_LOG"
case "$*" in *--jq*) cat comment-id 2>/dev/null || true ;; esac
"#;

fn the_github_check_accepts_an_honest_pull_request_and_comments_once() {
    let job = Job::new();
    job.run(
        "git checkout -q -b change && registry promote minutes_v1_lgbm @staging --stage prod \
             && git commit -qam change",
    );
    job.install(&github_steps("name: Model registry"));
    for (name, run) in &github_steps("name: Model registry")[1..] {
        assert!(job.run(run).status.success(), "{name}");
    }
    let summary = job.read("summary.md");
    assert!(summary.contains("prod 20251205T061430Z -\\> 20251212T061455Z"), "{summary}");
    assert_eq!(summary, fs::read_to_string(job.folder.file("diff.md")).expect("the comment"));
    let posted = "--method POST repos/sports/projections/issues/7/comments --field body=@";
    assert!(job.read("stub.log").contains(posted), "{}", job.read("stub.log"));

    fs::write(job.clone.join("comment-id"), "42\n43\n").expect("a file");
    let steps = github_steps("name: Model registry");
    assert!(job.run(&steps.last().expect("a last step").1).status.success());
    let log = job.read("stub.log");
    let last = log.lines().last().expect("a call");
    assert!(last.contains("--method PATCH repos/sports/projections/issues/comments/42 "), "{last}");
}

fn the_github_check_refuses_a_changed_metric() {
    let job = Job::new();
    job.change_a_metric();
    let steps = github_steps("name: Model registry");
    let check = job.run(&steps[1].1);
    assert_eq!(check.status.code(), Some(4), "{check:?}");
    assert!(job.run(&steps[2].1).status.success());
    assert!(job.read("summary.md").contains("metrics.val\\_mae"), "{}", job.read("summary.md"));
}

fn the_github_job_promotes_and_pushes() {
    let job = Job::new();
    let steps = github_steps("name: Promote a model");
    job.install(&steps);
    job.promotes_once(&steps[1..].iter().map(|(_, run)| run.as_str()).collect::<Vec<_>>());
    let summary = job.read("summary.md");
    assert!(summary.contains("| metric | 20251212T061455Z | 20251205T061430Z |"), "{summary}");
}

fn the_gitlab_check_comments_and_refuses_a_changed_metric() {
    let job = Job::new();
    job.change_a_metric();
    let lines = gitlab_lines("registry-check");
    let check = job.run(&format!("set -e\n{}", lines.join("\n")));
    assert_eq!(check.status.code(), Some(4), "{check:?}");
    let log = job.read("stub.log");
    let posted = "https://gitlab.example.com/api/v4/projects/3/merge_requests/7/notes";
    assert!(log.contains("body@diff.md") && log.contains(posted), "{log}");
}

fn the_gitlab_job_promotes_and_pushes() {
    let job = Job::new();
    let install = gitlab_lines(".registry").join("\n");
    assert!(job.run(&format!("set -e\n{install}\nregistry --version")).status.success());
    let mut lines = gitlab_lines("promote");
    // Its last line pushes to a server. The remote of the clone takes its place.
    let push = lines.pop().expect("a last line");
    assert!(push.starts_with("git push \"https://oauth2:$PUSH_TOKEN@"), "{push}");
    lines.push("git push origin \"$CI_COMMIT_BRANCH\"".to_owned());
    job.promotes_once(&lines.iter().map(String::as_str).collect::<Vec<_>>());
}

fn every_variable_of_the_jobs_is_explained() {
    let (_, table) = PAGE.split_once("\n## Variables\n").expect("the section");
    let table = table.split("\n## ").next().expect("its text");
    let blocks =
        PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().expect("a block"));
    let mut known = 0;
    for block in blocks {
        for rest in block.split(['$', '{']).skip(1) {
            let name: String = rest
                .chars()
                .take_while(|c| c.is_ascii_uppercase() || matches!(c, '_' | '0'..='9'))
                .collect();
            let local = ["HOME", "PATH", "PULL_REQUEST", "GH_TOKEN"].contains(&name.as_str());
            if name.len() > 1 && !local {
                assert!(table.contains(&format!("`{name}`")), "`{name}` is not in the table");
                known += 1;
            }
        }
    }
    assert!(known > 30, "only {known} uses found");
}

fn the_github_job_publishes_the_report() {
    let job = Job::new();
    let text = block(REPORT, "name: Report");
    let steps = steps_of(&text);
    job.install(&steps);
    let [_, (name, run)] = &steps[..] else { panic!("{steps:?}") };
    assert_eq!(name, "Report");
    assert!(job.run(run).status.success());
    job.published(&text, "sports/projections");
}

fn the_gitlab_job_publishes_the_report() {
    let job = Job::new();
    let text = block(REPORT, "pages:");
    let lines = lines_of(&text);
    let output = job.run(&format!("set -e\n{}", lines.join("\n")));
    assert!(output.status.success(), "{output:?}");
    job.published(&text, "sports/minutes");
    let broken = format!("REGISTRY_SHA256=0000\nset -e\n{}", lines.join("\n"));
    assert!(!job.run(&broken).status.success());
}

/// A clone of a repository with the example manifest and a policy.
struct Job {
    folder: Folder,
    clone: PathBuf,
}

impl Job {
    fn new() -> Self {
        let folder = Folder::new();
        let clone = folder.file("clone");
        fs::create_dir_all(clone.join("artifacts/registry")).expect("a folder");
        fs::create_dir_all(folder.file("bin")).expect("a folder");
        for (name, script) in [("curl", CURL), ("gh", GH)] {
            let path = folder.file("bin").join(name);
            fs::write(&path, script).expect("a stub");
            let status = program("chmod").arg("+x").arg(path).status();
            assert!(status.expect("chmod runs").success());
        }
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(root.join(MANIFEST), clone.join(MANIFEST)).expect("the example");
        let policy = block(GATES, "[prod]                                  # what");
        fs::write(clone.join("artifacts/registry/policy.toml"), policy).expect("the policy");
        let job = Self { folder, clone };
        job.run(
            "git init -q --bare -b main ../remote.git && git init -q -b main && git add . \
             && git commit -qm start && git remote add origin ../remote.git \
             && git push -q -u origin main",
        );
        job
    }

    /// Runs a script as GitHub runs a step, and makes sure that the set-up did not fail.
    fn run(&self, script: &str) -> Output {
        let mut command = program("bash");
        let path = command.get_envs().find(|(name, _)| *name == "PATH");
        let path = path.and_then(|(_, value)| value).expect("the path of a program").to_owned();
        let paths = [self.folder.file("bin")].into_iter().chain(std::env::split_paths(&path));
        let binary = env!("CARGO_BIN_EXE_registry");
        command
            .args(["-e", "-c", script])
            .current_dir(&self.clone)
            .env("PATH", std::env::join_paths(paths).expect("a path"))
            .env("HOME", self.folder.path())
            .env("STUB_LOG", self.clone.join("stub.log"))
            .env("REGISTRY_URL", format!("file://{binary}"))
            .env("REGISTRY_SHA256", sha256(binary))
            .env("GITHUB_ACTOR", "ada")
            .env("GITHUB_BASE_REF", "main")
            .env("GITHUB_PATH", self.folder.file("path.txt"))
            .env("GITHUB_REPOSITORY", "sports/projections")
            .env("GITHUB_STEP_SUMMARY", self.clone.join("summary.md"))
            .env("RUNNER_TEMP", self.folder.path())
            .env("PULL_REQUEST", "7")
            .env("GITLAB_USER_LOGIN", "ada")
            .env("GITLAB_USER_EMAIL", "ada@example.com")
            .env("COMMENT_TOKEN", "secret")
            .env("CI_API_V4_URL", "https://gitlab.example.com/api/v4")
            .env("CI_PROJECT_ID", "3")
            .env("CI_MERGE_REQUEST_IID", "7")
            .env("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "main")
            .env("CI_COMMIT_BRANCH", "main")
            .env("CI_PROJECT_PATH", "sports/minutes")
            .env("MODEL", "minutes_v1_lgbm")
            .env("VERSION", "20251212T061455Z")
            .env("EXPECT_CURRENT", "20251205T061430Z")
            .env("REASON", "better on back-to-back games");
        command.output().expect("bash runs")
    }

    /// Runs the first step of a job, and the command that it installs.
    fn install(&self, steps: &[(String, String)]) {
        let (name, run) = &steps[0];
        assert_eq!(name, "Install");
        let output = self.run(run);
        assert!(output.status.success(), "{output:?}");
        let path = fs::read_to_string(self.folder.file("path.txt")).expect("the path");
        let installed = Path::new(path.trim_end()).join("registry");
        assert!(program(installed).arg("--version").status().expect("it runs").success());
        let broken = self.run(&run.replace("$REGISTRY_SHA256", "0000"));
        assert!(!broken.status.success(), "{broken:?}");
        assert!(self.run("git clean -q -f -- registry").status.success());
    }

    /// Commits a change to a metric of a published version on a branch.
    fn change_a_metric(&self) {
        let output = self.run(
            "git checkout -q -b change && sed 's/\"val_mae\": 3.62/\"val_mae\": 3.12/' \
             artifacts/registry/manifest.json > changed && mv changed artifacts/registry/manifest.json \
             && git commit -qam change",
        );
        assert!(output.status.success(), "{output:?}");
    }

    /// Promotes and pushes. Run again with the same expectation, the job exits with code 4 and
    /// changes nothing.
    fn promotes_once(&self, steps: &[&str]) {
        let script = steps.join("\n");
        let first = self.run(&script);
        assert!(first.status.success(), "{first:?}");

        let remote = |command: &str| {
            let script =
                format!("git -C ../remote.git show main:{MANIFEST} | registry -m - {command}");
            stdout(&self.run(&script))
        };
        let production = remote("production minutes_v1_lgbm");
        assert_eq!(production, "artifacts/minutes_v1/runs/20251212T061455Z/model.txt\n");
        let history = remote("history minutes_v1_lgbm");
        for word in ["ada", "better on back-to-back games"] {
            assert!(history.contains(word), "{history}");
        }

        let head = || stdout(&self.run("git -C ../remote.git rev-parse main"));
        let before = head();
        let second = self.run(&script);
        assert_eq!(second.status.code(), Some(4), "{second:?}");
        assert_eq!(head(), before);
    }

    /// Makes sure that the page is in the folder that a job publishes, when the manifest or the policy
    /// changes.
    fn published(&self, job: &str, title: &str) {
        assert!(job.contains("[artifacts/registry/**"), "{job}");
        assert!(job.contains("path: public") || job.contains("paths: [public]"), "{job}");
        let page = self.read("public/index.html");
        assert!(page.contains(&format!("<title>{title}</title>")), "{page}");
        assert!(page.contains("passes the gate"), "the policy is not read");
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.clone.join(name)).expect(name)
    }
}

/// The block of a page that begins with this text.
fn block(page: &str, start: &str) -> String {
    let begin = page.find(&format!("\n{start}")).expect("a block") + 1;
    let (block, _) = page[begin..].split_once("\n```").expect("its end");
    block.to_owned()
}

/// The name and the script of each `run` step of a GitHub job.
fn github_steps(start: &str) -> Vec<(String, String)> {
    let steps = steps_of(&block(PAGE, start));
    assert!(steps.len() >= 4, "{steps:?}");
    steps
}

/// The name and the script of each `run` step in the text of a job.
fn steps_of(job: &str) -> Vec<(String, String)> {
    let steps = job.split("\n      - ").skip(1).filter_map(|step| {
        let (_, run) = step.split_once("        run: ")?;
        let name = step.strip_prefix("name: ")?.lines().next()?;
        let lines: Vec<&str> = run.trim_start_matches("|\n").lines().map(str::trim_start).collect();
        Some((name.to_owned(), lines.join("\n")))
    });
    steps.collect()
}

/// The script lines of a GitLab job.
fn gitlab_lines(job: &str) -> Vec<String> {
    let text = block(PAGE, ".registry:");
    let (_, job) = format!("\n{text}\n\n")
        .split_once(&format!("\n{job}:\n"))
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a job");
    lines_of(job.split("\n\n").next().expect("its text"))
}

/// The script lines in the text of a job.
fn lines_of(job: &str) -> Vec<String> {
    let (_, script) = job.split_once("script:\n").expect("a script");
    script.lines().filter_map(|line| line.strip_prefix("    - ").map(Into::into)).collect()
}

fn sha256(file: &str) -> String {
    let output = program("sha256sum").arg(file).output().expect("sha256sum runs");
    stdout(&output).split_whitespace().next().expect("a checksum").to_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
