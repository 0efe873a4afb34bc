//! `appnet demo`.

use crate::ending::Ending;

/// Shows it.
pub(crate) fn demo() -> Ending {
    Ending::Misused("demo is not built yet".to_owned())
}
