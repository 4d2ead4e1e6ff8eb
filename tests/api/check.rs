//! What a check finds, and what it leaves alone.

use model_registry::artifact::State;
use model_registry::check::{against, artifacts, check, lower_published};
use model_registry::{ArtifactDemand, Finding, Manifest, Registration, Severity, Timestamp};

const SOUND: &str = include_str!("../data/before.json");

fn edited(edits: &[(&str, &str)]) -> Manifest {
    let mut text = SOUND.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Manifest::parse(text, "manifest.json".as_ref()).expect("a valid manifest")
}

fn messages(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| &*finding.message).collect()
}

#[test]
fn a_sound_manifest_has_no_findings() {
    assert_eq!(check(&edited(&[])), []);
    assert_eq!(check(&Manifest::default()), []);
}

#[test]
fn everything_that_is_wrong_is_found() {
    let first = "version `20251205` of model `minutes_v1_lgbm`";
    for (edit, field, message) in [
        (
            ("\"current_staging\": null", "\"current_staging\": \"nine\""),
            "current_staging",
            "the current staging version of model `minutes_v1_lgbm` is `nine`, which does not \
             exist"
                .to_owned(),
        ),
        (
            ("\"current_prod\": \"20251205\"", "\"current_prod\": \"20251214\""),
            "current_prod",
            "the current prod version of model `minutes_v1_lgbm` is `20251214`, which has stage \
             dev"
            .to_owned(),
        ),
        (
            ("\"name\": \"empty\"", "\"name\": \"other\""),
            "name",
            "`name` of model `empty` is \"other\"".to_owned(),
        ),
        (
            ("2025-12-05T06:00:40.537326+00:00", "yesterday"),
            "created_at",
            format!("`created_at` \"yesterday\" of {first} is not a timestamp"),
        ),
        (
            ("2025-12-05T07:00:00.000000+00:00", "2025-13-05T07:00:00+00:00"),
            "promoted_at",
            format!("`promoted_at` \"2025-13-05T07:00:00+00:00\" of {first} is not a timestamp"),
        ),
        (
            ("2025-12-05T07:00:00.000000+00:00", "2025-12-05T07:00:00+02:00"),
            "promoted_at",
            format!(
                "{first} was promoted at 2025-12-05T05:00:00.000000+00:00, before it was created \
                 at 2025-12-05T06:00:40.537326+00:00"
            ),
        ),
        (
            ("2022-10-01", "2024-10-01"),
            "training_end",
            format!(
                "the training window of {first} ends on 2024-06-30, before it starts on 2024-10-01"
            ),
        ),
        (
            ("\"updated_at\": \"2025-12-14T06:05:21.000000+00:00\"", "\"updated_at\": 5"),
            "updated_at",
            "`updated_at` 5 is not a timestamp".to_owned(),
        ),
        (
            ("\"owner\": \"ada\"", "\"aliases\": {\"new\": \"20251205\", \"old\": \"nine\"}"),
            "aliases.old",
            "the alias `@old` of model `minutes_v1_lgbm` points to `nine`, which does not \
             exist"
                .to_owned(),
        ),
        (
            ("\"owner\": \"ada\"", "\"aliases\": {\"new\": null}"),
            "aliases.new",
            "the alias `@new` of model `minutes_v1_lgbm` points to null, which is not a string"
                .to_owned(),
        ),
        (
            ("\"owner\": \"ada\"", "\"aliases\": {\"prod\": \"20251205\"}"),
            "aliases.prod",
            "the alias `@prod` of model `minutes_v1_lgbm` is reserved".to_owned(),
        ),
    ] {
        let findings = check(&edited(&[edit]));
        assert_eq!(messages(&findings), [message]);
        assert_eq!(findings[0].severity, Severity::Problem);
        assert_eq!(findings[0].field.as_deref(), Some(field));
    }
}

#[test]
fn a_finding_about_a_version_names_it() {
    let labelled =
        check(&edited(&[("\"current_prod\": \"20251205\"", "\"current_prod\": \"20251214\"")]));
    assert_eq!(labelled[0].version.as_deref(), Some("20251214"));
    let retired = "\"tag\": 1, \"retired\": {\"at\": \"2025-12-06T07:00:00+00:00\"}";
    let retired = check(&edited(&[("\"tag\": 1", retired)]));
    assert_eq!(
        messages(&retired),
        ["version `20251205` of model `minutes_v1_lgbm` is retired and current in prod"]
    );
    assert_eq!(retired[0].severity, Severity::Warning);
    assert_eq!(retired[0].version.as_deref(), Some("20251205"));
    // A version that does not exist cannot be named.
    let dangling =
        check(&edited(&[("\"current_staging\": null", "\"current_staging\": \"nine\"")]));
    assert_eq!(dangling[0].version, None);
}

