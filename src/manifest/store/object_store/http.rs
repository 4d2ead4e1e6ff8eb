//! The HTTP client under the `object_store` crate: one request, one answer.
//!
//! The crate's own client repeats requests and follows redirects, and its errors leave out what a
//! message needs. A conditional PUT that is repeated after a lost answer fails on its own first
//! try, so this client never repeats one, and keeps the last answer for `client.rs` to judge.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest,
    HttpResponse, HttpService,
};
use object_store::{ClientOptions, HeaderMap};

use super::refusal::innermost;

/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(5);

/// How long the metadata service of a virtual machine may take: it is next door, or does not exist.
const METADATA: Duration = Duration::from_secs(1);

/// Addresses of metadata services and of containers' credentials, which are never elsewhere.
const LINK_LOCAL: &str = "169.254.";

/// Services that hand out credentials, as the start of their hosts.
const ISSUERS: [&str; 4] =
    ["sts.", "accounts.google.com", "oauth2.googleapis.com", "login.microsoftonline."];

/// Headers whose values are secrets, which a server may repeat in its answer.
const SECRETS: [&str; 5] = [
    "authorization",
    "proxy-authorization",
    "x-amz-security-token",
    "x-aws-ec2-metadata-token",
    "x-identity-header",
];

/// How many bytes a second an upload moves at least.
const SLOWEST: u64 = 128 * 1024;

/// How much of an error's body is read.
const LONGEST_BODY: usize = 16 * 1024;

/// The last answer to a request, as far as it is needed to judge an error.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    /// The HTTP status; `None` if there was no answer.
    pub(super) status: Option<u16>,
    /// The store's own error code, such as `NoSuchBucket`.
    pub(super) code: String,
    /// The store's own words.
    pub(super) message: String,
    pub(super) retry_after: Option<Duration>,
    /// The region of the bucket, if the store names it.
    pub(super) region: Option<String>,
    /// Why there was no answer.
    pub(super) transport: Option<(HttpErrorKind, String)>,
    /// Whether the request asked for credentials, and not for the object.
    pub(super) for_credentials: bool,
}

/// State that all clients of a store share.
#[derive(Debug, Default)]
pub(super) struct Log {
    last: Mutex<Option<Answer>>,
    requests: AtomicU64,
}

impl Log {
    /// Takes the last answer.
    pub(super) fn take(&self) -> Answer {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.take().unwrap_or_default()
    }

    fn put(&self, answer: Answer) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }
}

/// Builds HTTP clients for the `object_store` crate.
#[derive(Debug, Clone)]
pub(super) struct Connector {
    pub(super) log: Arc<Log>,
    /// How long a store may take to answer.
    pub(super) timeout: Duration,
    /// Authorities to trust besides those of the system.
    pub(super) authorities: Arc<Vec<u8>>,
    /// Whether the store itself is reached without TLS.
    pub(super) allow_http: bool,
    /// Other services that hand out credentials, each as host and port.
    pub(super) issuers: Arc<Vec<String>>,
}

impl HttpConnector for Connector {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        // The crate marks its clients for metadata services by their connection timeout.
        let marked = ClientOptions::new().with_connect_timeout(METADATA);
        let key = ClientConfigKey::ConnectTimeout;
        let metadata = options.get_config_value(&key) == marked.get_config_value(&key);
        let failed = |source: reqwest::Error| object_store::Error::Generic {
            store: "HTTP",
            source: Box::new(source.without_url()),
        };
        // The first caller installs it; another one has installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("model-registry/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only();
        let http = options.get_config_value(&ClientConfigKey::AllowHttp);
        builder = builder.https_only(!self.allow_http && http.as_deref() != Some("true"));
        builder = if metadata {
            // The limit of `call` comes first, because its message names the host.
            builder.no_proxy().timeout(2 * METADATA)
        } else {
            builder.connect_timeout(CONNECT)
        };
        if !self.authorities.is_empty() {
            let certificates =
                reqwest::Certificate::from_pem_bundle(&self.authorities).map_err(failed)?;
            builder = builder.tls_certs_merge(certificates);
        }
        let client = HttpClient::new(builder.build().map_err(failed)?);
        let (log, issuers) = (Arc::clone(&self.log), Arc::clone(&self.issuers));
        let timeout = self.timeout;
        Ok(HttpClient::new(Service { client, log, timeout, metadata, issuers }))
    }
}

