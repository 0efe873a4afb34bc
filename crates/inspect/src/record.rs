//! Writes down what servers said, so that it can be played back ([`Replay`](crate::Replay)).

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use appnet::{Inspector, Sight, TaskId};
use appnet_policy::{Api, exchange::Header, identity::AppId};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    log::{Body, Calls, Entry, Frame, Limits, SentRequest},
    mask::Secrets,
    tape::{self, Content, FormFields, Line, Request, Response, Socket, Tape, TapeError},
};

/// Keeps each exchange and socket that a server answered as a file, when it ends. Shown to a network as its inspector.
///
/// Of a call that failed there is no recording, nor of one that was answered by the app's cache or by a recording. Bodies and messages are kept whole up to 64 MiB.
#[derive(Debug)]
pub struct Recorder {
    apps: Mutex<BTreeMap<AppId, Calls>>,
    /// `None` once it has finished.
    writer: Mutex<Option<Writer>>,
    /// Bytes that wait for the disk.
    waiting: Arc<AtomicUsize>,
}

#[derive(Debug)]
struct Writer {
    entries: mpsc::Sender<Entry>,
    thread: thread::JoinHandle<()>,
}

const LIMITS: Limits = Limits {
    body_bytes: 64 << 20,
    app_bytes: 256 << 20,
    calls: 100_000,
    messages: 100_000,
};

/// What may wait for the disk, in bytes. What comes when more does is not recorded.
const WAITING_BYTES: usize = 256 << 20;

impl Recorder {
    /// Records into this folder, which is made if need be. `adds`: there may be recordings in it already. Headers that let their holder in are
    /// masked unless `secrets` says otherwise.
    ///
    /// # Errors
    /// The folder cannot be made or read, or it has recordings and should have none; or the system gives no thread.
    pub fn create(folder: &Path, adds: bool, secrets: Secrets) -> Result<Self, TapeError> {
        let failed = |error| tape::io_error(folder, error);
        fs::create_dir_all(folder).map_err(failed)?;
        let known = tape::tapes(folder)?;
        if !adds && !known.is_empty() {
            return Err(TapeError::Recorded(folder.to_owned()));
        }
        let (entries, to_write) = mpsc::channel::<Entry>();
        let waiting = Arc::new(AtomicUsize::new(0));
        let (folder, written) = (folder.to_owned(), Arc::clone(&waiting));
        let thread = thread::Builder::new().name("recorder".to_owned());
        let write = move || {
            let mut next = known.len() + 1;
            for entry in to_write {
                let bytes = entry.kept_bytes();
                if let Err(error) = write(&folder, &mut next, &entry, secrets) {
                    let folder = folder.display();
                    tracing::error!(%folder, url = entry.url, "a call is not recorded: {error}");
                }
                written.fetch_sub(bytes, Ordering::Relaxed);
            }
        };
        let thread = thread.spawn(write).map_err(failed)?;
        Ok(Self {
            apps: Mutex::default(),
            writer: Mutex::new(Some(Writer { entries, thread })),
            waiting,
        })
    }

    /// Returns when all calls that have ended are written; what ends later is not.
    pub fn finish(&self) {
        let writer = self.writer().take();
        if let Some(Writer { entries, thread }) = writer {
            drop(entries);
            drop(thread.join()); // a panic is in the log
        }
    }

    fn ended(&self, entry: Entry) {
        if !is_of_a_server(&entry) {
            return;
        }
        if !is_whole(&entry) {
            tracing::error!(url = entry.url, "a call is not recorded: it is too large");
            return;
        }
        let bytes = entry.kept_bytes();
        if self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes > WAITING_BYTES {
            self.waiting.fetch_sub(bytes, Ordering::Relaxed);
            tracing::error!(
                url = entry.url,
                "a call is not recorded: the disk is too slow"
            );
            return;
        }
        if let Some(writer) = &*self.writer() {
            drop(writer.entries.send(entry)); // an error: its thread panicked
        }
    }

    /// Nothing that holds the lock can leave it half changed.
    fn writer(&self) -> MutexGuard<'_, Option<Writer>> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inspector for Recorder {
    fn see(&self, app: &AppId, task: TaskId, sight: Sight<'_>) {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        let calls = apps.entry(app.clone()).or_default();
        calls.see(app, task, sight, &LIMITS);
        let ended = match sight {
            Sight::Ended(_) => calls.take(task),
            _ => None,
        };
        drop(apps);
        if let Some(entry) = ended {
            self.ended(entry);
        }
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.finish();
    }
}

fn is_of_a_server(entry: &Entry) -> bool {
    let profile = entry.profile.as_ref();
    let by_server = profile.is_some_and(|it| it.protocol.is_some() && !it.from_cache);
    let answered = match (entry.api, &entry.end) {
        (Api::ConnectSocket, _) => true,
        (_, None) => false,
        (Api::Request | Api::UploadFile | Api::DownloadFile, Some(end)) => end.outcome.is_ok(),
    };
    by_server && answered && entry.head.is_some() && entry.request.is_some()
}