/// Versions with the fields of the first one are read in a faster way.
#[test]
fn what_is_wrong_with_the_first_version_is_wrong_with_every_other() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let mut manifest = Manifest::default();
    for name in ["first", "second", "third"] {
        let mut run = Registration::new(format!("runs/{name}")).version(name).metric("mae", 1.5);
        run.run_id = Some(format!("run-{name}"));
        run.training_start = Some("2024-01-01".into());
        run.training_end = Some("2024-06-30".into());
        run.artifact_digest = Some(digest.clone());
        let created = Timestamp::parse("2025-12-15T05:00:00+00:00").expect("a time");
        manifest.register("m", &run, created).expect("a new version");
    }
    let text = manifest.to_text();
    for (from, to) in [
        ("\"version\": \"NAME\"", "\"version\": \"none\""),
        ("\"version\": \"NAME\"", "\"version\": \"@prod\""),
        ("\"run_id\": \"run-NAME\"", "\"run_id\": \"run\\u0007\""),
        ("\"runs/NAME\"", "\" \""),
        ("\"runs/NAME\"", "\"https://ada:secret@host/run\""),
        ("\"sha256:", "\"md5:"),
        ("\"2024-01-01\"", "\"yesterday\""),
        ("\"2024-01-01\"", "\"2024-07-01\""),
        ("\"2025-12-15T05:00:00.000000+00:00\"", "\"noon\""),
        ("\"promoted_at\": null", "\"promoted_at\": \"2025-12-15T04:00:00+00:00\""),
        ("\"mae\": 1.5", "\"mae\": NaN"),
    ] {
        let found = ["first", "second", "third"].map(|name| {
            let start = text.find(&format!("\"version\": \"{name}\"")).expect("the version");
            let (before, after) = text.split_at(start);
            let (from, to) = (from.replace("NAME", name), to.replace("NAME", name));
            assert!(after.contains(&from), "{from}");
            let text = [before, &after.replacen(&from, &to, 1)].concat();
            let findings = check(&Manifest::parse(text, "manifest.json".as_ref()).expect("JSON"));
            let [finding] = &findings[..] else { panic!("{from} to {to}: {findings:#?}") };
            (finding.severity, finding.field.clone(), finding.message.replace(name, "NAME"))
        });
        assert_eq!(found[0], found[1]);
        assert_eq!(found[0], found[2]);
    }
}

#[test]
fn a_training_window_can_be_one_day() {
    let findings = check(&edited(&[("2022-10-01", "2024-06-30"), ("3.62", "NaN")]));
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].field.as_deref(), Some("metrics.val_mae"));
}

#[test]
fn all_of_it_is_listed() {
    let findings = check(&edited(&[
        ("\"current_staging\": null", "\"current_staging\": \"nine\""),
        ("\"name\": \"empty\"", "\"name\": \"other\""),
        ("3.54", "NaN"),
        ("3.62", "1e999"),
    ]));
    let fields: Vec<_> =
        findings.iter().map(|f| (f.severity, f.field.as_deref().unwrap_or_default())).collect();
    assert_eq!(
        fields,
        [
            (Severity::Problem, "current_staging"),
            (Severity::Warning, "metrics.val_mae"),
            (Severity::Warning, "metrics.val_mae"),
            (Severity::Problem, "name"),
        ]
    );
    let json = serde_json::to_value(&findings[1]).expect("JSON");
    assert_eq!((&json["severity"], &json["version"]), (&"warning".into(), &"20251205".into()));
}

#[test]
fn times_without_a_zone_are_accepted() {
    let manifest = edited(&[
        ("2025-12-05T06:00:40.537326+00:00", "2025-12-05T06:00:40.537326"),
        ("2025-12-05T07:00:00.000000+00:00", "2025-12-05 07:00:00"),
        ("2022-10-01", "2022-10-01T00:00:00"),
    ]);
    assert_eq!(check(&manifest), []);
}

