//! Opens Azure Blob Storage.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use object_store::azure::MicrosoftAzureBuilder;

use super::super::super::location::ObjectUrl;
use super::super::super::remote::Remote;
use super::super::http::Connector;
use super::{Opened, Unusable, authorities_of, home, no_retries, read, require_plain};
use crate::error::Login;

pub(super) fn open(
    url: &ObjectUrl,
    remote: &Remote,
    connector: Connector,
) -> Result<Opened, Unusable> {
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
        require_plain("the endpoint of the storage account", endpoint)?;
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
    let (mut tried, mut source) = (Vec::new(), None);
    if key.is_none() && signature.is_none() && named.iter().all(|name| remote.get(name).is_none()) {
        tried.push(
            "no account key, connection string, shared access signature or client id".to_owned(),
        );
        let logged_in = remote.get("AZURE_CONFIG_DIR").map(PathBuf::from);
        let logged_in = logged_in.or_else(|| home(remote, ".azure"));
        let profile = logged_in.map(|folder| read(&folder.join("azureProfile.json")));
        let has_account = |text: String| {
            let text: String = text.split_whitespace().collect();
            text.contains("\"subscriptions\":[{")
        };
        if profile.is_some_and(has_account) {
            // The crate runs `az account get-access-token`.
            builder = builder.with_use_azure_cli(true);
            source = Some("the Azure command line");
        } else {
            tried.push("the Azure command line is not logged in".to_owned());
            source = Some("the managed identity's service");
        }
    }
    let issuers = [
        "AZURE_AUTHORITY_HOST",
        "AZURE_STORAGE_AUTHORITY_HOST",
        "IDENTITY_ENDPOINT",
        "MSI_ENDPOINT",
        "AZURE_MSI_ENDPOINT",
        "AZURE_IDENTITY_ENDPOINT",
    ];
    let issuers = authorities_of(remote, &issuers);
    let identity = format!(
        "{} {account} {}",
        endpoint.as_deref().unwrap_or("https://blob.core.windows.net"),
        url.bucket
    );
    let store = builder
        .with_account(&account)
        .with_container_name(&url.bucket)
        .with_retry(no_retries())
        .with_http_connector(Connector { allow_http, issuers, ..connector })
        .build()?;
    let login = Login::Azure;
    Ok(Opened { store: Arc::new(store), identity, tried, source, login, region: None })
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
