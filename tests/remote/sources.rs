//! Where credentials come from: identities, containers, metadata services, files and command lines.
//!
//! Each test checks which credentials arrive at the store, and what the error is without them.

use std::process::Command;

use libtest_mimic::Trial;

use super::credentials::alone;
use super::stores::TestStore;
use crate::support::object_server::{Dialect, Fault, ObjectServer, SECRET};
use crate::support::{Folder, Need, Ran, run, trials};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        a_web_identity,
        a_web_identity_that_is_refused,
        the_credentials_of_a_container,
        the_metadata_of_an_instance_on_aws,
        the_metadata_of_an_instance_on_google,
        the_managed_identity_on_azure,
        a_client_secret_and_a_federated_token_on_azure,
        [Need::Shell] => the_command_line_of_azure,
        [Need::Program("openssl")] => the_file_of_a_service_account,
        files_that_are_not_credentials,
        a_role_in_a_profile,
    ]
}

/// A server that hands out credentials, and the store that wants them.
struct Setup {
    store: TestStore,
    issuer: ObjectServer,
    home: Folder,
}

impl Setup {
    fn new(dialect: Dialect) -> Self {
        let store = TestStore::on_fake(ObjectServer::start(dialect), dialect);
        let (issuer, home) = (ObjectServer::start(Dialect::S3), Folder::new());
        Self { store, issuer, home }
    }

    fn server(&self) -> &ObjectServer {
        self.store.fake.as_ref().expect("a fake")
    }

    /// The variables of the store without credentials.
    fn command(&self, variables: &[(&str, &str)]) -> Command {
        let mut command = alone(&self.home, variables);
        let address = self.server().address();
        match self.store.kind {
            super::stores::Kind::Fake(Dialect::Google) => command.env("GOOGLE_BASE_URL", address),
            super::stores::Kind::Fake(Dialect::Azure) => command
                .env("AZURE_STORAGE_ACCOUNT", "account")
                .env("AZURE_STORAGE_ENDPOINT", format!("{address}/account")),
            _ => command.env("AWS_ENDPOINT_URL", address),
        };
        command.arg("-m").arg(&self.store.path);
        command
    }

    /// Registers a version, which needs the credentials.
    fn register(&self, variables: &[(&str, &str)]) -> Ran {
        let register = ["register", "m", "--artifact-path", "s3://p", "--version", "1"];
        run(self.command(variables).args(register))
    }

    /// Asserts that a version is registered, with these credentials in every request.
    #[track_caller]
    fn assert_used(&self, variables: &[(&str, &str)], credentials: &str) {
        self.register(variables).code(0);
        assert_eq!(self.store.versions(), ["1"]);
        let used = self.server().authorizations();
        assert!(used.iter().all(|used| used.contains(credentials)), "{used:?}");
    }
}

fn session(id: &str) -> String {
    format!(
        r#"{{"AccessKeyId": "{id}", "SecretAccessKey": "{SECRET}", "Token": "session-token",
            "Expiration": "2099-01-01T00:00:00Z"}}"#
    )
}

/// The answer of the security token service.
pub(crate) fn assumed(id: &str) -> String {
    format!(
        "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials>\
         <AccessKeyId>{id}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>\
         <SessionToken>session-token</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>\
         </Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
    )
}

const ROLE: &str = "arn:aws:iam::123456789012:role/trainer";

fn a_web_identity() {
    let setup = Setup::new(Dialect::S3);
    setup.issuer.serve("/", 200, &assumed("ASIAWEB"));
    let token = setup.home.write("token", "identity-of-the-pod");
    let token = token.to_str().expect("UTF-8");
    let address = setup.issuer.address();
    let variables = [
        ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
        ("AWS_ROLE_ARN", ROLE),
        ("AWS_ENDPOINT_URL_STS", &address),
    ];
    setup.assert_used(&variables, "ASIAWEB/");
    let asked = setup.issuer.received();
    assert!(asked[0].target.contains("WebIdentityToken=identity-of-the-pod"), "{asked:?}");
    // Without a role, nobody is asked.
    let ran = setup.register(&variables[..1]);
    ran.code(1).reports("AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not");
}

fn a_web_identity_that_is_refused() {
    let setup = Setup::new(Dialect::S3);
    let refusal = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error>";
    setup.issuer.serve("/", 403, refusal);
    let token = setup.home.write("token", "identity-of-the-pod");
    let token = token.to_str().expect("UTF-8");
    let address = setup.issuer.address();
    let variables = |token| {
        [
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token),
            ("AWS_ROLE_ARN", ROLE),
            ("AWS_ENDPOINT_URL_STS", &*address),
        ]
    };
    let ran = setup.register(&variables(token));
    ran.code(1).reports("no credentials").reports("403 AccessDenied no");
    assert!(!ran.stderr.contains("identity-of-the-pod"), "{ran:?}");
    let ran = setup.register(&variables("/nowhere/token"));
    ran.code(1).reports("no credentials").reports("/nowhere/token");
}

