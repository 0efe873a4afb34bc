//! The certificate that the host gives for a server; without one, a server that wants one is at least named as such (K4).

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};

/// Sends the certificate that there is for these servers, if there is one, and knows whether one was asked for.
///
/// All connections of an app to these servers share it: rustls resumes no session under another one. rustls asks while a handshake is polled, and an app's
/// handshakes are polled one after another, so the answer belongs to the one under way.
#[derive(Debug, Default)]
pub(super) struct ClientAuth {
    certificate: Option<Arc<CertifiedKey>>,
    was_asked: AtomicBool,
}

impl ClientAuth {
    pub(super) fn new(certificate: Option<Arc<CertifiedKey>>) -> Self {
        Self {
            certificate,
            ..Self::default()
        }
    }

    /// Runs a handshake, and says whether its server asked.
    pub(super) async fn observe<F: Future>(&self, handshake: F) -> (F::Output, bool) {
        let mut handshake = pin!(handshake);
        let mut asked = false;
        let done = poll_fn(|cx| {
            self.was_asked.store(false, Ordering::Relaxed);
            let polled = handshake.as_mut().poll(cx);
            asked |= self.was_asked.load(Ordering::Relaxed);
            polled
        });
        (done.await, asked)
    }
}

impl ResolvesClientCert for ClientAuth {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.certificate.clone()
    }

    fn has_certs(&self) -> bool {
        self.certificate.is_some()
    }
}
