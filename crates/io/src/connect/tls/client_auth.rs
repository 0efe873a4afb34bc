//! No app has a certificate of its own; a server that wants one is at least named as such (K4).

use std::{
    future::poll_fn,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use rustls::{SignatureScheme, client::ResolvesClientCert, sign::CertifiedKey};

/// Sends no certificate, and knows whether one was asked for.
///
/// All connections of an app share it: rustls resumes no session under another one. rustls asks while a handshake is polled, and an app's
/// handshakes are polled one after another, so the answer belongs to the one under way.
#[derive(Debug, Default)]
pub(super) struct NoClientCertificate {
    was_asked: AtomicBool,
}

impl NoClientCertificate {
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

impl ResolvesClientCert for NoClientCertificate {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