fn the_credentials_of_a_container() {
    let setup = Setup::new(Dialect::S3);
    setup.issuer.serve("/v1/credentials", 200, &session("ASIAPOD"));
    let token = setup.home.write("token", "token-of-the-pod");
    let token = token.to_str().expect("UTF-8");
    let url = format!("{}/v1/credentials", setup.issuer.address());
    let full = ("AWS_CONTAINER_CREDENTIALS_FULL_URI", &*url);
    let file = ("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", token);
    setup.assert_used(&[full, file], "ASIAPOD/");
    assert_eq!(setup.issuer.authorizations(), ["token-of-the-pod"]);
    let ran = setup.register(&[full]);
    ran.code(1).reports("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not set");
    setup.issuer.serve("/v1/credentials", 404, "");
    let ran = setup.register(&[full, file]);
    ran.code(1).reports("the container's credentials: 404");
    assert!(!ran.stderr.contains("token-of-the-pod"), "{ran:?}");
}

fn the_metadata_of_an_instance_on_aws() {
    let setup = Setup::new(Dialect::S3);
    let roles = "/latest/meta-data/iam/security-credentials/";
    setup.issuer.serve("/latest/api/token", 200, "token-of-the-instance");
    setup.issuer.serve(roles, 200, "trainer");
    setup.issuer.serve(&format!("{roles}trainer"), 200, &session("ASIAEC2"));
    let address = setup.issuer.address();
    let endpoint = ("AWS_EC2_METADATA_SERVICE_ENDPOINT", &*address);
    setup.assert_used(&[endpoint], "ASIAEC2/");
    // An instance without a role.
    setup.issuer.serve(roles, 404, "");
    let ran = setup.register(&[endpoint]);
    ran.code(1).reports("the instance metadata service: 404");
    assert!(!ran.stderr.contains("token-of-the-instance"), "{ran:?}");
}

fn the_metadata_of_an_instance_on_google() {
    let setup = Setup::new(Dialect::Google);
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    setup.issuer.serve(path, 200, r#"{"access_token": "token-of-gce", "expires_in": 3600}"#);
    let address = setup.issuer.address();
    let host = address.trim_start_matches("http://");
    let hosts = [("GCE_METADATA_HOST", host), ("GCE_METADATA_IP", host)];
    setup.assert_used(&hosts, "Bearer token-of-gce");
    setup.issuer.serve(path, 404, "");
    setup.register(&hosts).code(1).reports("the metadata service: 404");
}

fn the_managed_identity_on_azure() {
    let setup = Setup::new(Dialect::Azure);
    let answer = r#"{"access_token": "token-of-msi", "expires_on": "4070908800"}"#;
    setup.issuer.serve("/msi/token", 200, answer);
    let url = format!("{}/msi/token", setup.issuer.address());
    setup.assert_used(&[("IDENTITY_ENDPOINT", &url)], "Bearer token-of-msi");
    setup.issuer.serve("/msi/token", 400, r#"{"error": "invalid_request"}"#);
    let ran = setup.register(&[("IDENTITY_ENDPOINT", &url)]);
    ran.code(1)
        .reports("the managed identity's service: 400")
        .reports("hint: provide credentials: az login");
}

fn a_client_secret_and_a_federated_token_on_azure() {
    let token = r#"{"access_token": "token-of-entra", "expires_in": 3600}"#;
    let file = Folder::new();
    let file = file.write("federated", "identity-of-the-job");
    for (name, value) in [
        ("AZURE_CLIENT_SECRET", SECRET),
        ("AZURE_FEDERATED_TOKEN_FILE", file.to_str().expect("UTF-8")),
    ] {
        let setup = Setup::new(Dialect::Azure);
        setup.issuer.serve("/tenant/oauth2/v2.0/token", 200, token);
        let address = setup.issuer.address();
        let variables = [
            ("AZURE_CLIENT_ID", "client"),
            ("AZURE_TENANT_ID", "tenant"),
            ("AZURE_AUTHORITY_HOST", &*address),
            (name, value),
        ];
        setup.assert_used(&variables, "Bearer token-of-entra");
        let refusal = r#"{"error": "invalid_client", "error_description": "wrong secret"}"#;
        setup.issuer.serve("/tenant/oauth2/v2.0/token", 401, refusal);
        let ran = setup.register(&variables);
        ran.code(1).reports("no credentials: 401");
        assert!(!ran.stderr.contains(SECRET) && !ran.stderr.contains("identity-of-the-job"));
    }
}

fn the_command_line_of_azure() {
    let setup = Setup::new(Dialect::Azure);
    let profile = "\u{feff}{\"installationId\": \"x\", \"subscriptions\":[ {\"id\": \"y\"}]}";
    std::fs::create_dir(setup.home.file(".azure")).expect("a folder");
    setup.home.write(".azure/azureProfile.json", profile);
    let az = |script: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = setup.home.write("az", format!("#!/bin/sh\n{script}\n"));
        let executable = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(path, executable).expect("its mode");
    };
    let path = format!("{}:/usr/bin:/bin", setup.home.path().display());
    let answer = r#"{"accessToken": "token-of-az", "expiresOn": "2099-01-01 00:00:00.000000",
        "tokenType": "Bearer"}"#;
    az(&format!("echo \"$@\" > {}\necho '{answer}'", setup.home.file("asked").display()));
    setup.assert_used(&[("PATH", &path)], "Bearer token-of-az");
    let asked = std::fs::read_to_string(setup.home.file("asked")).expect("az was called");
    assert!(asked.starts_with("account get-access-token"), "{asked}");
    az("echo 'ERROR: AADSTS700082: the refresh token has expired' >&2; exit 1");
    let ran = setup.register(&[("PATH", &path)]);
    ran.code(1)
        .reports("the Azure command line: ")
        .reports("AADSTS700082")
        .reports("hint: provide credentials: az login");
    std::fs::remove_file(setup.home.file("az")).expect("the script");
    let ran = setup.register(&[("PATH", "/nowhere")]);
    ran.code(1).reports("Azure Cli not installed");
}

