//! `--record`, `--replay` and `--replay-or-record`: the calls of a program on files.

use std::{path::Path, sync::Arc};

use appnet_inspect::{Recorder, Replay, Secrets, TapeError, Unknown};

use crate::cli::RecordArgs;

/// What the flags ask for.
#[derive(Debug, Default)]
pub(crate) struct Tapes {
    pub(crate) recorder: Option<Arc<Recorder>>,
    pub(crate) replay: Option<Arc<Replay>>,
}

impl Tapes {
    /// # Errors
    /// A text that says which flag is wrong, and what would be right.
    pub(crate) fn of(args: &RecordArgs) -> Result<Self, String> {
        let record = |flag, folder: &Path, adds| {
            let recorder = Recorder::create(folder, adds, Secrets::Masked);
            recorder.map(Arc::new).map_err(|error| told(flag, &error))
        };
        let replay = |flag, folder: &Path, unknown| {
            let replay = Replay::open(folder, unknown);
            replay.map(Arc::new).map_err(|error| told(flag, &error))
        };
        let mut tapes = Self::default();
        if let Some(folder) = &args.record {
            tapes.recorder = Some(record("--record", folder, false)?);
        }
        if let Some(folder) = &args.replay {
            tapes.replay = Some(replay("--replay", folder, Unknown::Fails)?);
        }
        if let Some(folder) = &args.replay_or_record {
            const FLAG: &str = "--replay-or-record";
            tapes.recorder = Some(record(FLAG, folder, true)?); // it makes the folder
            tapes.replay = Some(replay(FLAG, folder, Unknown::AsksServer)?);
        }
        Ok(tapes)
    }
}

fn told(flag: &str, error: &TapeError) -> String {
    format!("{flag}: {error}")
}
