//! TLS with a private CA, and a proxy, in front of the stores and of the services that hand out
//! credentials.

use std::process::Command;

use libtest_mimic::Trial;

use super::credentials::alone;
use super::sources::assumed;
use crate::support::object_server::{Dialect, ObjectServer, SECRET};
use crate::support::{Background, Folder, Need, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        needs [Need::Program("openssl"), Need::Program("python3")]:
        the_certificate_of_a_private_ca,
        a_proxy_in_front_of_aws,
        a_proxy_in_front_of_google,
        a_proxy_in_front_of_azure,
    ]
}

/// A server with TLS, and the one behind it.
struct Secure {
    folder: Folder,
    server: ObjectServer,
    port: String,
    _process: Background,
}

impl Secure {
    fn new(dialect: Dialect) -> Self {
        let (folder, server) = (Folder::new(), ObjectServer::start(dialect));
        let script =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/remote/tls_proxy.py");
        let backend = server.address().rsplit(':').next().unwrap_or_default().to_owned();
        let mut command = crate::support::program("python3");
        let mut process = Background::start(command.arg(script).arg(folder.path()).arg(backend));
        let line = process.first_line();
        let port = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
        assert!(port.parse::<u16>().is_ok(), "{command:?} printed {line:?}");
        Self { folder, server, port, _process: process }
    }

    fn authority(&self) -> String {
        self.folder.file("ca.pem").to_string_lossy().into_owned()
    }

    /// The command behind this proxy.
    fn command(&self, url: &str, variables: &[(&str, &str)]) -> Command {
        let mut command = alone(&self.folder, variables);
        command.env("HTTPS_PROXY", format!("http://127.0.0.1:{}", self.port));
        command.env("SSL_CERT_FILE", self.authority()).args(["-m", url]);
        command
    }

    /// Registers a version in the object of a URL, and asserts that these hosts were asked.
    #[track_caller]
    fn assert_registers(&self, url: &str, variables: &[(&str, &str)], hosts: &[&str]) {
        let register = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];
        run(self.command(url, variables).args(register)).code(0);
        assert_eq!(self.server.keys(), ["registry/manifest.json"]);
        let mut asked: Vec<_> = self.server.received().into_iter().map(|r| r.host).collect();
        asked.sort();
        asked.dedup();
        assert_eq!(asked, hosts);
    }
}

fn the_certificate_of_a_private_ca() {
    let secure = Secure::new(Dialect::S3);
    let url = format!("s3+https://localhost:{}/bucket/registry/manifest.json", secure.port);
    let keys = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", SECRET)];
    let register = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];
    let authority = secure.authority();
    for variable in ["AWS_CA_BUNDLE", "SSL_CERT_FILE"] {
        run(alone(&secure.folder, &keys)
            .env(variable, &authority)
            .args(["-m", &url])
            .args(register))
        .code(0);
    }
    let ran = run(alone(&secure.folder, &keys).args(["-m", &url, "list"]));
    ran.code(1).reports("certificate");
    let empty = secure.folder.write("empty.pem", "");
    let no_file = secure.folder.file("none.pem");
    for (file, words) in [(no_file, "cannot read the certificates"), (empty, "certificate")] {
        let ran =
            run(alone(&secure.folder, &keys).env("AWS_CA_BUNDLE", file).args(["-m", &url, "list"]));
        ran.code(1).reports(words);
    }
}

fn a_proxy_in_front_of_aws() {
    let secure = Secure::new(Dialect::S3);
    secure.server.serve("/", 200, &assumed("ASIAWEB"));
    let token = secure.folder.write("token", "identity-of-the-pod");
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token.to_str().expect("UTF-8")),
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/trainer"),
        ("AWS_REGION", "us-east-1"),
    ];
    let hosts = ["s3.us-east-1.amazonaws.com", "sts.us-east-1.amazonaws.com"];
    secure.assert_registers("s3://bucket/registry/manifest.json", &variables, &hosts);
    // A host that is excepted from the proxy is asked directly.
    let backend = secure.server.address();
    let keys = [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", SECRET),
        ("AWS_ENDPOINT_URL", &*backend),
        ("HTTP_PROXY", "http://user:hunter2-hunter2@127.0.0.1:9"),
    ];
    let list = |variables: &[(&str, &str)]| {
        let url = "s3://bucket/registry/manifest.json";
        run(alone(&secure.folder, variables).args(["-m", url, "list"]))
    };
    let ran = list(&keys);
    assert!(!ran.code(1).stderr.contains("hunter2"), "{ran:?}");
    list(&[&keys[..], &[("NO_PROXY", "127.0.0.1")]].concat()).code(0);
}

fn a_proxy_in_front_of_google() {
    let secure = Secure::new(Dialect::Google);
    let answer = r#"{"access_token": "token-of-ada", "expires_in": 3600}"#;
    secure.server.serve("/o/oauth2/token", 200, answer);
    let user = r#"{"type": "authorized_user", "client_id": "c", "client_secret": "hunter2-hunter2",
        "refresh_token": "hunter3-hunter3"}"#;
    std::fs::create_dir_all(secure.folder.file(".config/gcloud")).expect("a folder");
    secure.folder.write(".config/gcloud/application_default_credentials.json", user);
    let hosts = ["accounts.google.com", "storage.googleapis.com"];
    secure.assert_registers("gs://bucket/registry/manifest.json", &[], &hosts);
    assert!(secure.server.authorizations().contains(&"Bearer token-of-ada".to_owned()));
    let refusal = r#"{"error": "invalid_grant", "error_description": "hunter3-hunter3 expired"}"#;
    secure.server.serve("/o/oauth2/token", 400, refusal);
    let ran = run(secure.command("gs://bucket/registry/manifest.json", &[]).arg("list"));
    ran.code(1).reports("no credentials").reports("gcloud auth application-default login");
    assert!(!ran.stderr.contains("hunter"), "{ran:?}");
}

fn a_proxy_in_front_of_azure() {
    let secure = Secure::new(Dialect::Azure);
    let answer = r#"{"access_token": "token-of-entra", "expires_in": 3600}"#;
    secure.server.serve("/tenant/oauth2/v2.0/token", 200, answer);
    let variables = [
        ("AZURE_CLIENT_ID", "client"),
        ("AZURE_TENANT_ID", "tenant"),
        ("AZURE_CLIENT_SECRET", SECRET),
    ];
    let url = "abfss://bucket@account.dfs.core.windows.net/registry/manifest.json";
    let hosts = ["account.blob.core.windows.net", "login.microsoftonline.com"];
    secure.assert_registers(url, &variables, &hosts);
}
