//! Reasons why a request to an object store failed.

/// Why a request to an object store failed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RemoteReason {
    /// This build does not include object stores.
    NotBuilt,
    /// No credentials were found.
    NoCredentials {
        /// Where to get credentials.
        login: Login,
    },
    /// The credentials are invalid or have expired.
    CredentialsExpired {
        /// Where to renew the credentials.
        login: Login,
    },
    /// The credentials do not allow the request.
    AccessDenied,
    /// The bucket or container does not exist.
    NoBucket,
    /// The bucket is in another region.
    WrongRegion {
        /// Region of the bucket.
        region: String,
    },
    /// The store did not respond, or only with transient errors. Nothing was written.
    Unreachable,
    /// The store ignores conditions on writes, so parallel writers would lose updates.
    NoCompareAndSwap,
    /// The response to a write was lost, and it is not known whether the write succeeded.
    MaybeWritten,
    /// Another reason; the message of the error contains the store's response.
    Other,
}

impl RemoteReason {
    /// Returns the stable name of the error's kind.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::NotBuilt => "remote_not_built",
            Self::NoCredentials { .. } => "no_credentials",
            Self::CredentialsExpired { .. } => "credentials_expired",
            Self::AccessDenied => "access_denied",
            Self::NoBucket => "no_bucket",
            Self::WrongRegion { .. } => "wrong_region",
            Self::Unreachable => "unreachable",
            Self::NoCompareAndSwap => "no_compare_and_swap",
            Self::MaybeWritten => "maybe_written",
            Self::Other => "remote",
        }
    }
}

/// Source of credentials that are missing or no longer valid.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Login {
    /// Profile of the AWS CLI.
    AwsProfile(String),
    /// Another profile of the AWS CLI, because the configured one does not exist.
    OtherAwsProfile,
    /// Application default credentials of the gcloud CLI.
    Google,
    /// The Azure CLI.
    Azure,
    /// A storage account of Azure, because none is configured.
    AzureAccount,
}
