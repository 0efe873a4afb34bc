//! The platform's progress objects (F1, F5).

use appnet_policy::{Api, exchange::Progress};
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
    pub(crate) fn of(api: Api, progress: Progress) -> Self {
        let (percent, done) = (progress.percent(), progress.done);
        let total = progress.total.unwrap_or(0);
        match api {
            Api::UploadFile => Self::Upload {
                progress: percent,
                total_bytes_sent: done,
                total_bytes_expected_to_send: total,
            },
            // The other two have no progress.
            Api::DownloadFile | Api::Request | Api::ConnectSocket => Self::Download {
                progress: percent,
                total_bytes_written: done,
                total_bytes_expected_to_write: total,
            },
        }
    }
}
