//! Where `appnet bus --listen` waits for connections.

use std::io;
#[cfg(unix)]
use std::path::PathBuf;

use tokio::net::{TcpListener, TcpStream};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::cli::Listen;

/// A socket that waits for connections.
pub(super) enum Listener {
    /// Which only its user can open. Its name goes with it.
    #[cfg(unix)]
    Unix(UnixListener, Unlinked),
    /// WebSockets, on loopback.
    Web(TcpListener),
}

/// A connection.
pub(super) enum Arrival {
    #[cfg(unix)]
    Unix(UnixStream),
    Web(TcpStream),
}

/// Removes the socket's name at the end.
#[cfg(unix)]
pub(super) struct Unlinked(PathBuf);

#[cfg(unix)]
impl Drop for Unlinked {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

impl Listener {
    /// Listens there.
    ///
    /// # Errors
    /// A text that says why it cannot, and what would be right.
    pub(super) async fn bind(listen: &Listen) -> Result<Self, String> {
        match listen {
            #[cfg(unix)]
            Listen::Unix(path) => {
                use std::os::unix::fs::PermissionsExt as _;

                let shown = path.display();
                let listener = UnixListener::bind(path).map_err(|error| {
                    format!("--listen unix:{shown}: {error}; the path must be new, in a folder that is there")
                })?;
                let unlinked = Unlinked(path.clone());
                std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
                    .map_err(|error| format!("--listen unix:{shown}: {error}"))?;
                Ok(Self::Unix(listener, unlinked))
            }
            #[cfg(not(unix))]
            Listen::Unix(_) => Err(
                "--listen unix: needs a system with Unix sockets; ws://127.0.0.1:0 would be right here"
                    .to_owned(),
            ),
            Listen::Web(address) => {
                let listener = TcpListener::bind(address).await.map_err(|error| {
                    format!("--listen ws://{address}: {error}; port 0 stands for any that is free")
                })?;
                Ok(Self::Web(listener))
            }
        }
    }

    /// What a client is told to connect to.
    pub(super) fn name(&self) -> io::Result<String> {
        match self {
            #[cfg(unix)]
            Self::Unix(_, Unlinked(path)) => Ok(format!("unix:{}", path.display())),
            Self::Web(listener) => Ok(format!("ws://{}", listener.local_addr()?)),
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Arrival> {
        Ok(match self {
            #[cfg(unix)]
            Self::Unix(listener, _) => Arrival::Unix(listener.accept().await?.0),
            Self::Web(listener) => Arrival::Web(listener.accept().await?.0),
        })
    }
}
