//! TLS as all clients in Rust do it: the same rustls, the same root, checks on.

use std::{error::Error, sync::Arc};

use appnet_io::roots_from_pem;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    origin::{HOST, Origin},
    work::Version,
};

/// How a client speaks TLS with the origin.
pub(crate) fn config(origin: &Origin, version: Version) -> Result<ClientConfig, Box<dyn Error>> {
    let mut roots = RootCertStore::empty();
    for root in roots_from_pem(origin.ca_pem.as_bytes())? {
        roots.add(root)?;
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![match version {
        Version::One => b"http/1.1".to_vec(),
        Version::Two => b"h2".to_vec(),
    }];
    Ok(config)
}

/// Makes a connection to a port of the origin.
pub(crate) async fn connect(
    config: &Arc<ClientConfig>,
    port: u16,
) -> std::io::Result<TlsStream<TcpStream>> {
    let tcp = TcpStream::connect(("127.0.0.1", port)).await?;
    tcp.set_nodelay(true)?;
    let name = ServerName::try_from(HOST).expect("a name");
    let connector = TlsConnector::from(Arc::clone(config));
    connector.connect(name, tcp).await
}
