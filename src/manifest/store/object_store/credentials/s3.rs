//! Opens S3, or another store with its protocol.

use std::path::PathBuf;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;

use super::super::super::location::ObjectUrl;
use super::super::super::remote::Remote;
use super::super::http::Connector;
use super::profile::{Profile, Source};
use super::{Opened, Unusable, authorities_of, home, no_retries, read, require_plain};
use crate::error::Login;

pub(super) fn open(
    url: &ObjectUrl,
    remote: &Remote,
    connector: Connector,
) -> Result<Opened, Unusable> {
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
    let (mut tried, mut source) = (Vec::new(), None);
    let in_environment = remote.get("AWS_ACCESS_KEY_ID").is_some()
        || remote.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
        || remote.is_on("AWS_SKIP_SIGNATURE");
    if remote.get("AWS_ACCESS_KEY_ID").is_none()
        && remote.get("AWS_WEB_IDENTITY_TOKEN_FILE").is_some()
    {
        if remote.get("AWS_ROLE_ARN").is_none() {
            let problem = "AWS_WEB_IDENTITY_TOKEN_FILE is set, but AWS_ROLE_ARN is not".to_owned();
            return Err(Unusable { problem, login: Some(login) });
        }
        source = Some("the security token service");
    }
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
                let relative = remote.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some();
                let full = remote.get("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some();
                let token = remote.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").is_some();
                if full && !relative && !token {
                    // The crate would ask the metadata service instead.
                    let problem = "AWS_CONTAINER_CREDENTIALS_FULL_URI is set, but \
                        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not set";
                    return Err(Unusable { problem: problem.to_owned(), login: Some(login) });
                }
                if relative || full {
                    source = Some("the container's credentials");
                } else {
                    tried.push("not in a container with credentials".to_owned());
                    if remote.is_on("AWS_EC2_METADATA_DISABLED") {
                        tried.push("instance metadata is disabled".to_owned());
                        let problem = format!("no credentials: {}", tried.join("; "));
                        return Err(Unusable { problem, login: Some(login) });
                    }
                    source = Some("the instance metadata service");
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
    let endpoint = endpoint(url, remote, &profile);
    let mut allow_http = false;
    if let Some(endpoint) = endpoint {
        require_plain("AWS_ENDPOINT_URL", endpoint)?;
        allow_http = endpoint.starts_with("http://");
        // The setting of the S3 service would win over the endpoint in the URL.
        builder = builder.with_config(object_store::aws::AmazonS3ConfigKey::S3Endpoint, endpoint);
        builder = builder.with_endpoint(endpoint).with_allow_http(allow_http);
    }
    let issuers = ["AWS_ENDPOINT_URL_STS", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
    let issuers = authorities_of(remote, &issuers);
    let identity = format!("{} {}", endpoint.unwrap_or("https://s3.amazonaws.com"), url.bucket);
    let store = builder
        .with_bucket_name(&url.bucket)
        .with_disable_bulk_delete(true)
        .with_retry(no_retries())
        .with_http_connector(Connector { allow_http, issuers, ..connector })
        .build()?;
    let region = Some(region.to_owned());
    Ok(Opened { store: Arc::new(store), identity, tried, source, login, region })
}

/// Returns the server, if it is not the one of AWS.
fn endpoint<'s>(url: &'s ObjectUrl, remote: &'s Remote, profile: &'s Profile) -> Option<&'s str> {
    let named = [
        url.endpoint.as_deref(),
        remote.get("AWS_ENDPOINT_URL_S3"),
        remote.get("AWS_ENDPOINT_URL"),
        profile.get("endpoint_url"),
    ];
    named.into_iter().flatten().next()
}
