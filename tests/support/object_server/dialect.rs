//! Implements the differences between the three stores: URLs, conditions, versions and errors.

use super::Object;
use super::message::{Request, Response};

const ACCOUNT: &str = "account";

/// A secret that must not appear in any output.
pub(crate) const SECRET: &str = "aHVudGVyMi1odW50ZXIyLWh1bnRlcjI=";

/// Protocol of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    S3,
    Google,
    Azure,
}

impl Dialect {
    pub(crate) const ALL: [Self; 3] = [Self::S3, Self::Google, Self::Azure];

    pub(super) fn url(self, bucket: &str, key: &str) -> String {
        let scheme = match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        };
        format!("{scheme}://{bucket}/{key}")
    }

    pub(super) fn environment(self, server: &str) -> Vec<(&'static str, String)> {
        match self {
            Self::S3 => vec![
                ("AWS_ENDPOINT_URL", server.to_owned()),
                ("AWS_ACCESS_KEY_ID", "AKIATEST".to_owned()),
                ("AWS_SECRET_ACCESS_KEY", SECRET.to_owned()),
                ("AWS_REGION", "us-east-1".to_owned()),
            ],
            Self::Google => vec![("STORAGE_EMULATOR_HOST", server.to_owned())],
            Self::Azure => vec![(
                "AZURE_STORAGE_CONNECTION_STRING",
                format!(
                    "AccountName={ACCOUNT};AccountKey={SECRET};BlobEndpoint={server}/{ACCOUNT}"
                ),
            )],
        }
    }

    pub(super) fn bucket_and_key(self, path: &str) -> Option<(String, String)> {
        let mut path = path.strip_prefix('/')?;
        if self == Self::Azure {
            // The account is in the path of an emulator, and in the host of the real store.
            let rest = path.strip_prefix(ACCOUNT).and_then(|path| path.strip_prefix('/'));
            path = rest.unwrap_or(path);
        }
        let (bucket, key) = path.split_once('/')?;
        Some((bucket.to_owned(), key.to_owned()))
    }

    /// Returns the key that a batch of one request deletes. Azure's client deletes objects with
    /// batches.
    pub(super) fn batch_delete(self, request: &Request) -> Option<String> {
        if self != Self::Azure || request.method != "POST" {
            return None;
        }
        let body = String::from_utf8_lossy(&request.body);
        let line = body.lines().find_map(|line| line.strip_prefix("DELETE "))?;
        let path = line.split([' ', '?']).next()?.trim_start_matches('/');
        let (_, path) = path.split_once(&format!("{ACCOUNT}/")).unwrap_or(("", path));
        Some(path.split_once('/')?.1.to_owned())
    }

    /// Returns whether a request is signed. Google's emulator accepts anonymous requests, too.
    pub(super) fn is_signed(self, request: &Request) -> bool {
        self == Self::Google || request.header("authorization").is_some()
    }

    /// Returns the `ETag` of an object. S3 derives it from the content, so equal contents have
    /// equal tags.
    pub(super) fn tag(self, content: &[u8], generation: u64) -> String {
        let hash = content.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let tag = if self == Self::S3 { hash } else { generation };
        format!("\"{tag:016x}\"")
    }

    /// Returns the response to a write whose condition does not hold; `None` if it holds.
    pub(super) fn refuses(self, request: &Request, current: Option<&Object>) -> Option<Response> {
        if self == Self::Google {
            let expected = request.header("x-goog-if-generation-match")?;
            let found = current.map_or(0, |object| object.generation);
            let holds = *expected == found.to_string();
            return (!holds).then(|| self.error(412, "PreconditionFailed"));
        }
        if request.header("if-none-match").is_some_and(|tag| tag == "*") {
            current?;
            return Some(match self {
                Self::Azure => self.error(409, "BlobAlreadyExists"),
                _ => self.error(412, "PreconditionFailed"),
            });
        }
        let expected = request.header("if-match")?;
        match current {
            Some(object) if object.tag == *expected => None,
            None if self == Self::S3 => Some(self.error(404, "NoSuchKey")),
            _ if self == Self::Azure => Some(self.error(412, "ConditionNotMet")),
            _ => Some(self.error(412, "PreconditionFailed")),
        }
    }

    pub(super) fn kept_headers(self, request: &Request) -> Vec<(String, String)> {
        let (prefix, kind) = match self {
            Self::S3 => ("x-amz-meta-", "content-type"),
            Self::Google => ("x-goog-meta-", "content-type"),
            Self::Azure => ("x-ms-meta-", "x-ms-blob-content-type"),
        };
        let kept = |(name, value): (&String, &String)| match name.as_str() {
            name if name.starts_with(prefix) => Some((name.to_owned(), value.clone())),
            other if other == kind => Some(("content-type".to_owned(), value.clone())),
            "cache-control" => Some((name.clone(), value.clone())),
            "x-ms-blob-cache-control" => Some(("cache-control".to_owned(), value.clone())),
            _ => None,
        };
        request.headers().filter_map(kept).collect()
    }

    pub(super) fn found(self, object: &Object) -> Response {
        let mut response = self.versioned(Response::new(200), object);
        response.headers.extend(object.headers.clone());
        response.body.clone_from(&object.content);
        response
    }

    pub(super) fn written(self, object: &Object) -> Response {
        self.versioned(Response::new(if self == Self::Azure { 201 } else { 200 }), object)
    }

    fn versioned(self, response: Response, object: &Object) -> Response {
        let response = response
            .with("etag", object.tag.clone())
            .with("last-modified", "Mon, 01 Dec 2025 05:00:00 GMT");
        match self {
            Self::Google => response.with("x-goog-generation", object.generation.to_string()),
            _ => response,
        }
    }

    pub(super) const fn deleted(self) -> u16 {
        match self {
            Self::Azure => 202,
            _ => 204,
        }
    }

    pub(super) const fn no_key(self) -> &'static str {
        match self {
            Self::Azure => "BlobNotFound",
            _ => "NoSuchKey",
        }
    }

    pub(super) const fn no_bucket(self) -> &'static str {
        match self {
            Self::Azure => "ContainerNotFound",
            _ => "NoSuchBucket",
        }
    }

    pub(super) fn error(self, status: u16, code: &str) -> Response {
        self.error_with(status, code, "as the test asked")
    }

    pub(super) fn error_with(self, status: u16, code: &str, message: &str) -> Response {
        let mut response = Response::new(status).with("content-type", "application/xml");
        if self == Self::Azure {
            response = response.with("x-ms-error-code", code);
        }
        let text = format!(
            "<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
        );
        response.body = text.into_bytes();
        response
    }

    /// Returns the response to expired credentials.
    pub(super) fn expired(self) -> Response {
        match self {
            Self::S3 => self.error(400, "ExpiredToken"),
            Self::Google => self.error(401, "AuthenticationRequired"),
            Self::Azure => self.error(401, "InvalidAuthenticationInfo"),
        }
    }

    /// Returns the response of the wrong region.
    pub(super) fn elsewhere(self) -> Response {
        self.error(301, "PermanentRedirect").with("x-amz-bucket-region", "eu-central-1")
    }
}

/// Returns the response to a batch of one request that succeeded.
pub(super) fn batch_deleted() -> Response {
    let mut response = Response::new(202).with("content-type", "multipart/mixed; boundary=b");
    let part =
        "content-type: application/http\r\ncontent-id: 0\r\n\r\nHTTP/1.1 202 Accepted\r\n\r\n";
    response.body = format!("--b\r\n{part}\r\n--b--\r\n").into_bytes();
    response
}
