//! What is wrong with a server's certificate, in words for the host's log, and what mends it (K4). The app hears none of it.

use std::fmt;

use super::{certificate::Key, pins::KeyHash};
use crate::tls_reason::day;

/// For whoever reads an error: at a command line, or in the code of a host.
pub(super) const HOW_TO_GIVE_ROOTS: &str =
    "`--ca FILE` on the command line, `extra_roots_pem` in a program that embeds the network";

/// Which certificate of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// The server's own.
    Leaf,
    /// An authority's that the server sent, by its name.
    Intermediate(String),
    /// A trusted one, by its name.
    Root(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf => f.write_str("certificate"),
            Self::Intermediate(name) => write!(f, "intermediate certificate \"{name}\""),
            Self::Root(name) => write!(f, "root certificate \"{name}\""),
        }
    }
}

/// Why a server is not trusted (K1, K5). Times are seconds of the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("{place} expired: it was valid until {}", day(*.until))]
    Expired { place: Place, until: u64 },
    #[error("{place} not valid yet: it is valid from {}", day(*.from))]
    NotValidYet { place: Place, from: u64 },
    #[error("certificate not valid for {host}, only for {}", .names.join(", "))]
    OtherName { host: String, names: Vec<String> },
    #[error(
        "certificate names no host: it has no subjectAltName, and a common name does not count"
    )]
    NoName { host: String },
    #[error("{place} not meant for servers: its extended key usage has no serverAuth")]
    NotForServers { place: Place },
    #[error(
        "certificate not meant for servers: it has no extended key usage, and serverAuth has to be said"
    )]
    UsageUnsaid,
    #[error("certificate is an authority's (CA:TRUE) and cannot be a server's")]
    AuthorityAsLeaf,
    #[error("{place} issued another one and is no authority's (CA:FALSE)")]
    NoAuthority { place: Place },
    #[error("{place} may not issue others: its key usage has no keyCertSign")]
    MayNotIssue { place: Place },
    #[error("the chain is longer than one of its authorities allows (path length constraint)")]
    PathTooLong,
    #[error("an authority of the chain may not issue for this name (name constraints)")]
    NameConstraints,
    #[error("{place} has a critical extension that is not known: {extension}")]
    CriticalExtension { place: Place, extension: String },
    #[error("{place} signed with {hash}, which can be forged")]
    WeakHash { place: Place, hash: &'static str },
    #[error("{place} signed with {algorithm}, which is not supported")]
    UnsupportedSignature { place: Place, algorithm: String },
    #[error("{place} has a key that is too weak: {key}")]
    WeakKey { place: Place, key: Key },
    #[error(
        "a certificate of the chain does not fit the key of its issuer: it is damaged, or of another authority of the same name"
    )]
    BadSignature,
    #[error("unknown issuer: the certificate is self-signed and is not trusted")]
    SelfSigned,
    #[error("unknown issuer: the chain leads to the root \"{root}\", which is not trusted")]
    UnknownRoot { root: String },
    #[error("unknown issuer: \"{issuer}\" is neither trusted nor sent by the server")]
    UnknownIssuer { issuer: String },
    #[error(
        "its public key is not one of the {pinned} that the host pinned for this server, and neither is an authority's above it; its own is {key}"
    )]
    NotPinned { pinned: usize, key: KeyHash },
    #[error("the certificate is of an old version of X.509")]
    OldVersion,
    #[error("the chain takes too much work to check")]
    TooComplex,
    #[error("the certificate cannot be read ({detail})")]
    Unreadable { detail: String },
}

impl Fault {
    /// What is wrong, and what mends it.
    pub(super) fn explained(&self) -> String {
        format!("{self}; to mend it: {}", self.remedy())
    }

    /// What whoever has to do with the server can do about it.
    fn remedy(&self) -> String {
        match self {
            Self::Expired { .. } => {
                "the server needs a new one (or the clock of this machine is wrong)".to_owned()
            }
            Self::NotValidYet { .. } => "set the clock of this machine right, or wait".to_owned(),
            Self::OtherName { host, .. } | Self::NoName { host } => {
                format!("the server needs a certificate with {host} in its subjectAltName")
            }
            Self::NotForServers { .. } | Self::UsageUnsaid => {
                "issue it again with extendedKeyUsage=serverAuth".to_owned()
            }
            Self::AuthorityAsLeaf => format!(
                "issue the server a certificate of its own (CA:FALSE), or, if this one is yours, trust it itself ({HOW_TO_GIVE_ROOTS})"
            ),
            Self::NoAuthority { .. } => {
                "issue that one again with basicConstraints=CA:TRUE, or use an authority's"
                    .to_owned()
            }
            Self::MayNotIssue { .. } => "issue that one again with keyUsage=keyCertSign".to_owned(),
            Self::PathTooLong => {
                "use an authority that is nearer to the root, or one with a greater pathlen"
                    .to_owned()
            }
            Self::NameConstraints => "use an authority that may issue for this name".to_owned(),
            Self::CriticalExtension { .. } => {
                "issue it again without that extension, or not as critical".to_owned()
            }
            Self::WeakHash { .. } => "issue it again with SHA-256 or better".to_owned(),
            Self::UnsupportedSignature { .. } => {
                "issue it again with RSA, or ECDSA on P-256 or P-384, and SHA-256 or SHA-384"
                    .to_owned()
            }
            Self::WeakKey { .. } => {
                "issue it again for RSA of 2048 bits or more, or for the curve P-256 or P-384"
                    .to_owned()
            }
            Self::BadSignature => {
                "let the server send the certificates of the authority that issued its own"
                    .to_owned()
            }
            Self::SelfSigned => format!("if it is yours, trust it ({HOW_TO_GIVE_ROOTS})"),
            Self::UnknownRoot { .. } => {
                format!("if that root is yours, trust it ({HOW_TO_GIVE_ROOTS})")
            }
            Self::UnknownIssuer { .. } => format!(
                "let the server send its intermediate certificates, or, if that issuer is your own root, trust it ({HOW_TO_GIVE_ROOTS})"
            ),
            Self::NotPinned { .. } => {
                "if the server has a new key that is meant, let the host pin it; if not, somebody else answers in its place"
                    .to_owned()
            }
            Self::OldVersion => "issue it again as version 3".to_owned(),
            Self::TooComplex => {
                "let the server send only its certificate and the intermediates below the root"
                    .to_owned()
            }
            Self::Unreadable { .. } => "issue it again".to_owned(),
        }
    }
}
