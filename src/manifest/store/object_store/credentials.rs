//! Opens a store with the credentials that its users have.
//!
//! The `object_store` crate is given its settings here and nowhere else. They come from
//! [`Remote`], which the caller fills: this library reads no environment.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::azure::MicrosoftAzureBuilder;
use object_store::gcp::GoogleCloudStorageBuilder;
use object_store::{BackoffConfig, ObjectStore, RetryConfig};

use super::super::location::{Family, ObjectUrl};
use super::super::remote::Remote;
use super::http::Connector;
use super::profile::{Profile, Source};
use crate::error::Login;

/// A store, and where its credentials come from.
pub(super) struct Opened {
    pub(super) store: Arc<dyn ObjectStore>,
    /// The server and the bucket, for the memory of probes.
    pub(super) identity: String,
    /// The places that were searched for credentials before the one that is used.
    pub(super) tried: Vec<String>,
    /// Where credentials can come from.
    pub(super) login: Login,
    /// The region that is assumed (S3).
    pub(super) region: Option<String>,
}

/// Why a store cannot be opened.
pub(super) struct Unusable {
    pub(super) problem: String,
    /// Where credentials can come from, if they are what is missing.
    pub(super) login: Option<Login>,
}

impl From<object_store::Error> for Unusable {
    fn from(error: object_store::Error) -> Self {
        // The crate wraps its errors; the innermost one names the cause.
        let mut source: &dyn std::error::Error = &error;
        while let Some(next) = source.source() {
            source = next;
        }
        Self { problem: source.to_string(), login: None }
    }
}

/// Opens the store of an object.
pub(super) fn open(
    url: &ObjectUrl,
    remote: &Remote,
    connector: Connector,
) -> Result<Opened, Unusable> {
    match url.family {
        Family::S3 => open_s3(url, remote, connector),
        Family::Google => open_google(url, remote, connector),
        Family::Azure => open_azure(url, remote, connector),
    }
}

/// This client repeats requests itself, where that is safe.
fn no_retries() -> RetryConfig {
    let retry_timeout = std::time::Duration::ZERO;
    RetryConfig { max_retries: 0, retry_timeout, backoff: BackoffConfig::default() }
}

/// Reads a file that need not exist.
#[expect(clippy::disallowed_methods, reason = "credentials can be in files")]
fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn home(remote: &Remote, rest: &str) -> Option<PathBuf> {
    remote.get("HOME").or_else(|| remote.get("USERPROFILE")).map(|home| Path::new(home).join(rest))
}

/// Reads the certificates to trust besides those of the system, if a variable names their file.
#[expect(clippy::disallowed_methods, reason = "certificates are in files")]
pub(super) fn authorities(remote: &Remote) -> Result<Vec<u8>, Unusable> {
    let named = ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];
    let Some(path) = named.into_iter().find_map(|name| remote.get(name)) else {
        return Ok(Vec::new());
    };
    fs::read(path).map_err(|error| {
        let problem = format!("cannot read the certificates in `{path}`: {error}");
        Unusable { problem, login: None }
    })
}

