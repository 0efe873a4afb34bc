//! What a probe sees of a server.

use appnet_io::{ClientOptions, Probed, probe};
use appnet_policy::prepare::PreparedCall;
use appnet_testkit::{Ca, HttpOrigin, Reply};

use crate::support::{App, HOST, options, run, trust};

/// A probe of this origin by an app that trusts this authority.
async fn probed(origin: &HttpOrigin, ca: &Ca) -> Probed {
    let app = App::new(ca, origin.port());
    let prepared =
        appnet_policy::prepare::request(&app.rules, options(&format!("https://{HOST}/")));
    let call = PreparedCall::Http(prepared.unwrap());
    probe(&trust(ca), ClientOptions::default(), call).await
}

#[test]
fn k1_a_probe_shows_the_certificates_and_whether_they_are_trusted() {
    run(async {
        let ca = Ca::new();
        let origin = HttpOrigin::tls(ca.issue(&[HOST, "127.0.0.1"]).http2())
            .start(|_| Reply::text("ok"))
            .unwrap();
        let Probed { seen, outcome, .. } = probed(&origin, &ca).await;
        assert_eq!((outcome.unwrap(), seen.trusted), (200, Some(true)));
        let [leaf] = &seen.certificates[..] else {
            panic!("{:?}", seen.certificates);
        };
        assert_eq!(leaf.names, [HOST, "127.0.0.1"]);
        assert!(!leaf.authority && leaf.valid_from < leaf.valid_until);
        assert_eq!(seen.protocols, ["http/1.1", "h2"]);
        assert_eq!(seen.tls_suite.as_deref(), Some("TLS_AES_128_GCM_SHA256"));

        let Probed { seen, outcome, .. } = probed(&origin, &Ca::new()).await;
        assert_eq!(seen.trusted, Some(false));
        assert!(outcome.is_err() && seen.certificates.len() == 1);
    });
}
