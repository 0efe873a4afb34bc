//! Why a handshake failed, in words for the host's log (K4).

use rustls::{AlertDescription, CertificateError, Error, PeerIncompatible, pki_types::UnixTime};

pub(super) fn of(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error),
        Error::NoCertificatesPresented => "the server sent no certificate".to_owned(),
        Error::AlertReceived(AlertDescription::ProtocolVersion) => no_common_version(),
        Error::AlertReceived(AlertDescription::HandshakeFailure) => {
            "the server refused the handshake: no cipher suite, group or signature scheme in common"
                .to_owned()
        }
        Error::AlertReceived(alert) => format!("the server sent the alert {alert:?}"),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled,
        ) => no_common_version(),
        Error::InvalidMessage(_) => "the server does not speak TLS".to_owned(),
        other => other.to_string(),
    }
}

fn no_common_version() -> String {
    "the server speaks neither TLS 1.2 nor TLS 1.3".to_owned()
}

fn of_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::Expired => "certificate expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!(
                "certificate expired: it was valid until {}",
                day(*not_after)
            )
        }
        CertificateError::NotValidYet => "certificate not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!(
                "certificate not valid yet: it is valid from {}",
                day(*not_before)
            )
        }
        CertificateError::UnknownIssuer => {
            "unknown issuer: the chain that the server sent leads to no trusted root".to_owned()
        }
        CertificateError::NotValidForName => "certificate not valid for this name".to_owned(),
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            format!(
                "certificate not valid for {}, only for {}",
                expected.to_str(),
                presented.join(", ")
            )
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "certificate not meant for servers (extended key usage)".to_owned()
        }
        other => format!("certificate refused: {other}"),
    }
}

/// A date as `2026-03-01`, by Howard Hinnant's algorithm `civil_from_days`.
fn day(time: UnixTime) -> String {
    const SECONDS_A_DAY: u64 = 86_400;
    const DAYS_AN_ERA: u64 = 146_097;
    const FROM_0000_03_01: u64 = 719_468;
    let days = time.as_secs() / SECONDS_A_DAY + FROM_0000_03_01;
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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn at(seconds: u64) -> UnixTime {
        UnixTime::since_unix_epoch(Duration::from_secs(seconds))
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(day(at(0)), "1970-01-01");
        assert_eq!(day(at(951_782_400)), "2000-02-29");
        assert_eq!(day(at(1_772_323_199)), "2026-02-28");
    }

    #[test]
    fn k4_the_reason_names_what_is_wrong() {
        let expired = CertificateError::ExpiredContext {
            time: at(9),
            not_after: at(0),
        };
        assert_eq!(
            of(&Error::InvalidCertificate(expired)),
            "certificate expired: it was valid until 1970-01-01"
        );
        assert_eq!(
            of(&Error::AlertReceived(AlertDescription::ProtocolVersion)),
            no_common_version()
        );
    }
}