fn the_file_of_a_service_account() {
    let setup = Setup::new(Dialect::Google);
    let key = setup.home.file("key.pem");
    let mut openssl = Command::new("openssl");
    openssl.args(["genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"]);
    run(openssl.arg("-out").arg(&key)).code(0);
    let account = serde_json::json!({
        "type": "service_account", "client_email": "trainer@example.com", "private_key_id": "k1",
        "private_key": std::fs::read_to_string(key).expect("a key"),
    });
    let file = setup.home.write("account.json", account.to_string());
    let file = ("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().expect("UTF-8"));
    // The token is signed here; nobody is asked for one.
    setup.assert_used(&[file], "Bearer eyJ");
    assert_eq!(setup.issuer.received().len(), 0);
    // The same file at the place where `gcloud` puts it.
    let setup = Setup::new(Dialect::Google);
    std::fs::create_dir_all(setup.home.file(".config/gcloud")).expect("a folder");
    let usual = ".config/gcloud/application_default_credentials.json";
    setup.home.write(usual, account.to_string());
    setup.assert_used(&[], "Bearer eyJ");
    // A store that refuses the account.
    setup.server().fail("GET", [Fault::Denied]);
    let ran = run(setup.command(&[]).arg("list"));
    ran.code(1).reports("403 AccessDenied");
    assert!(!ran.stderr.contains("PRIVATE") && !ran.stderr.contains("eyJ"), "{ran:?}");
}

fn files_that_are_not_credentials() {
    let setup = Setup::new(Dialect::Google);
    for (text, words) in [
        ("not JSON", "expected"),
        ("{\"type\": \"external_account\"}", "external_account"),
        ("{\"type\": \"service_account\", \"private_key\": \"hunter2-hunter2\"}", ""),
    ] {
        let file = setup.home.write("account.json", text);
        let file = ("GOOGLE_APPLICATION_CREDENTIALS", file.to_str().expect("UTF-8"));
        let ran = setup.register(&[file]);
        ran.code(1).reports("GOOGLE_APPLICATION_CREDENTIALS").reports(words);
        ran.reports("gcloud auth application-default login");
        assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
    }
    let ran = setup.register(&[("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/account.json")]);
    ran.code(1).reports("/nowhere/account.json");
}

fn a_role_in_a_profile() {
    let setup = Setup::new(Dialect::S3);
    for (profile, words) in [
        ("role_arn = arn:x\nsource_profile = default\n", "a role to assume"),
        ("role_arn = arn:x\ncredential_source = Ec2InstanceMetadata\n", "a role to assume"),
        ("role_arn = arn:x\nweb_identity_token_file = /t\n", "a role to assume"),
        ("credential_process = /bin/echo\n", "a program that prints credentials"),
        ("sso_start_url = https://corp\n", "a single sign-on"),
    ] {
        let config = setup.home.write("config", format!("[profile it's]\n{profile}"));
        let config = ("AWS_CONFIG_FILE", config.to_str().expect("UTF-8"));
        let ran = setup.register(&[("AWS_PROFILE", "it's"), config]);
        ran.code(1).reports(words);
        // The command can be pasted.
        let word = "'it'\\''s'";
        ran.reports(&format!(
            "eval \"$(aws configure export-credentials --profile {word} --format env)\""
        ));
    }
    assert_eq!(setup.server().received().len(), 0);
}
