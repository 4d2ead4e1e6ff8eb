//! Secrets in URLs: signatures of presigned URLs, and passwords.

use std::borrow::Cow;
use std::ops::Range;

/// Query parameters with a secret: those of presigned URLs of S3, Google Cloud Storage and
/// CloudFront, of Azure's shared access signatures, and OAuth tokens. Names are compared without
/// regard to case.
const PARAMETERS: [&str; 6] = [
    "x-amz-signature",
    "x-amz-security-token",
    "x-goog-signature",
    "signature",
    "sig",
    "access_token",
];

/// Returns a text with every secret of the URL in it replaced. It is borrowed if there is none.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    let secrets = secrets(text);
    if secrets.is_empty() {
        return text.into();
    }
    let mut redacted = String::with_capacity(text.len());
    let mut end = 0;
    for secret in secrets {
        redacted.push_str(&text[end..secret.start]);
        redacted.push_str("[redacted]");
        end = secret.end;
    }
    redacted.push_str(&text[end..]);
    redacted.into()
}

/// Returns whether a text is a URL that contains a secret.
pub(crate) fn is_in(text: &str) -> bool {
    !secrets(text).is_empty()
}

/// Returns where the secrets are, in order.
fn secrets(text: &str) -> Vec<Range<usize>> {
    let Some(scheme) = text.find("://") else { return Vec::new() };
    let host = scheme + "://".len();
    let host_end = text[host..].find(['/', '?', '#']).map_or(text.len(), |length| host + length);
    let mut found = Vec::new();
    // An `@` in a password is not always escaped, so the last one ends it.
    if let Some(at) = text[host..host_end].rfind('@')
        && let Some(colon) = text[host..host + at].find(':')
        && colon + 1 < at
    {
        found.push(host + colon + 1..host + at);
    }
    // A fragment can contain tokens in the form of a query.
    let mut start = host_end;
    for part in text[host_end..].split_inclusive(['?', '&', ';', '#']) {
        let pair = part.trim_end_matches(['?', '&', ';', '#']);
        if let Some((name, value)) = pair.split_once('=')
            && !value.is_empty()
            && PARAMETERS.iter().any(|known| known.eq_ignore_ascii_case(name))
        {
            found.push(start + name.len() + 1..start + pair.len());
        }
        start += part.len();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_replaced_and_the_rest_of_the_url_is_kept() {
        for (url, redacted) in [
            (
                "https://b.s3.amazonaws.com/m.bin?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=hunter2&x=1",
                "https://b.s3.amazonaws.com/m.bin?X-Amz-Credential=AKIA%2Fx&X-Amz-Signature=[redacted]&x=1",
            ),
            (
                "https://h/m?x-amz-security-token=hunter2&X-AMZ-SIGNATURE=hunter2",
                "https://h/m?x-amz-security-token=[redacted]&X-AMZ-SIGNATURE=[redacted]",
            ),
            (
                "https://storage.googleapis.com/b/m?X-Goog-Signature=hunter2",
                "https://storage.googleapis.com/b/m?X-Goog-Signature=[redacted]",
            ),
            (
                "https://a.blob.core.windows.net/c/m?sv=2024-11-04&sig=hunter2%3D&se=2026",
                "https://a.blob.core.windows.net/c/m?sv=2024-11-04&sig=[redacted]&se=2026",
            ),
            (
                "s3://b/m?AWSAccessKeyId=A;Signature=hunter2",
                "s3://b/m?AWSAccessKeyId=A;Signature=[redacted]",
            ),
            ("https://h/m#access_token=hunter2", "https://h/m#access_token=[redacted]"),
            ("https://me:hunter2@h:8443/m", "https://me:[redacted]@h:8443/m"),
            ("ftp://me:hun@ter2@h", "ftp://me:[redacted]@h"),
        ] {
            assert_eq!(redact(url), redacted);
            assert!(is_in(url), "{url}");
            assert_eq!(redact(redacted), redacted);
        }
    }

    #[test]
    fn other_urls_and_paths_are_kept() {
        for text in [
            "s3://bucket/runs/42/model.txt",
            "abfss://container@account.dfs.core.windows.net/model.txt",
            "https://user@dev.azure.com/models/model.txt?versionId=3&design=a&sig=",
            "s3+http://127.0.0.1:9000/bucket/me:you@home/model.txt",
            "runs/sig=5?sig=5/model.txt",
            "models:/m/1",
            "https://h/sig=5",
            "",
        ] {
            assert!(matches!(redact(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