fn open_s3(url: &ObjectUrl, remote: &Remote, connector: Connector) -> Result<Opened, Unusable> {
    let named = remote.get("AWS_PROFILE").or_else(|| remote.get("AWS_DEFAULT_PROFILE"));
    let name = named.unwrap_or("default");
    let file = |variable: &str, rest: &str| {
        let path = remote.get(variable).map(PathBuf::from).or_else(|| home(remote, rest));
        path.map(|path| read(&path)).unwrap_or_default()
    };
    let credentials = file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
    let profile = Profile::find(name, &credentials, &file("AWS_CONFIG_FILE", ".aws/config"));
    let login = Login::AwsProfile(name.to_owned());
    if profile.is_none() && named.is_some() && remote.get("AWS_ACCESS_KEY_ID").is_none() {
        let problem = format!("the AWS profile `{name}` is in neither configuration file");
        return Err(Unusable { problem, login: Some(Login::OtherAwsProfile) });
    }
    let profile = profile.unwrap_or_default();

    let mut builder = AmazonS3Builder::new();
    for (name, value) in remote.environment() {
        let key = name.to_ascii_lowercase();
        if let (true, Ok(key)) = (key.starts_with("aws_"), key.parse()) {
            builder = builder.with_config(key, value);
        }
    }
    let mut tried = Vec::new();
    let in_environment = remote.get("AWS_ACCESS_KEY_ID").is_some()
        || remote.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
        || remote.is_on("AWS_SKIP_SIGNATURE");
    if !in_environment {
        tried.push("AWS_ACCESS_KEY_ID and AWS_WEB_IDENTITY_TOKEN_FILE are not set".to_owned());
        match profile.source() {
            Source::Keys { id, secret, token } => {
                builder = builder.with_access_key_id(id).with_secret_access_key(secret);
                if let Some(token) = token {
                    builder = builder.with_token(token);
                }
            }
            Source::Elsewhere(what) => {
                let problem = format!(
                    "the AWS profile `{name}` uses {what}, which only the AWS command line supports"
                );
                return Err(Unusable { problem, login: Some(login) });
            }
            Source::Nothing => {
                tried.push(format!("profile `{name}` has no keys"));
                let container = remote.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
                    || remote.get("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some();
                if container {
                    tried.push("the container's credentials".to_owned());
                } else {
                    tried.push("not in a container with credentials".to_owned());
                    if remote.is_on("AWS_EC2_METADATA_DISABLED") {
                        tried.push("instance metadata is disabled".to_owned());
                        let problem = format!("no credentials: {}", tried.join("; "));
                        return Err(Unusable { problem, login: Some(login) });
                    }
                    tried.push("no answer from the instance metadata service".to_owned());
                }
            }
        }
    }
    if let Some(endpoint) = remote.get("AWS_EC2_METADATA_SERVICE_ENDPOINT") {
        builder = builder.with_metadata_endpoint(endpoint);
    }
    let region = remote.get("AWS_REGION").or_else(|| remote.get("AWS_DEFAULT_REGION"));
    let region = region.or_else(|| profile.get("region")).unwrap_or("us-east-1");
    builder = builder.with_region(region);
    let endpoint = url.endpoint.as_deref();
    let endpoint = endpoint.or_else(|| remote.get("AWS_ENDPOINT_URL_S3"));
    let endpoint = endpoint.or_else(|| remote.get("AWS_ENDPOINT_URL"));
    let endpoint = endpoint.or_else(|| profile.get("endpoint_url"));
    let mut allow_http = false;
    if let Some(endpoint) = endpoint {
        allow_http = endpoint.starts_with("http://");
        // The setting of the S3 service would win over the endpoint in the URL.
        builder = builder.with_config(object_store::aws::AmazonS3ConfigKey::S3Endpoint, endpoint);
        builder = builder.with_endpoint(endpoint).with_allow_http(allow_http);
    }
    let identity = format!("{} {}", endpoint.unwrap_or("https://s3.amazonaws.com"), url.bucket);
    let store = builder
        .with_bucket_name(&url.bucket)
        .with_disable_bulk_delete(true)
        .with_retry(no_retries())
        .with_http_connector(Connector { allow_http, ..connector })
        .build()?;
    let region = Some(region.to_owned());
    Ok(Opened { store: Arc::new(store), identity, tried, login, region })
}

fn open_google(url: &ObjectUrl, remote: &Remote, connector: Connector) -> Result<Opened, Unusable> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in remote.environment() {
        let key = name.to_ascii_lowercase();
        if let (true, Ok(key)) = (key.starts_with("google_"), key.parse()) {
            builder = builder.with_config(key, value);
        }
    }
    let mut tried = Vec::new();
    let mut allow_http = false;
    let emulator = remote
        .get("STORAGE_EMULATOR_HOST")
        .map(|host| if host.contains("://") { host.to_owned() } else { format!("http://{host}") });
    let endpoint = emulator.as_deref().or_else(|| remote.get("GOOGLE_BASE_URL"));
    if let Some(endpoint) = endpoint {
        allow_http = endpoint.starts_with("http://");
        let allowed = object_store::ClientOptions::new().with_allow_http(allow_http);
        builder = builder.with_client_options(allowed);
        builder = builder.with_config(object_store::gcp::GoogleConfigKey::BaseUrl, endpoint);
    }
    if emulator.is_some() {
        // An emulator accepts any token. The crate's own setting is not in effect for writes.
        builder = builder.with_config(object_store::gcp::GoogleConfigKey::BearerToken, "emulator");
    } else {
        let named = [
            "GOOGLE_SERVICE_ACCOUNT",
            "GOOGLE_SERVICE_ACCOUNT_KEY",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "GOOGLE_BEARER_TOKEN",
        ];
        if named.iter().all(|name| remote.get(name).is_none()) {
            tried.push("GOOGLE_APPLICATION_CREDENTIALS is not set".to_owned());
            match home(remote, ".config/gcloud/application_default_credentials.json") {
                Some(path) if !read(&path).is_empty() => {
                    builder = builder.with_application_credentials(path.to_string_lossy());
                }
                _ => tried.push("no application default credentials of gcloud".to_owned()),
            }
            tried.push("no answer from the metadata service".to_owned());
        }
    }
    let identity =
        format!("{} {}", endpoint.unwrap_or("https://storage.googleapis.com"), url.bucket);
    let store = builder
        .with_bucket_name(&url.bucket)
        .with_retry(no_retries())
        .with_http_connector(Connector { allow_http, ..connector })
        .build()?;
    let login = Login::Google;
    Ok(Opened { store: Arc::new(store), identity, tried, login, region: None })
}

