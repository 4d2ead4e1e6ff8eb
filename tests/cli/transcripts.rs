//! The console blocks of `tests/cli/*.md`, README.md and `docs/*.md`, each page in its own sandbox.

use libtest_mimic::Trial;

use crate::support::{Need, Page, trial_of, trials, verbs};

/// The page that shows a build without object stores.
const WITHOUT_OBJECT_STORES: &str = "tests/cli/without_object_stores.md";

pub(crate) fn trials() -> Vec<Trial> {
    let mut verbs = Page::of_folder("tests/cli");
    if cfg!(feature = "remote") {
        verbs.retain(|page| page.name != WITHOUT_OBJECT_STORES);
    }
    let verbs = verbs.into_iter().map(|page| (page, vec!["tests/data"]));
    let mut docs = Page::of_folder("docs");
    docs.extend(["README.md", "CONTRIBUTING.md"].map(Page::read));
    let pages = verbs.chain(docs.into_iter().map(|page| (page, Vec::new())));
    let mut trials: Vec<_> = pages
        .map(|(page, items)| {
            let mut needs = vec![Need::Shell];
            if page.needs_git() {
                needs.push(Need::Program("git"));
            }
            let name = page.name.clone();
            trial_of(&name, &needs, move || page.check(&items))
        })
        .collect();
    trials.extend(trials![
        every_verb_has_a_page,
        [Need::Shell] => a_page_that_shows_something_else_is_found_and_rewritten,
        [Need::Shell] => what_varies_fits,
    ]);
    trials
}

fn every_verb_has_a_page() {
    let verbs = verbs();
    assert!(verbs.len() > 10, "{verbs:?}");
    for verb in verbs {
        let page = Page::read(&format!("tests/cli/{verb}.md"));
        let shown = page.blocks("console").iter().any(|block| block.contains(&format!(" {verb} ")));
        assert!(shown, "tests/cli/{verb}.md does not run `registry {verb}`");
    }
}

fn page(text: &str) -> Page {
    Page { name: "page.md".into(), text: text.into() }
}

fn a_page_that_shows_something_else_is_found_and_rewritten() {
    for (shown, right) in [
        ("$ echo a\nb\n", "$ echo a\na\n"),
        ("$ echo a\n", "$ echo a\na\n"),
        ("$ true\na\n", "$ true\n"),
        ("$ echo a; exit 4\na\n", "$ echo a; exit 4\na\n# exit code 4\n"),
        (
            "$ echo a\na\n# exit code 4\n\n$ exit 3\n# exit code 3\n",
            "$ echo a\na\n\n$ exit 3\n# exit code 3\n",
        ),
        ("$ exit 3\n# exit code 4\n", "$ exit 3\n# exit code 3\n"),
        ("$ echo a >&2; \\\n  echo b\nb\na\n", "$ echo a >&2; \\\n  echo b\na\nb\n"),
        ("$ printf 'a 1\\nb\\n'\na [..]\nc\n", "$ printf 'a 1\\nb\\n'\na [..]\nb\n"),
        ("$ printf '1\\n2\\n3\\n4\\n'\n0\n...\n4\n", "$ printf '1\\n2\\n3\\n4\\n'\n1\n...\n4\n"),
        (
            "$ date -u '+%Y-%m-%d %H:%M:%S'\n2026-01-04 06:30:00\n",
            "$ date -u '+%Y-%m-%d %H:%M:%S'\n2026-01-05 06:30:00\n",
        ),
        (
            "$ echo 2026-01-04 06:30:00\n2026-01-05 06:30:00\n",
            "$ echo 2026-01-04 06:30:00\n2026-01-04 06:30:00\n",
        ),
    ] {
        let block = |body: &str| format!("Text\n\n```console\n{body}```\n\nMore\n");
        let (text, problems) = page(&block(shown)).replay(&["empty"]);
        assert_eq!((text, problems.len()), (block(right), 1), "{shown}");
        let (text, problems) = page(&block(right)).replay(&["empty"]);
        assert_eq!((text, problems), (block(right), Vec::new()), "{shown}");
    }
    for text in
        ["```console\n$ true\n", "```sh-session\n$ true\n```\n", "```console\nnothing\n```\n"]
    {
        assert_eq!(page(text).replay(&["empty"]).1.len(), 1, "{text}");
    }
}

fn what_varies_fits() {
    let text = "\
<!-- sandbox: empty -->
1. An item

   ```console
   # A comment
   $ printf '1\\n2\\n3\\n'
   ...
   3
   $ echo in the middle
   in [..]le

   $ ls
   $ echo a > file
   $ date -u +%Y%m%dT%H%M%SZ
   20260105T000000Z
   ```

<!-- sandbox: empty -->

```console
$ ls
```

```text
$ not run
```
";
    assert_eq!(page(text).replay(&[]), (text.to_owned(), Vec::new()));
}