fn is_whole(entry: &Entry) -> bool {
    let sent = entry.first_request().is_none_or(|it| it.body.is_whole());
    let messages = || entry.messages.iter().all(|frame| frame.data.is_whole());
    sent && entry.body.is_whole() && messages() && entry.messages.len() < LIMITS.messages
}

fn write(folder: &Path, next: &mut usize, entry: &Entry, secrets: Secrets) -> io::Result<()> {
    let (Some(request), Some(head)) = (entry.first_request(), &entry.head) else {
        return Ok(());
    };
    let path = free_path(folder, next, entry, request);
    let mut parts = 0;
    let mut content = |data: &Body| {
        Content::of(&data.bytes, |bytes| {
            parts += 1;
            let name = beside(&path, parts);
            fs::write(path.with_file_name(&name), bytes)?;
            Ok(name)
        })
    };
    let mut body = |data: &Body| match data.length {
        0 => Ok(None),
        _ => content(data).map(Some),
    };
    let is_socket = entry.api == Api::ConnectSocket;
    let asked = Request {
        method: if is_socket { SOCKET } else { request.method }.to_owned(),
        url: request.url.clone(),
        headers: shown(&request.headers, secrets),
        body: body(&request.body)?,
        form: request.form.as_ref().map(FormFields::from),
    };
    let headers = shown(&head.headers, secrets);
    let tape = if is_socket {
        let lines = entry.messages.iter().map(|frame| line(frame, &mut content));
        let mut lines: Vec<Line> = lines.collect::<io::Result<_>>()?;
        let by_server = entry.closed.clone().filter(|_| !entry.closed_by_app);
        lines.extend(by_server.map(|(code, reason)| Line::Close { code, reason }));
        let protocol = head.header("sec-websocket-protocol").map(str::to_owned);
        Tape {
            request: asked,
            response: None,
            socket: Some(Socket {
                headers,
                protocol,
                lines,
            }),
        }
    } else {
        // The body is decoded, and as long as it is.
        let framing = ["content-encoding", "content-length", "transfer-encoding"];
        let is_framing = |name: &str| framing.iter().any(|it| name.eq_ignore_ascii_case(it));
        let headers = headers.into_iter().filter(|(name, _)| !is_framing(name));
        Tape {
            request: asked,
            response: Some(Response {
                status: head.status,
                headers: headers.collect(),
                body: body(&entry.body)?,
            }),
            socket: None,
        }
    };
    tape.write(&path)
}

/// The method of a socket's recording.
pub(crate) const SOCKET: &str = "SOCKET";

fn line(frame: &Frame, content: &mut impl FnMut(&Body) -> io::Result<Content>) -> io::Result<Line> {
    let data = match frame.is_text {
        true => Content::Text(String::from_utf8_lossy(&frame.data.bytes).into_owned()),
        false => binary(&frame.data, content)?,
    };
    Ok(match frame.sent {
        true => Line::App(data),
        false => Line::Server(data),
    })
}

/// What is binary is so, also where it could be read.
fn binary(
    data: &Body,
    content: &mut impl FnMut(&Body) -> io::Result<Content>,
) -> io::Result<Content> {
    match content(data)? {
        Content::Text(_) | Content::Json(_) => Ok(Content::Base64(STANDARD.encode(&data.bytes))),
        bytes @ (Content::Base64(_) | Content::File(_)) => Ok(bytes),
    }
}

fn shown(headers: &[Header], secrets: Secrets) -> Vec<(String, String)> {
    let shown = headers.iter().map(|Header { name, value }| {
        let value = secrets.shown(name, value);
        (name.clone(), value.to_owned())
    });
    shown.collect()
}

/// `0001-GET-api.example.com-notes.json`
fn free_path(folder: &Path, next: &mut usize, entry: &Entry, request: &SentRequest) -> PathBuf {
    const NAME_CHARS: usize = 60;
    let method = match entry.api {
        Api::ConnectSocket => SOCKET,
        Api::Request | Api::UploadFile | Api::DownloadFile => request.method,
    };
    let bare = request.url.split(['?', '#']).next().unwrap_or_default();
    let bare = bare.split_once("://").map_or(bare, |(_, rest)| rest);
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '.' {
            c
        } else {
            '-'
        }
    };
    let name: String = bare
        .trim_end_matches('/')
        .chars()
        .map(plain)
        .take(NAME_CHARS)
        .collect();
    loop {
        let path = folder.join(format!("{next:04}-{method}-{name}.json"));
        *next += 1;
        if !path.exists() {
            return path;
        }
    }
}

/// `0001-GET-api.example.com-notes.body1.bin`
fn beside(path: &Path, part: usize) -> String {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    format!("{stem}{}{part}.bin", tape::BESIDE)
}