fn open_azure(url: &ObjectUrl, remote: &Remote, connector: Connector) -> Result<Opened, Unusable> {
    let mut builder = MicrosoftAzureBuilder::new();
    for (name, value) in remote.environment() {
        let key = name.to_ascii_lowercase();
        let known =
            key.starts_with("azure_") || key == "identity_endpoint" || key == "msi_endpoint";
        if let (true, Ok(key)) = (known, key.parse()) {
            builder = builder.with_config(key, value);
        }
    }
    // The names of Azure's own command line, which the crate does not know.
    let mut account = url.account.clone();
    account = account.or_else(|| remote.get("AZURE_STORAGE_ACCOUNT").map(ToOwned::to_owned));
    account = account.or_else(|| remote.get("AZURE_STORAGE_ACCOUNT_NAME").map(ToOwned::to_owned));
    let mut key = remote.get("AZURE_STORAGE_KEY").map(ToOwned::to_owned);
    let mut endpoint = remote.get("AZURE_STORAGE_ENDPOINT").map(ToOwned::to_owned);
    let mut signature = None;
    if let Some(text) = remote.get("AZURE_STORAGE_CONNECTION_STRING") {
        let string = connection_string(text);
        let get = |name: &str| string.get(name).cloned();
        account = account.or_else(|| get("accountname"));
        key = key.or_else(|| get("accountkey"));
        signature = get("sharedaccesssignature");
        endpoint = endpoint.or_else(|| get("blobendpoint")).or_else(|| {
            let (account, suffix) = (account.as_deref()?, get("endpointsuffix")?);
            let scheme = get("defaultendpointsprotocol").unwrap_or_else(|| "https".to_owned());
            Some(format!("{scheme}://{account}.blob.{suffix}"))
        });
    }
    let Some(account) = account else {
        let problem = "no storage account: AZURE_STORAGE_ACCOUNT and AZURE_STORAGE_CONNECTION_STRING are not set";
        let login = Some(Login::AzureAccount);
        return Err(Unusable { problem: problem.to_owned(), login });
    };
    if let Some(key) = &key {
        builder = builder.with_access_key(key);
    }
    if let Some(signature) = &signature {
        let config = object_store::azure::AzureConfigKey::SasKey;
        builder = builder.with_config(config, signature);
    }
    let mut allow_http = false;
    if let Some(endpoint) = &endpoint {
        allow_http = endpoint.starts_with("http://");
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        builder = builder.with_endpoint(endpoint).with_allow_http(allow_http);
    }
    let named = [
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_ACCESS_KEY",
        "AZURE_STORAGE_SAS_TOKEN",
        "AZURE_STORAGE_SAS_KEY",
        "AZURE_STORAGE_TOKEN",
        "AZURE_CLIENT_ID",
        "AZURE_STORAGE_CLIENT_ID",
    ];
    let mut tried = Vec::new();
    if key.is_none() && signature.is_none() && named.iter().all(|name| remote.get(name).is_none()) {
        tried.push(
            "no account key, connection string, shared access signature or client id".to_owned(),
        );
        let logged_in = remote.get("AZURE_CONFIG_DIR").map(PathBuf::from);
        let logged_in = logged_in.or_else(|| home(remote, ".azure"));
        let profile = logged_in.map(|folder| read(&folder.join("azureProfile.json")));
        if profile.is_some_and(|text| text.contains("\"subscriptions\": [{")) {
            // The crate runs `az account get-access-token`.
            builder = builder.with_use_azure_cli(true);
            tried.push("the Azure command line".to_owned());
        } else {
            tried.push("the Azure command line is not logged in".to_owned());
            tried.push("no answer from the managed identity's service".to_owned());
        }
    }
    let identity = format!(
        "{} {account} {}",
        endpoint.as_deref().unwrap_or("https://blob.core.windows.net"),
        url.bucket
    );
    let store = builder
        .with_account(&account)
        .with_container_name(&url.bucket)
        .with_retry(no_retries())
        .with_http_connector(Connector { allow_http, ..connector })
        .build()?;
    let login = Login::Azure;
    Ok(Opened { store: Arc::new(store), identity, tried, login, region: None })
}

/// Reads a connection string. `UseDevelopmentStorage=true` is the emulator with its public key.
fn connection_string(text: &str) -> HashMap<String, String> {
    const EMULATOR: &str = "AccountName=devstoreaccount1;\
        AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==;\
        BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1";
    let read = |text: &str| -> HashMap<String, String> {
        let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
        pairs.map(|(k, v)| (k.trim().to_ascii_lowercase(), v.trim().to_owned())).collect()
    };
    let mut string = read(text);
    if string.get("usedevelopmentstorage").is_some_and(|value| value == "true") {
        let emulator = read(EMULATOR);
        string.extend(emulator);
    }
    string
}
