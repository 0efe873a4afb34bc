//! The platform's progress objects (F1, F5): what `onProgressUpdate` gets. All are numbers, and the platform's documents do not say what an unknown
//! total is: 0 here, and the percents are 0 then too.

use appnet_policy::exchange::Progress;

use crate::json::Object;

/// Of an upload.
pub(crate) fn write_sent(it: &mut Object<'_>, progress: Progress) {
    it.number("progress", progress.percent());
    it.number("totalBytesSent", progress.done);
    it.number("totalBytesExpectedToSend", progress.total.unwrap_or(0));
}

/// Of a download.
pub(crate) fn write_written(it: &mut Object<'_>, progress: Progress) {
    it.number("progress", progress.percent());
    it.number("totalBytesWritten", progress.done);
    it.number("totalBytesExpectedToWrite", progress.total.unwrap_or(0));
}
