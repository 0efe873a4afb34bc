//! An app's files: what an upload reads, where a download goes (F2, F3), and what else an app does with them.
//!
//! The host implements [`FileSandbox`], or takes [`DirectorySandbox`], which is the only code that touches its directory. Not here: which
//! names there are ([`FileName`](appnet_policy::files::FileName)).

pub(crate) mod blocking;
pub mod directory;
mod error;
mod sandbox;

pub use self::{
    directory::{DirectorySandbox, OpenError, Record, Stats},
    error::FileError,
    sandbox::{FileSandbox, PendingFile, Readable},
};
