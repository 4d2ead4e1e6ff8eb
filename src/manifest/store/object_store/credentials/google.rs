//! Opens Google Cloud Storage.

use std::sync::Arc;

use object_store::gcp::GoogleCloudStorageBuilder;

use super::super::super::location::ObjectUrl;
use super::super::super::remote::Remote;
use super::super::http::Connector;
use super::super::refusal::innermost;
use super::{Opened, Unusable, home, no_retries, read, require_plain};
use crate::error::Login;

pub(super) fn open(
    url: &ObjectUrl,
    remote: &Remote,
    connector: Connector,
) -> Result<Opened, Unusable> {
    let mut builder = GoogleCloudStorageBuilder::new();
    for (name, value) in remote.environment() {
        let key = name.to_ascii_lowercase();
        if let (true, Ok(key)) = (key.starts_with("google_"), key.parse()) {
            builder = builder.with_config(key, value);
        }
    }
    let (mut tried, mut source) = (Vec::new(), None);
    let mut file = remote
        .get("GOOGLE_APPLICATION_CREDENTIALS")
        .map(|path| format!("GOOGLE_APPLICATION_CREDENTIALS, `{path}`"));
    let mut allow_http = false;
    let emulator = remote
        .get("STORAGE_EMULATOR_HOST")
        .map(|host| if host.contains("://") { host.to_owned() } else { format!("http://{host}") });
    let endpoint = emulator.as_deref().or_else(|| remote.get("GOOGLE_BASE_URL"));
    if let Some(endpoint) = endpoint {
        require_plain("STORAGE_EMULATOR_HOST", endpoint)?;
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
                    file = Some(format!("the credentials of gcloud, `{}`", path.display()));
                }
                _ => {
                    tried.push("no application default credentials of gcloud".to_owned());
                    source = Some("the metadata service");
                }
            }
        }
    }
    let identity =
        format!("{} {}", endpoint.unwrap_or("https://storage.googleapis.com"), url.bucket);
    let store = builder
        .with_bucket_name(&url.bucket)
        .with_retry(no_retries())
        .with_http_connector(Connector { allow_http, ..connector })
        .build();
    let store = store.map_err(|error| {
        let problem = match file {
            Some(file) => format!("cannot use {file}: {}", innermost(&error)),
            None => innermost(&error),
        };
        Unusable { problem, login: Some(Login::Google) }
    })?;
    let login = Login::Google;
    Ok(Opened { store: Arc::new(store), identity, tried, source, login, region: None })
}
