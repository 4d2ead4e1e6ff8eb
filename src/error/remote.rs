//! Why an object store did not do what it was asked.

/// Why an object store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RemoteReason {
    /// This build does not include object stores.
    NotBuilt,
    /// No credentials were found.
    NoCredentials {
        /// Where they can come from.
        login: Login,
    },
    /// The credentials are not valid, or no longer.
    CredentialsExpired {
        /// Where they can be renewed.
        login: Login,
    },
    /// The credentials do not allow it.
    AccessDenied,
    /// There is no such bucket or container.
    NoBucket,
    /// The bucket is in another region than was assumed.
    WrongRegion {
        /// The region of the bucket.
        region: String,
    },
    /// The store gave no answer, or only errors that may pass. Nothing was written.
    Unreachable,
    /// The store ignores conditions on writes, so parallel writers would lose updates.
    NoCompareAndSwap,
    /// The answer to a write was lost, and whether it was done cannot be determined.
    MaybeWritten,
    /// Anything else; the error's text has the store's own words.
    Other,
}

impl RemoteReason {
    /// The stable name of the error's kind.
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

/// Where credentials can come from that are missing or no longer valid.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// A profile of the AWS command line, by its name.
    AwsProfile(String),
    /// A profile of the AWS command line under another name: the one that is set does not exist.
    OtherAwsProfile,
    /// The application default credentials of Google's command line.
    Google,
    /// The Azure command line.
    Azure,
    /// A storage account of Azure, which is not named.
    AzureAccount,
}
