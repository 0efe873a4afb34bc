//! Sockets that are bound to a network interface (`forceCellularNetwork`).

use std::{io, net::SocketAddr};

use tokio::net::TcpSocket;

use crate::error::ExchangeError;

/// The interface that the host calls its cellular network, if a socket can be bound to it now.
///
/// # Errors
/// [`ExchangeError::NoCellularNetwork`]: the host names none, or the system binds no socket to it.
pub(super) fn cellular(interface: Option<&str>) -> Result<&str, ExchangeError> {
    let unavailable = |detail: String| ExchangeError::NoCellularNetwork(detail);
    let interface = interface
        .ok_or_else(|| unavailable("the host names no interface as its cellular one".to_owned()))?;
    let bound = TcpSocket::new_v4().and_then(|socket| bind(&socket, interface));
    bound.map_err(|error| unavailable(format!("no socket is bound to {interface}: {error}")))?;
    Ok(interface)
}

/// A socket to connect to this address with.
pub(super) fn tcp(address: SocketAddr, interface: Option<&str>) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    if let Some(interface) = interface {
        bind(&socket, interface)?;
    }
    Ok(socket)
}

/// A socket for QUIC.
#[cfg(feature = "http3")]
pub(super) async fn udp(
    local: SocketAddr,
    interface: Option<&str>,
) -> io::Result<std::net::UdpSocket> {
    let socket = tokio::net::UdpSocket::bind(local).await?;
    if let Some(interface) = interface {
        bind_udp(&socket, interface)?;
    }
    socket.into_std()
}

#[cfg(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))]
fn bind(socket: &TcpSocket, interface: &str) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

#[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
fn bind(_: &TcpSocket, _: &str) -> io::Result<()> {
    Err(unsupported())
}

#[cfg(not(any(target_os = "android", target_os = "fuchsia", target_os = "linux")))]
fn unsupported() -> io::Error {
    io::Error::new(
        io::ErrorKind::Unsupported,
        "this system binds no socket to an interface by its name",
    )
}

#[cfg(all(
    feature = "http3",
    any(target_os = "android", target_os = "fuchsia", target_os = "linux")
))]
fn bind_udp(socket: &tokio::net::UdpSocket, interface: &str) -> io::Result<()> {
    socket.bind_device(Some(interface.as_bytes()))
}

#[cfg(all(
    feature = "http3",
    not(any(target_os = "android", target_os = "fuchsia", target_os = "linux"))
))]
fn bind_udp(_: &tokio::net::UdpSocket, _: &str) -> io::Result<()> {
    Err(unsupported())
}