#[test]
fn everything_that_register_refuses_is_a_problem() {
    let first = "version `20251205` of model `minutes_v1_lgbm`";
    let date = "is not a date such as 2025-12-01, or a timestamp";
    let reserved = "starts with `@`, which is reserved for @prod, @staging and @latest";
    let control = "contains a control character";
    let owner = |field: &str| format!("\"owner\": \"ada\", {field}");
    let tags = owner("\"tags\": {\"\": \"x\"}");
    let alias = owner("\"aliases\": {\"latest\": \"20251205\"}");
    let cases = [
        (
            ("2022-10-01", "winter"),
            Some("training_start"),
            format!("`training_start` \"winter\" of {first} {date}"),
        ),
        (
            ("\"2024-06-30\"", "5"),
            Some("training_end"),
            format!("`training_end` 5 of {first} {date}"),
        ),
        (
            ("\"runs/20251205\"", "\"  \""),
            Some("artifact_path"),
            format!("`artifact_path` \"  \" of {first} is empty"),
        ),
        (
            ("\"runs/20251205\"", "\"a\\nb\""),
            Some("artifact_path"),
            format!("`artifact_path` \"a\\nb\" of {first} {control}"),
        ),
        (
            ("\"run_id\": \"20251205\"", "\"run_id\": \"a\\u001bb\""),
            Some("run_id"),
            format!("`run_id` \"a\\u001bb\" of {first} {control}"),
        ),
        (
            ("\"version\": \"20251214\"", "\"version\": \"none\""),
            Some("version"),
            "the name of version `none` of model `minutes_v1_lgbm` is reserved for \"no version\""
                .to_owned(),
        ),
        (
            ("\"version\": \"20251214\"", "\"version\": \"@prod\""),
            Some("version"),
            format!("the name of version `@prod` of model `minutes_v1_lgbm` {reserved}"),
        ),
        (
            ("\"empty\": {\n      \"name\": \"empty\"", "\" x\": {\n      \"name\": \" x\""),
            None,
            "the name of model ` x` starts or ends with whitespace".to_owned(),
        ),
        (
            ("\"owner\": \"ada\"", &tags),
            Some("tags."),
            "tag `` of model `minutes_v1_lgbm` is empty".to_owned(),
        ),
        (
            ("\"owner\": \"ada\"", &alias),
            Some("aliases.latest"),
            "the alias `@latest` of model `minutes_v1_lgbm` is reserved".to_owned(),
        ),
    ];
    for (edit, field, message) in cases {
        let manifest = edited(&[edit]);
        let findings = check(&manifest);
        assert_eq!(messages(&findings), [message]);
        assert_eq!(findings[0].severity, Severity::Problem);
        assert_eq!(findings[0].field.as_deref(), field);
        // What is published must not change, so that it is only a warning if nothing is new.
        let again = lower_published(findings.clone(), &manifest);
        let settled = field.is_none_or(|field| !field.contains('.'));
        assert_eq!(again[0].severity == Severity::Warning, settled, "{}", again[0].message);
        assert_eq!(lower_published(findings.clone(), &edited(&[])), findings);
    }
}

#[test]
fn names_that_are_not_what_they_look_like_are_warnings() {
    let hidden = "contains a character that cannot be seen or that changes the direction of text";
    let of_model = "of model `minutes_v1_lgbm`";
    for (edit, message) in [
        (
            ("\"version\": \"20251214\"", "\"version\": \"1\\u200b\""),
            format!("the name of version `1\u{200b}` {of_model} {hidden}"),
        ),
        (
            ("\"version\": \"20251214\"", "\"version\": \"1\u{a0}0\""),
            format!(
                "the name of version `1\u{a0}0` {of_model} contains a space that is not the usual one"
            ),
        ),
        (
            ("\"val_mae\": 3.62", "\"val_mae\": 3.62, \"val_mae\u{ad}\": 1"),
            format!("metric `val_mae\u{ad}` of version `20251205` {of_model} {hidden}"),
        ),
        (
            ("runs/20251205", "runs/\u{202e}20251205"),
            format!(
                "`artifact_path` \"runs/\u{202e}20251205\" of version `20251205` {of_model} {hidden}"
            ),
        ),
    ] {
        let findings = check(&edited(&[edit]));
        assert_eq!(messages(&findings), [message]);
        assert_eq!(findings[0].severity, Severity::Warning);
    }
}

