//! TLS to a server (section 9): TLS 1.2 and 1.3 by rustls, with ring's cipher suites, which all have forward secrecy (K5).

mod client_auth;
mod dangerous;

use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeMap,
    io,
    net::SocketAddr,
    rc::Rc,
    sync::Arc,
};

use appnet_policy::{rules::Refusal, tls::CertificateCheck};
use rustls::{
    AlertDescription, ClientConfig, Error, ProtocolVersion, SupportedProtocolVersion,
    client::{ResolvesClientCert, Resumption, danger::ServerCertVerifier},
    crypto::CryptoProvider,
    pki_types::ServerName,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use self::{client_auth::ClientAuth, dangerous::Verdict};
use super::{
    Destination, Dialled, Facts,
    servers::{Agreed, Place, ServerKeys},
    trust::TlsTrust,
};
use crate::{
    error::{ExchangeError, tls_error},
    line::Line,
    tls_reason,
};

/// One app's TLS configurations, with its own session tickets (K3).
pub(crate) struct TlsConfigs {
    trust: TlsTrust,
    keys: ServerKeys,
    /// By what the host has agreed with servers. Where it is not the same, no session and no certificate is shared.
    made: RefCell<BTreeMap<Place, Rc<Configs>>>,
}

/// Those for servers of which the same holds.
struct Configs {
    verifier: Arc<dyn ServerCertVerifier>,
    provider: Arc<CryptoProvider>,
    client_auth: Arc<ClientAuth>,
    http1: OnceCell<Arc<ClientConfig>>,
    http2: OnceCell<Arc<ClientConfig>>,
    #[cfg(feature = "http3")]
    http3: OnceCell<Arc<ClientConfig>>,
}

const ALPN_HTTP1: &[u8] = b"http/1.1";
const ALPN_HTTP2: &[u8] = b"h2";
#[cfg(feature = "http3")]
const ALPN_HTTP3: &[u8] = b"h3";

/// Sessions that an app remembers: its lists name at most 20 hosts an API, and a few of them matter.
const REMEMBERED_SESSIONS: usize = 32;

impl TlsConfigs {
    pub(crate) fn new(trust: &TlsTrust, keys: ServerKeys) -> Self {
        Self {
            trust: trust.clone(),
            keys,
            made: RefCell::default(),
        }
    }

    fn of(&self, destination: &Destination) -> Rc<Configs> {
        let agreed = self.keys.agreed(&destination.host, destination.port);
        let mut made = self.made.borrow_mut();
        let configs = made
            .entry(agreed.place)
            .or_insert_with(|| Rc::new(Configs::new(&self.trust, agreed)));
        Rc::clone(configs)
    }

    /// Makes a secure connection of a TCP one.
    pub(super) async fn handshake(
        &self,
        destination: &Destination,
        line: Line,
        peer: Option<SocketAddr>,
    ) -> Result<Dialled, ExchangeError> {
        let verdict = Verdict::default();
        let configs = self.of(destination);
        let config = match destination.certificates {
            CertificateCheck::Enforced => configs.enforcing(destination.http2),
            CertificateCheck::DangerouslySkipped => configs.skipping(destination.http2, &verdict),
        };
        let failed = |reason| ExchangeError::Tls {
            host: destination.host.clone(),
            reason,
        };
        let name = server_name(&destination.host).map_err(failed)?;
        let connecting = TlsConnector::from(config).connect(name, line);
        let (connected, certificate_asked) = configs.client_auth.observe(connecting).await;
        let mut stream = connected.map_err(|error| {
            let missed = certificate_asked && !configs.client_auth.has_certs();
            ExchangeError::by_shape(&error).unwrap_or_else(|| failed(why(&error, missed)))
        })?;
        stream.get_mut().0.established();
        let would_refuse = verdict.take().map(Refusal::of_certificate);
        Ok(dialled(stream, peer, would_refuse.into_iter().collect()))
    }

    /// For QUIC, which has TLS 1.3 only (RFC 9001 §4.2), and where to ask afterwards what was wrong with a certificate that was not checked.
    #[cfg(feature = "http3")]
    pub(super) fn quic(&self, destination: &Destination) -> (Arc<ClientConfig>, Verdict) {
        let verdict = Verdict::default();
        let configs = self.of(destination);
        let config = match destination.certificates {
            CertificateCheck::Enforced => configs.enforcing_over_quic(),
            CertificateCheck::DangerouslySkipped => configs.skipping_over_quic(&verdict),
        };
        (config, verdict)
    }
}

impl Configs {
    fn new(trust: &TlsTrust, agreed: Agreed) -> Self {
        Self {
            verifier: trust.verifier(agreed.pins.as_ref()),
            provider: trust.provider(),
            client_auth: Arc::new(ClientAuth::new(agreed.certificate)),
            http1: OnceCell::new(),
            http2: OnceCell::new(),
            #[cfg(feature = "http3")]
            http3: OnceCell::new(),
        }
    }

    fn verifier(&self) -> Arc<dyn ServerCertVerifier> {
        Arc::clone(&self.verifier)
    }

    fn enforcing(&self, http2: bool) -> Arc<ClientConfig> {
        let cell = if http2 { &self.http2 } else { &self.http1 };
        Arc::clone(cell.get_or_init(|| {
            let mut config = self.base(http2, self.verifier());
            config.resumption = Resumption::in_memory_sessions(REMEMBERED_SESSIONS);
            Arc::new(config)
        }))
    }

    /// Remembers no session: a resumed one shows no certificate, and its verdict would be missing (U8).
    fn skipping(&self, http2: bool, verdict: &Verdict) -> Arc<ClientConfig> {
        let verifier = dangerous::AcceptAnyCertificate::new(self.verifier(), verdict.clone());
        let mut config = self.base(http2, Arc::new(verifier));
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }

    #[cfg(feature = "http3")]
    fn enforcing_over_quic(&self) -> Arc<ClientConfig> {
        Arc::clone(self.http3.get_or_init(|| {
            let mut config = self.over_quic(self.verifier());
            config.resumption = Resumption::in_memory_sessions(REMEMBERED_SESSIONS);
            Arc::new(config)
        }))
    }

    #[cfg(feature = "http3")]
    fn skipping_over_quic(&self, verdict: &Verdict) -> Arc<ClientConfig> {
        let verifier = dangerous::AcceptAnyCertificate::new(self.verifier(), verdict.clone());
        let mut config = self.over_quic(Arc::new(verifier));
        config.resumption = Resumption::disabled();
        Arc::new(config)
    }

    #[cfg(feature = "http3")]
    fn over_quic(&self, verifier: Arc<dyn ServerCertVerifier>) -> ClientConfig {
        let mut config = self.speaking(&[&rustls::version::TLS13], verifier);
        config.alpn_protocols = vec![ALPN_HTTP3.to_vec()];
        config.enable_early_data = false; // what it sends can be replayed
        config
    }

    fn base(&self, http2: bool, verifier: Arc<dyn ServerCertVerifier>) -> ClientConfig {
        let versions = [&rustls::version::TLS13, &rustls::version::TLS12];
        let mut config = self.speaking(&versions, verifier);
        // R6: HTTP/2 is offered only when asked for.
        config.alpn_protocols = match http2 {
            true => vec![ALPN_HTTP2.to_vec(), ALPN_HTTP1.to_vec()],
            false => vec![ALPN_HTTP1.to_vec()],
        };
        config
    }

    fn speaking(
        &self,
        versions: &[&'static SupportedProtocolVersion],
        verifier: Arc<dyn ServerCertVerifier>,
    ) -> ClientConfig {
        ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(versions)
            .expect("ring has cipher suites for TLS 1.2 and 1.3")
            // "dangerous" names the method: the verifier is the checking one unless `skipping` or `quic` says otherwise.
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_client_cert_resolver(Arc::clone(&self.client_auth) as Arc<dyn ResolvesClientCert>)
    }
}

fn server_name(host: &str) -> Result<ServerName<'static>, String> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    ServerName::try_from(bare.to_owned())
        .map_err(|_| format!("{host} cannot stand in a certificate"))
}

fn dialled(
    stream: TlsStream<Line>,
    peer: Option<SocketAddr>,
    would_refuse: Vec<Refusal>,
) -> Dialled {
    let session = stream.get_ref().1;
    let http2 = session.alpn_protocol() == Some(ALPN_HTTP2);
    let suite = session.negotiated_cipher_suite();
    let tls_version = match session.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => Some("TLSv1.3"),
        Some(ProtocolVersion::TLSv1_2) => Some("TLSv1.2"),
        _ => None,
    };
    let facts = Facts {
        peer,
        tls_version,
        tls_suite: suite.and_then(|suite| suite.suite().as_str()),
        would_refuse,
        http_dns: false,
    };
    Dialled {
        transport: Box::new(stream),
        http2,
        facts,
    }
}

/// The exact reason of a failed handshake (K4). A server of TLS 1.2 that was not sent the certificate it wants has no alert of its own for that.
fn why(error: &io::Error, certificate_missed: bool) -> String {
    match (tls_error(error), error.kind()) {
        (
            Some(Error::AlertReceived(
                AlertDescription::HandshakeFailure
                | AlertDescription::BadCertificate
                | AlertDescription::NoCertificate,
            )),
            _,
        ) if certificate_missed => tls_reason::CLIENT_CERTIFICATE.to_owned(),
        (Some(error), _) => tls_reason::of(error),
        (None, io::ErrorKind::UnexpectedEof) => {
            "the server closed the connection during the handshake; \
             to mend it: check the port, and whether the server or something on the way to it refuses this host name"
                .to_owned()
        }
        (None, _) => "the connection broke during the handshake".to_owned(),
    }
}
