//! The platform's progress objects (F1, F5).

use appnet_policy::exchange::Progress;
use serde::Serialize;

/// What `onProgressUpdate` gets. All are numbers, and the platform's documents do not say what an unknown total is: 0 here, and the percents
/// are 0 then too.
#[derive(Serialize)]
#[serde(untagged, rename_all_fields = "camelCase")]
pub(crate) enum ProgressJson {
    Upload {
        progress: u8,
        total_bytes_sent: u64,
        total_bytes_expected_to_send: u64,
    },
    Download {
        progress: u8,
        total_bytes_written: u64,
        total_bytes_expected_to_write: u64,
    },
}

impl ProgressJson {
    /// Of an upload.
    pub(crate) fn sent(progress: Progress) -> Self {
        Self::Upload {
            progress: progress.percent(),
            total_bytes_sent: progress.done,
            total_bytes_expected_to_send: progress.total.unwrap_or(0),
        }
    }

    /// Of a download.
    pub(crate) fn written(progress: Progress) -> Self {
        Self::Download {
            progress: progress.percent(),
            total_bytes_written: progress.done,
            total_bytes_expected_to_write: progress.total.unwrap_or(0),
        }
    }
}