#[test]
fn names_that_collide_are_reported() {
    let of_model = "of model `minutes_v1_lgbm`";
    let same = "folders with these names are the same where file names ignore case";
    let first = ("\"version\": \"20251205\"", "\"version\": \"v1\"");
    let current = ("\"current_prod\": \"20251205\"", "\"current_prod\": \"v1\"");
    let version = ("\"version\": \"20251214\"", "\"version\": \"V1\"");
    let expected =
        format!("version `V1` {of_model} and version `v1` {of_model} differ only in case: ");
    let findings = check(&edited(&[first, current, version]));
    assert_eq!(messages(&findings), [expected + same]);
    assert_eq!(findings[0].severity, Severity::Warning);
    assert_eq!(findings[0].version.as_deref(), Some("V1"));

    let model = "\"Minutes_v1_lgbm\": {\n      \"name\": \"Minutes_v1_lgbm\"";
    let findings = check(&edited(&[("\"empty\": {\n      \"name\": \"empty\"", model)]));
    let expected = "model `Minutes_v1_lgbm` and model `minutes_v1_lgbm` differ only in case: ";
    assert_eq!(messages(&findings), [expected.to_owned() + same]);
    assert_eq!(findings[0].severity, Severity::Warning);

    // What register refuses: a reference to the run would mean another version.
    let taken = edited(&[("\"run_id\": \"20251205\"", "\"run_id\": \"20251214\"")]);
    let findings = check(&taken);
    let expected =
        format!("the name of version `20251214` {of_model} is the run id of version `20251205`");
    assert_eq!(messages(&findings), [expected]);
    assert_eq!(findings[0].severity, Severity::Problem);
    assert_eq!(lower_published(findings, &taken)[0].severity, Severity::Warning);
    // A version that is registered later for the run of an earlier one changes no reference.
    let later = edited(&[("\"run_id\": \"20251214\"", "\"run_id\": \"20251205\"")]);
    assert_eq!(check(&later), []);
}

#[test]
fn an_artifact_url_with_a_secret_is_a_warning_that_does_not_repeat_it() {
    for (url, shown) in [
        ("https://h/m?X-Amz-Signature=hunter2", "https://h/m?X-Amz-Signature=[redacted]"),
        ("az://c/m?sv=1&sig=hunter2&se=2", "az://c/m?sv=1&sig=[redacted]&se=2"),
        ("https://me:hunter2@h/m", "https://me:[redacted]@h/m"),
    ] {
        let manifest = edited(&[("runs/20251205", url)]);
        let findings = check(&manifest);
        let message = format!(
            "`artifact_path` \"{shown}\" of version `20251205` of model `minutes_v1_lgbm` contains a \
             secret that every reader of the manifest could use"
        );
        assert_eq!(messages(&findings), [message]);
        assert_eq!(findings[0].severity, Severity::Warning);
        let version = manifest.production("minutes_v1_lgbm").expect("a version");
        let error = State::Missing.require_ok("minutes_v1_lgbm", version).expect_err("missing");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        let verdict = ArtifactDemand::Exists.judge(version, &State::Missing);
        assert!(!format!("{verdict:?}").contains("hunter2"), "{verdict:?}");
        let version = &manifest.models()[0].versions()[0];
        let findings = artifacts(&[(&manifest.models()[0], version)], &[State::Missing]);
        assert!(!findings[0].message.contains("hunter2"), "{findings:?}");
    }
}

#[test]
fn a_history_is_in_the_order_of_its_times() {
    let history = |events: &str| {
        edited(&[("\"owner\": \"ada\"", &format!("\"owner\": \"ada\", \"history\": [{events}]"))])
    };
    let at = |second: u32| format!("{{\"at\": \"2025-12-05T07:00:{second:02}+00:00\"}}");
    assert_eq!(check(&history(&[at(1), at(1), at(2)].join(","))), []);
    let findings = check(&history(&[at(2), at(1), "{}".into(), "{\"at\": 5}".into()].join(",")));
    let of = "in the history of model `minutes_v1_lgbm`";
    assert_eq!(
        messages(&findings),
        [
            format!(
                "event 2 {of} is of 2025-12-05T07:00:01.000000+00:00, before the one in front of \
                 it, which is of 2025-12-05T07:00:02.000000+00:00"
            ),
            format!("event 3 {of} has no time"),
            format!("event 4 {of} has the invalid timestamp 5"),
        ]
    );
}

#[test]
fn artifacts_are_reported_unless_they_are_in_order() {
    let manifest = edited(&[]);
    let model = manifest.model("minutes_v1_lgbm").expect("the model");
    let version = model.version("20251205").expect("the version");
    let found = |state: State| -> Vec<String> {
        let findings = artifacts(&[(model, version)], &[state]);
        messages(&findings).into_iter().map(ToOwned::to_owned).collect()
    };
    let artifact = "the artifact `runs/20251205` of version `20251205` of model `minutes_v1_lgbm`";
    assert_eq!(found(State::Missing), [format!("{artifact} does not exist")]);
    let problem = || "no".to_owned();
    let unreadable = State::Unreadable { problem: problem() };
    assert_eq!(found(unreadable), [format!("{artifact} cannot be verified: no")]);
    for state in
        [State::Ok, State::NoDigest, State::NotLocal, State::BadDigest { problem: problem() }]
    {
        assert_eq!(found(state), [""; 0]);
    }
}

