//! The README's CI jobs: their shell steps are taken from it and run, in a clone with a remote.
#![allow(clippy::disallowed_methods)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const README: &str = include_str!("../README.md");

#[test]
fn the_github_job_promotes_and_pushes() {
    let job = Job::new("github", &github_steps(&block("name: Promote a model")));
    job.promotes_once(&[("GITHUB_ACTOR", "ada"), ("GITHUB_STEP_SUMMARY", "summary.md")]);
    let summary = fs::read_to_string(job.clone.join("summary.md")).expect("the summary");
    assert!(summary.contains("| metric | 20251212T061455Z | 20251205T061430Z |"), "{summary}");
}

#[test]
fn the_gitlab_job_promotes_and_pushes() {
    let job = Job::new("gitlab", &gitlab_steps(&block("promote:\n  rules:")));
    job.promotes_once(&[
        ("GITLAB_USER_LOGIN", "ada"),
        ("GITLAB_USER_EMAIL", "ada@example.com"),
        ("CI_COMMIT_BRANCH", "main"),
        ("PUSH_TOKEN", "secret"),
        ("CI_SERVER_HOST", "gitlab.example.com"),
        ("CI_PROJECT_PATH", "sports/projections"),
    ]);
}

/// A clone of a repository with the example manifest and a policy, and the steps of a job.
struct Job {
    clone: PathBuf,
    remote: PathBuf,
    steps: Vec<String>,
}

impl Job {
    fn new(name: &str, steps: &[String]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ci").join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let job = Self {
            clone: folder.join("clone"),
            remote: folder.join("remote.git"),
            steps: steps.to_vec(),
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        Self::shell(
            &folder,
            &[],
            "git init -q --bare -b main remote.git && git init -q -b main clone",
        );
        let registry = job.clone.join("artifacts/registry");
        fs::create_dir_all(&registry).expect("a folder");
        let manifest = "artifacts/registry/manifest.json";
        fs::copy(root.join(manifest), job.clone.join(manifest)).expect("the example");
        let policy = block("[prod]                                  # what");
        fs::write(registry.join("policy.toml"), policy).expect("the policy");
        let commit = "git add . && git -c user.name=t -c user.email=t@t commit -qm start \
                      && git remote add origin ../remote.git && git push -q -u origin main";
        assert!(Self::shell(&job.clone, &[], commit).status.success());
        job
    }

    /// The job succeeds and its commit is on the remote; started again with the same expectation,
    /// it changes nothing and exits with 4.
    fn promotes_once(&self, environment: &[(&str, &str)]) {
        let mut environment = environment.to_vec();
        environment.extend([
            ("MODEL", "minutes_v1_lgbm"),
            ("VERSION", "20251212T061455Z"),
            ("EXPECT_CURRENT", "20251205T061430Z"),
            ("REASON", "better on back-to-back games"),
        ]);
        let script = format!("set -e\n{}", self.steps.join("\n"));
        let first = Self::shell(&self.clone, &environment, &script);
        assert!(first.status.success(), "{first:?}");

        let show = "git show main:artifacts/registry/manifest.json | registry -m - ";
        let production = show.to_owned() + "production minutes_v1_lgbm";
        let production = Self::shell(&self.remote, &[], &production);
        assert_eq!(stdout(&production), "artifacts/minutes_v1/runs/20251212T061455Z/model.txt\n");
        let history =
            Self::shell(&self.remote, &[], &(show.to_owned() + "history minutes_v1_lgbm"));
        for word in ["ada", "better on back-to-back games"] {
            assert!(stdout(&history).contains(word), "{history:?}");
        }

        let head = Self::shell(&self.remote, &[], "git rev-parse main");
        let second = Self::shell(&self.clone, &environment, &script);
        assert_eq!(second.status.code(), Some(4), "{second:?}");
        assert_eq!(stdout(&Self::shell(&self.remote, &[], "git rev-parse main")), stdout(&head));
    }

    fn shell(folder: &Path, environment: &[(&str, &str)], script: &str) -> Output {
        let binaries = Path::new(env!("CARGO_BIN_EXE_registry")).parent().expect("a folder");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(binaries.to_owned()).chain(std::env::split_paths(&path));
        Command::new("bash")
            .args(["-c", script])
            .current_dir(folder)
            .env("PATH", std::env::join_paths(paths).expect("a path"))
            .env_remove("REGISTRY_BY")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs(environment.iter().copied())
            .output()
            .expect("bash runs")
    }
}

/// The block of the README that begins with this text.
fn block(start: &str) -> String {
    let begin = README.find(&format!("\n{start}")).expect("a block") + 1;
    let (block, _) = README[begin..].split_once("\n```").expect("its end");
    block.to_owned()
}

/// The `run:` steps of a GitHub job, without the one that installs.
fn github_steps(job: &str) -> Vec<String> {
    let lines: Vec<&str> = job.lines().collect();
    let mut steps = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let Some(command) = line.trim_start().strip_prefix("run: ") else { continue };
        if command != "|" {
            steps.push(command.to_owned());
            continue;
        }
        let indent = |line: &&&str| line.len() - line.trim_start().len() > 8;
        let body = lines[index + 1..].iter().take_while(indent);
        steps.push(body.map(|line| line.trim_start()).collect::<Vec<_>>().join("\n"));
    }
    let installs = steps.iter().filter(|step| step.contains("cargo install")).count();
    assert_eq!((installs, steps.len()), (1, 4), "{steps:?}");
    steps.retain(|step| !step.contains("cargo install"));
    steps
}

/// The script of a GitLab job. Its last line pushes to a server; the remote stands in for it.
fn gitlab_steps(job: &str) -> Vec<String> {
    let (_, script) = job.split_once("  script:\n").expect("a script");
    let mut steps: Vec<String> =
        script.lines().filter_map(|line| line.strip_prefix("    - ").map(Into::into)).collect();
    let push = steps.last_mut().expect("a last step");
    assert!(push.starts_with("git push \"https://"), "{push}");
    "git push origin \"$CI_COMMIT_BRANCH\"".clone_into(push);
    steps
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