#[derive(Debug)]
struct Service {
    client: HttpClient,
    log: Arc<Log>,
    timeout: Duration,
    metadata: bool,
    issuers: Arc<Vec<String>>,
}

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.log.requests.fetch_add(1, Ordering::Relaxed);
        let size = u64::try_from(request.body().content_length()).unwrap_or(u64::MAX);
        let host = request.uri().host().unwrap_or_default().to_owned();
        let is_near = self.metadata || host.starts_with(LINK_LOCAL);
        let limit = if is_near { METADATA } else { self.timeout };
        let limit = limit + Duration::from_secs(size / SLOWEST);
        let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let for_credentials = is_near
            || ISSUERS.iter().any(|issuer| host.starts_with(issuer))
            || self.issuers.contains(&authority);
        let secrets: Vec<_> =
            SECRETS.iter().filter_map(|name| text_of(request.headers(), name)).collect();
        let answer = Answer { for_credentials, ..Answer::default() };
        let call = tokio::time::timeout(limit, self.client.execute(request)).await;
        let result = call.unwrap_or_else(|_| {
            let words = std::io::Error::other(format!("no answer from {host} within {limit:?}"));
            Err(HttpError::new(HttpErrorKind::Timeout, words))
        });
        match result {
            Err(error) => {
                let words = innermost(&error);
                self.log.put(Answer { transport: Some((error.kind(), words)), ..answer });
                Err(error)
            }
            Ok(response) if response.status().is_success() => {
                let status = Some(response.status().as_u16());
                self.log.put(Answer { status, ..answer });
                Ok(response)
            }
            Ok(response) => {
                let (parts, body) = response.into_parts();
                let read = tokio::time::timeout(limit, body.bytes()).await;
                let bytes = read.ok().and_then(Result::ok).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST_BODY)]);
                let header = |name| text_of(&parts.headers, name);
                let code = header("x-ms-error-code").or_else(|| element(&text, "Code"));
                self.log.put(Answer {
                    status: Some(parts.status.as_u16()),
                    code: without(code, &secrets),
                    message: without(element(&text, "Message"), &secrets),
                    retry_after: header("retry-after")
                        .and_then(|s| s.parse().ok())
                        .map(Duration::from_secs),
                    region: header("x-amz-bucket-region").or_else(|| element(&text, "Region")),
                    ..answer
                });
                Ok(HttpResponse::from_parts(parts, bytes.into()))
            }
        }
    }
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Removes secrets from a text of a server: the values of headers, and their parts.
fn without(text: Option<String>, secrets: &[String]) -> String {
    let mut text = text.unwrap_or_default();
    for secret in secrets {
        let value = |part| str::split_once(part, '=').map_or(part, |(_, value)| value);
        let parts = secret.split([' ', ',', ':']).map(value);
        for word in [&**secret].into_iter().chain(parts).filter(|word| word.len() >= 8) {
            text = text.replace(word, "[redacted]");
        }
    }
    text
}

/// Returns the text of an element of an error's XML, in one line and without markup.
fn element(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let line = text.lines().next().unwrap_or_default();
    Some(line.chars().filter(|c| !c.is_control()).take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn an_element_is_read_in_one_line() {
        let text = "<?xml?><Error><Code>A</Code><Message>no\u{1b}[31m\nway</Message></Error>";
        assert_eq!(element(text, "Code").as_deref(), Some("A"));
        assert_eq!(element(text, "Message").as_deref(), Some("no[31m"));
        assert_eq!(element(text, "Region"), None);
    }
}
