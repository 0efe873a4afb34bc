//! Which timeout a call has (T1).

use std::time::Duration;

use crate::{Api, Policy};

/// `networkTimeout` of app.json or game.json, in milliseconds; not a positive number means not given.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct NetworkTimeout {
    /// For `wx.request`.
    pub request: Option<f64>,
    /// For `wx.connectSocket`.
    pub connect_socket: Option<f64>,
    /// For `wx.uploadFile`.
    pub upload_file: Option<f64>,
    /// For `wx.downloadFile`.
    pub download_file: Option<f64>,
}

/// The timeout of a call: its own (milliseconds), else the app's, else the default; never above the maximum.
#[must_use]
pub fn timeout(api: Api, call: Option<f64>, app: &NetworkTimeout, policy: &Policy) -> Duration {
    let given = given(call).or_else(|| given(app.of(api)));
    let rule = policy.timeouts.of(api);
    given.unwrap_or(rule.default).min(rule.maximum)
}

/// How long a lookup by HttpDNS may take: as `httpDNSTimeout` says (milliseconds), else the default; never above the maximum of `wx.request`, which alone has it.
pub(crate) fn http_dns(asked: Option<f64>, policy: &Policy) -> Duration {
    given(asked)
        .unwrap_or(policy.http_dns_timeout)
        .min(policy.timeouts.of(Api::Request).maximum)
}

impl NetworkTimeout {
    const fn of(&self, api: Api) -> Option<f64> {
        match api {
            Api::Request => self.request,
            Api::UploadFile => self.upload_file,
            Api::DownloadFile => self.download_file,
            Api::ConnectSocket => self.connect_socket,
        }
    }
}

/// What is not a positive number counts as not given (T1, J2), and so does infinity.
fn given(milliseconds: Option<f64>) -> Option<Duration> {
    let milliseconds = milliseconds.filter(|ms| ms.is_finite() && *ms > 0.0)?;
    // More than a Duration holds is more than any maximum.
    Some(Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{api::PerApi, preset::TimeoutRule};

    const NOT_A_TIME: [f64; 7] = [
        0.0,
        -0.0,
        -1.0,
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MIN,
    ];

    fn request(call: Option<f64>, app: Option<f64>, policy: &Policy) -> Duration {
        timeout(
            Api::Request,
            call,
            &NetworkTimeout {
                request: app,
                ..NetworkTimeout::default()
            },
            policy,
        )
    }

    #[test]
    fn t1_the_calls_own_comes_before_the_apps_and_that_before_the_default() {
        let policy = Policy {
            timeouts: PerApi::all(TimeoutRule::seconds(30, 60)),
            ..Policy::seed()
        };
        assert_eq!(
            request(Some(1000.0), Some(2000.0), &policy),
            Duration::from_secs(1)
        );
        assert_eq!(request(None, Some(2000.0), &policy), Duration::from_secs(2));
        assert_eq!(request(None, None, &policy), Duration::from_secs(30));
        assert_eq!(
            request(None, None, &Policy::seed()),
            Duration::from_secs(60)
        );
    }

    #[test]
    fn t1_no_timeout_is_above_the_maximum() {
        for milliseconds in [60_000.0, 60_000.1, 1e9, 1e300, f64::MAX] {
            assert_eq!(
                request(Some(milliseconds), None, &Policy::seed()),
                Duration::from_secs(60)
            );
            assert_eq!(
                request(None, Some(milliseconds), &Policy::seed()),
                Duration::from_secs(60)
            );
        }
        let policy = Policy {
            timeouts: PerApi::all(TimeoutRule::seconds(60, 10)),
            ..Policy::seed()
        };
        assert_eq!(request(None, None, &policy), Duration::from_secs(10));
    }

    #[test]
    fn t1_j2_what_is_not_a_positive_number_is_as_if_not_given() {
        for nothing in NOT_A_TIME {
            assert_eq!(
                request(Some(nothing), Some(2000.0), &Policy::seed()),
                Duration::from_secs(2),
                "{nothing}"
            );
            assert_eq!(
                request(Some(nothing), Some(nothing), &Policy::seed()),
                Duration::from_secs(60),
                "{nothing}"
            );
        }
    }

    #[test]
    fn t1_j2_a_lookup_by_http_dns_has_its_own_time_within_the_maximum() {
        let policy = Policy {
            http_dns_timeout: Duration::from_secs(9),
            ..Policy::seed()
        };
        let seconds = |asked| http_dns(asked, &policy).as_secs();
        assert_eq!(seconds(Some(2000.0)), 2);
        assert_eq!((seconds(None), seconds(Some(-1.0))), (9, 9));
        assert_eq!(seconds(Some(1e300)), 60);
    }

    #[test]
    fn t1_a_part_of_a_millisecond_counts() {
        assert_eq!(
            request(Some(0.5), None, &Policy::seed()),
            Duration::from_micros(500)
        );
    }

    #[test]
    fn t1_each_api_has_its_own_in_the_apps_configuration() {
        let app = NetworkTimeout {
            request: Some(1.0),
            connect_socket: Some(2.0),
            upload_file: Some(3.0),
            download_file: Some(4.0),
        };
        let of = |api| timeout(api, None, &app, &Policy::seed()).as_millis();
        assert_eq!(Api::ALL.map(of), [1, 3, 4, 2]);
    }

    #[test]
    fn t1_each_api_has_its_own_default_and_maximum_in_the_policy() {
        let policy = Policy {
            timeouts: PerApi {
                request: TimeoutRule::seconds(10, 60),
                connect_socket: TimeoutRule::seconds(20, 20),
                ..PerApi::all(TimeoutRule::seconds(60, 60))
            },
            ..Policy::seed()
        };
        let of = |call| {
            Api::ALL.map(|api| timeout(api, call, &NetworkTimeout::default(), &policy).as_secs())
        };
        assert_eq!(of(None), [10, 60, 60, 20]);
        assert_eq!(of(Some(45_000.0)), [45, 45, 45, 20]);
    }
}
