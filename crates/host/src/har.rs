//! `--har`: the calls of a program in a file; and `appnet har`, which shows such a file.

use std::{
    fs::File,
    io::{self, BufWriter, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use appnet_inspect::{CallLog, Limits, Secrets};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    cli::HarArgs,
    ending::{Ending, print_line},
    named_file,
    table::{self, Row},
};

/// Where the calls of a program go at its end, whatever that is.
#[derive(Debug)]
pub(crate) struct HarFile {
    log: Arc<CallLog>,
    /// Taken when it is written.
    file: Mutex<Option<File>>,
    path: PathBuf,
}

impl HarFile {
    /// Makes the file, so that one that cannot be made is told before the program begins.
    pub(crate) fn create(path: &Path) -> Result<Self, String> {
        let file = File::create(path)
            .map_err(|error| format!("--har: cannot write {}: {error}", path.display()))?;
        Ok(Self {
            log: Arc::new(CallLog::new(Limits::default())),
            file: Mutex::new(Some(file)),
            path: path.to_owned(),
        })
    }

    /// What is to see the calls.
    pub(crate) fn log(&self) -> Arc<CallLog> {
        Arc::clone(&self.log)
    }

    /// Writes the calls so far, once.
    pub(crate) fn write(&self) {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = { file }.take() else {
            return;
        };
        let har = appnet_inspect::har(&self.log.entries(), Secrets::Masked);
        if let Err(error) = write(file, &har) {
            let path = self.path.display();
            crate::ending::error_line(&format!("appnet: --har: cannot write {path}: {error}"));
        }
    }
}

fn write(file: File, har: &Value) -> io::Result<()> {
    let mut to = BufWriter::new(file);
    serde_json::to_writer_pretty(&mut to, har)?;
    to.write_all(b"\n")?;
    to.flush()
}

/// Shows a HAR file as a table, ours or another program's.
pub(crate) fn show(args: &HarArgs) -> Ending {
    match rows(&args.file) {
        Ok(rows) => {
            let colour = io::stdout().is_terminal();
            let rows = rows.iter().flat_map(|row| row.lines(colour));
            let lines = [table::heading(colour)].into_iter().chain(rows);
            lines.for_each(|line| drop(print_line(&line)));
            Ending::Done
        }
        Err(text) => Ending::Misused(text),
    }
}

#[derive(Deserialize)]
struct Har {
    log: Log,
}

#[derive(Deserialize)]
struct Log {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    request: Request,
    response: Response,
    timings: Timings,
    #[serde(rename = "_task")]
    task: Option<u64>,
    #[serde(rename = "_blocked")]
    blocked: Option<Blocked>,
    #[serde(rename = "_error")]
    error: Option<Error>,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
}

#[derive(Deserialize)]
struct Response {
    status: u16,
}

/// In milliseconds; -1 and absent are the same.
#[derive(Deserialize)]
struct Timings {
    blocked: Option<f64>,
    dns: Option<f64>,
    connect: Option<f64>,
    ssl: Option<f64>,
    wait: f64,
    receive: f64,
}

#[derive(Deserialize)]
struct Blocked {
    rule: String,
    reason: String,
    nearest: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Error {
    err_msg: String,
    reason: Option<String>,
}

fn rows(path: &Path) -> Result<Vec<Row>, String> {
    let har: Har = serde_json::from_str(&named_file::text(path)?)
        .map_err(|error| format!("{}: not a HAR file: {error}", path.display()))?;
    Ok(har.log.entries.into_iter().map(row).collect())
}

fn row(entry: Entry) -> Row {
    let url = entry.request.url;
    let (method, url) = match url.split_once("://") {
        Some(("wss", url)) => ("WSS".to_owned(), url.to_owned()),
        Some(("https", url)) => (entry.request.method, url.to_owned()),
        Some(_) | None => (entry.request.method, url),
    };
    let Timings {
        blocked,
        dns,
        connect,
        ssl,
        wait,
        receive,
    } = entry.timings;
    let (connect, ssl) = (time(connect), time(ssl));
    let tcp = connect.map(|connect| connect.saturating_sub(ssl.unwrap_or_default()));
    let reason = match (entry.blocked, &entry.error) {
        (Some(blocked), _) => {
            let nearest = blocked.nearest.map(|it| format!("nearest entry: {it}"));
            [
                Some(format!("{}: {}", blocked.rule, blocked.reason)),
                nearest,
            ]
        }
        (None, Some(error)) => [error.reason.clone(), None],
        (None, None) => [None, None],
    };
    Row {
        task: entry.task.map(|task| task.to_string()).unwrap_or_default(),
        method,
        url,
        outcome: match entry.error {
            None if entry.response.status > 0 => Ok(entry.response.status.to_string()),
            None => Err("no answer".to_owned()),
            Some(error) => Err(after_fail(&error.err_msg).to_owned()),
        },
        phases: [
            time(blocked),
            time(dns),
            tcp,
            ssl,
            time(Some(wait)),
            time(Some(receive)),
        ],
        below: reason.into_iter().flatten().collect(),
    }
}

/// What follows `request:fail `.
fn after_fail(words: &str) -> &str {
    words.split_once(":fail ").map_or(words, |(_, rest)| rest)
}

fn time(millis: Option<f64>) -> Option<Duration> {
    Duration::try_from_secs_f64(millis? / 1e3).ok()
}
