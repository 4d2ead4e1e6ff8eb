//! Classifies the answers that are not a success.

use std::time::Duration;

use object_store::client::HttpErrorKind;

use super::super::location::ObjectUrl;
use super::credentials::Opened;
use super::http::Answer;
use crate::error::RemoteReason;

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Refusal {
    Absent,
    Condition,
    /// The request may succeed later. `sent` is whether the store may have processed it.
    Passing {
        problem: String,
        wait: Option<Duration>,
        sent: bool,
    },
    /// The store has refused the request because there are too many.
    Throttled {
        problem: String,
        wait: Option<Duration>,
    },
    Final(RemoteReason, String),
}

/// Codes of S3 and Azure for too many requests, which come with status 503.
const THROTTLED: [&str; 2] = ["SlowDown", "ServerBusy"];

/// Classifies the answer to a request of a store.
pub(super) fn judge(
    url: &ObjectUrl,
    opened: &Opened,
    answer: &Answer,
    error: &object_store::Error,
) -> Refusal {
    let Answer { code, status, .. } = answer;
    if let Some((kind, words)) = &answer.transport {
        let sent = !matches!(kind, HttpErrorKind::Connect);
        if answer.for_credentials {
            return no_credentials(opened, words);
        }
        return Refusal::Passing { problem: words.clone(), wait: None, sent };
    }
    let Some(status) = *status else {
        // Nothing was sent, because the credentials for it could not be obtained.
        return no_credentials(opened, &innermost(error));
    };
    let mut problem = status.to_string();
    for part in [code, &answer.message] {
        if !part.is_empty() {
            problem.push(' ');
            problem.push_str(part);
        }
    }
    if answer.for_credentials && (400..500).contains(&status) {
        return no_credentials(opened, &problem);
    }
    let expired = || RemoteReason::CredentialsExpired { login: opened.login.clone() };
    let wait = answer.retry_after;
    match status {
        200..300 => Refusal::Passing { problem: innermost(error), wait, sent: true },
        304 | 409 | 412 => Refusal::Condition,
        404 if matches!(&**code, "NoSuchBucket" | "ContainerNotFound") => {
            let problem = format!("there is no bucket `{}`", url.bucket);
            Refusal::Final(RemoteReason::NoBucket, problem)
        }
        404 => Refusal::Absent,
        300..=400 if answer.region.is_some() => {
            let region = answer.region.clone().unwrap_or_default();
            let assumed = opened.region.as_deref().unwrap_or_default();
            let problem = format!("the bucket is in region {region}, not in {assumed}");
            Refusal::Final(RemoteReason::WrongRegion { region }, problem)
        }
        401 => Refusal::Final(expired(), problem),
        _ if code.contains("Expired") || matches!(&**code, "InvalidToken") => {
            Refusal::Final(expired(), problem)
        }
        403 => Refusal::Final(RemoteReason::AccessDenied, problem),
        429 => Refusal::Throttled { problem, wait },
        503 if THROTTLED.contains(&&**code) => Refusal::Throttled { problem, wait },
        408 | 500.. => Refusal::Passing { problem, wait, sent: true },
        _ => Refusal::Final(RemoteReason::Other, problem),
    }
}

fn no_credentials(opened: &Opened, words: &str) -> Refusal {
    let login = opened.login.clone();
    let words = words.lines().next().unwrap_or_default();
    let last = match opened.source {
        Some(source) => format!("{source}: {words}"),
        None => words.to_owned(),
    };
    let tried = opened.tried.iter().chain([&last]);
    let problem = format!("no credentials: {}", tried.map(|t| &**t).collect::<Vec<_>>().join("; "));
    Refusal::Final(RemoteReason::NoCredentials { login }, problem)
}

/// Returns the cause at the end of a chain, which is the most specific one.
pub(super) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut source = error;
    while let Some(next) = source.source() {
        source = next;
    }
    source.to_string()
}