#[test]
fn a_malformed_digest_is_a_problem() {
    for (digest, problem) in [
        ("\"md5:00\"", "uses the algorithm `md5`, expected sha256"),
        ("7", "is not `sha256:` and 64 hexadecimal digits"),
    ] {
        let field = format!("\"artifact_path\": \"runs/20251205\", \"artifact_digest\": {digest}");
        let manifest = edited(&[("\"artifact_path\": \"runs/20251205\"", &field)]);
        let of = "of version `20251205` of model `minutes_v1_lgbm`";
        let expected = format!("`artifact_digest` {digest} {of} {problem}");
        assert_eq!(messages(&check(&manifest)), [expected]);
    }
}

#[test]
fn what_is_published_may_not_change() {
    let event = "\"owner\": \"ada\", \"history\": [{\"at\": \"2025-12-05T07:00:00+00:00\"}]";
    let published = edited(&[("\"owner\": \"ada\"", event)]);
    let now = |edits: &[(&str, &str)]| {
        let mut all = vec![("\"owner\": \"ada\"", event)];
        all.extend(edits);
        edited(&all)
    };
    let free = now(&[
        ("\"stage\": \"dev\"", "\"stage\": \"prod\""),
        ("Monday's run", "Tuesday's run"),
        ("\"current_prod\": \"20251205\"", "\"current_prod\": \"20251214\""),
        ("\"history\": [", "\"history\": [{\"at\": \"2025-12-06T07:00:00+00:00\"}, "),
    ]);
    assert_eq!(against(&free, &published), []);

    // A model without versions is nothing but its history.
    let of_empty = "\"current_prod\": null, \"history\": [{}],";
    let with_history = edited(&[("\"current_prod\": null,", of_empty)]);
    let empty = ",\n    \"empty\": {\n      \"name\": \"empty\",\n      \"versions\": [],\n      \
                 \"current_prod\": null,\n      \"current_staging\": null\n    }";
    let without = edited(&[(empty, "")]);
    assert_eq!(
        messages(&against(&without, &with_history)),
        ["published model `empty` and its history were removed"]
    );
    assert_eq!(against(&without, &edited(&[])), []);

    let first = "version `20251205` of model `minutes_v1_lgbm`";
    for (edits, message) in [
        (
            vec![("runs/20251205", "runs/other")],
            format!(
                "`artifact_path` of {first} was published as \"runs/20251205\" and is now \"runs/other\""
            ),
        ),
        (
            vec![("2022-10-01", "2022-11-01")],
            format!(
                "`training_start` of {first} was published as \"2022-10-01\" and is now \"2022-11-01\""
            ),
        ),
        (
            vec![("\"val_mae\": 3.62", "\"val_mae\": 3.61")],
            format!("`metrics.val_mae` of {first} was published as 3.62 and is now 3.61"),
        ),
        (
            vec![("            \"rows\": 6079,\n", "")],
            format!("`metrics.rows` of {first} was published as 6079 and is now missing"),
        ),
        (
            vec![("[{\"at\": \"2025-12-05T07:00:00+00:00\"}]", "[]")],
            "the history of model `minutes_v1_lgbm` was removed; a tool that does not know it \
             rewrote the file"
                .to_owned(),
        ),
        (
            vec![(
                "[{\"at\": \"2025-12-05T07:00:00+00:00\"}]",
                "[{\"at\": \"2025-12-06T07:00:00Z\"}]",
            )],
            "the history of model `minutes_v1_lgbm` lacks the published event {\"at\": \
             \"2025-12-05T07:00:00+00:00\"}"
                .to_owned(),
        ),
        (
            vec![("\"version\": \"20251214\"", "\"version\": \"x\"")],
            "published version `20251214` of model `minutes_v1_lgbm` was removed".to_owned(),
        ),
        (
            vec![("\"minutes_v1_lgbm\": {", "\"x\": {")],
            "published model `minutes_v1_lgbm` and its 2 versions were removed".to_owned(),
        ),
        (
            vec![("\"tag\": 1", "\"tag\": 2")],
            format!("`tag` of {first} was published as 1 and is now 2"),
        ),
        (vec![("\"empty\": {", "\"x\": {")], String::new()),
    ] {
        let findings = against(&now(&edits), &published);
        let expected: Vec<_> =
            Some(&*message).filter(|text| !text.is_empty()).into_iter().collect();
        assert_eq!(messages(&findings), expected);
        assert!(findings.iter().all(|finding| finding.severity == Severity::Problem));
    }
}
