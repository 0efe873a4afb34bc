//! Work that may block, away from the thread that serves an app's exchanges.

use tokio::{runtime::Handle, task::spawn_blocking};

use super::FileError;

/// Does it on a thread that may block. Once begun it is carried through, whether or not anybody still waits.
pub(crate) async fn apart<T, F>(work: F) -> Result<T, FileError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, FileError> + Send + 'static,
{
    spawn_blocking(work).await.map_err(|_| FileError::Crashed)?
}

/// Drops it on a thread that may block, if there is one.
pub(crate) fn drop_apart(value: impl Send + 'static) {
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn_blocking(move || drop(value));
    }
}
