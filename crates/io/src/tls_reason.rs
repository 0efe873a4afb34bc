//! Why a TLS connection failed, in words for the host's log, and what mends it (K4). What is wrong with a certificate is said by
//! [`connect`](crate::connect), which checks it.

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

/// What a server asks for that no app has, and the host has not given.
pub(crate) const CLIENT_CERTIFICATE: &str = "the server requires a client certificate, and an app has none; \
     to mend it: let the server accept clients without one, or let the host give one for it (`client_certificate`)";

const NO_COMMON_VERSION: &str = "the server speaks neither TLS 1.2 nor TLS 1.3; to mend it: switch one of them on at the server";

/// The servers that browsers reach and we do not are named: see `docs/decisions/0005-trust.md`.
const NOTHING_IN_COMMON: &str = "the server refused the handshake: no cipher suite, curve or signature scheme in common; \
     to mend it: let it offer ECDHE with AES-GCM or ChaCha20-Poly1305 (a server of TLS 1.2 with CBC suites or RSA key exchange only cannot be \
     reached), the curve X25519, P-256 or P-384, and a certificate for RSA, P-256 or P-384";

const NO_HTTP: &str = "the server speaks none of the versions of HTTP that were offered (ALPN); \
     to mend it: switch HTTP/1.1 on at the server, which every call can speak";

const NO_TLS: &str = "the server does not speak TLS on this port; to mend it: check the port, which may be that of plain HTTP, and the server's \
     configuration of TLS";

const TOO_LARGE: &str = "the server's certificate message is larger than 64 kB; to mend it: let it send only its certificate and the \
     intermediates below the root";

/// The reason of a failed handshake, or of an alert that came after it.
pub(crate) fn of(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::NoCertificatesPresented => {
            "the server sent no certificate; to mend it: give it one".to_owned()
        }
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::PeerIncompatible(error) => of_incompatible(error),
        Error::PeerMisbehaved(error) => {
            format!("the server breaks the rules of TLS: {}", spaced(error))
        }
        Error::InvalidMessage(error) => of_message(error),
        other => other.to_string(),
    }
}

/// A date as `2026-03-01`, from seconds of the Unix epoch, by Howard Hinnant's algorithm `civil_from_days`.
pub(crate) fn day(seconds: u64) -> String {
    const SECONDS_A_DAY: u64 = 86_400;
    const DAYS_AN_ERA: u64 = 146_097;
    const FROM_0000_03_01: u64 = 719_468;
    let days = seconds / SECONDS_A_DAY + FROM_0000_03_01;
    let day_of_era = days % DAYS_AN_ERA;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = days / DAYS_AN_ERA * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

fn of_certificate(error: &CertificateError) -> String {
    match error {
        // The verifier's own words.
        CertificateError::Other(fault) => fault.0.to_string(),
        CertificateError::BadSignature => "the server does not hold the key of its certificate; \
             to mend it: give it the key that belongs to the certificate"
            .to_owned(),
        other => format!("certificate refused: {}", spaced(other)),
    }
}

fn of_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::ProtocolVersion => NO_COMMON_VERSION.to_owned(),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            NOTHING_IN_COMMON.to_owned()
        }
        AlertDescription::CertificateRequired => CLIENT_CERTIFICATE.to_owned(),
        // A server has no other certificate to say this of.
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA => format!(
            "the server wants another client certificate than it was shown, if it was shown one (alert: {}); \
             to mend it: let the host give one for it (`client_certificate`), of an authority that it trusts, in date, for clients",
            spaced(&alert)
        ),
        AlertDescription::UnrecognisedName => {
            "the server does not know this host name; to mend it: configure it for the name"
                .to_owned()
        }
        AlertDescription::NoApplicationProtocol => NO_HTTP.to_owned(),
        AlertDescription::InternalError => "the server failed by itself (alert: internal error); to mend it: see the server's log; \
             often it has no certificate for this name"
            .to_owned(),
        other => format!("the server sent the alert: {}", spaced(&other)),
    }
}

fn of_incompatible(error: &PeerIncompatible) -> String {
    match error {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
        | PeerIncompatible::Tls12NotOffered
        | PeerIncompatible::Tls12NotOfferedOrEnabled => NO_COMMON_VERSION.to_owned(),
        PeerIncompatible::NoCipherSuitesInCommon
        | PeerIncompatible::NoKxGroupsInCommon
        | PeerIncompatible::NoSignatureSchemesInCommon => NOTHING_IN_COMMON.to_owned(),
        other => format!(
            "the server does not have what TLS needs here: {}",
            spaced(other)
        ),
    }
}

fn of_message(error: &InvalidMessage) -> String {
    match error {
        InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge => {
            TOO_LARGE.to_owned()
        }
        InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion => {
            NO_TLS.to_owned()
        }
        other => format!("the server's TLS is malformed: {}", spaced(other)),
    }
}

/// The name of a variant as words: `NoKxGroupsInCommon` as `no kx groups in common`.
fn spaced(name: &impl std::fmt::Debug) -> String {
    let mut words = String::new();
    let mut after_lowercase = false;
    for c in format!("{name:?}").chars() {
        if c.is_ascii_uppercase() && after_lowercase {
            words.push(' ');
        }
        after_lowercase = c.is_ascii_lowercase();
        words.push(c.to_ascii_lowercase());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(1_772_323_199), "2026-02-28");
    }

    #[test]
    fn k4_what_has_no_words_of_its_own_is_still_words() {
        let alert = Error::AlertReceived(AlertDescription::AccessDenied);
        assert_eq!(of(&alert), "the server sent the alert: access denied");
        let message = Error::InvalidMessage(InvalidMessage::InvalidCcs);
        assert_eq!(of(&message), "the server's TLS is malformed: invalid ccs");
    }
}
