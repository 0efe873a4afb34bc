//! Plays recordings back in the place of servers.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use appnet::{Reply, Served, SocketLine, SocketScript, StandIn};
use appnet_policy::{
    exchange::{Body, HttpVersion, OutgoingRequest, ResponseHead},
    socket::{SocketMessage, SocketRequest},
};

use crate::{
    record::SOCKET,
    tape::{self, FormFields, Line, Socket, Tape, TapeError},
};

/// What becomes of a call that no recording is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Unknown {
    /// It fails, as if there were no network.
    #[default]
    Fails,
    /// It goes out to its server.
    AsksServer,
}

/// The recordings of a folder: they answer calls by method, URL and body, in any order. Where there are several of the same, each answers once, in the order of their
/// names, and the last from then on. Give it to a network by [`NetworkBuilder::stand_in`](appnet::NetworkBuilder::stand_in).
///
/// ```no_run
/// use std::{path::Path, sync::Arc};
///
/// use appnet::Network;
/// use appnet_inspect::{Replay, Unknown};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let recordings = Replay::open(Path::new("tests/recordings"), Unknown::Fails)?;
/// let network = Network::builder().stand_in(Arc::new(recordings)).start()?;
/// # drop(network);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Replay {
    folder: PathBuf,
    unknown: Unknown,
    answers: Mutex<BTreeMap<Asked, VecDeque<Served>>>,
    sockets: Mutex<BTreeMap<Asked, VecDeque<SocketScript>>>,
}

/// What a recording is found by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Asked {
    method: String,
    url: String,
    body: AskedBody,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum AskedBody {
    Bytes(Vec<u8>),
    Form(FormFields),
}

impl Replay {
    /// Reads the recordings of a folder.
    ///
    /// # Errors
    /// The folder or a file cannot be read, or a file is no recording, and which.
    pub fn open(folder: &Path, unknown: Unknown) -> Result<Self, TapeError> {
        let mut replay = Self {
            folder: folder.to_owned(),
            unknown,
            answers: Mutex::default(),
            sockets: Mutex::default(),
        };
        for path in tape::tapes(folder)? {
            replay.add(&path)?;
        }
        Ok(replay)
    }

    fn add(&mut self, path: &Path) -> Result<(), TapeError> {
        let tape = Tape::read(path)?;
        let bytes = |content: Option<&tape::Content>| match content {
            Some(content) => content.bytes(path),
            None => Ok(Vec::new()),
        };
        let body = match tape.request.form {
            Some(form) => AskedBody::Form(form),
            None => AskedBody::Bytes(bytes(tape.request.body.as_ref())?),
        };
        let asked = Asked {
            method: tape.request.method,
            url: tape.request.url,
            body,
        };
        if let Some(response) = tape.response {
            let served = Served {
                head: ResponseHead {
                    status: response.status,
                    version: HttpVersion::Http1,
                    headers: tape::headers(&response.headers),
                },
                body: bytes(response.body.as_ref())?.into(),
            };
            let answers = self
                .answers
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner);
            answers.entry(asked).or_default().push_back(served);
        } else if let Some(socket) = tape.socket {
            let script = script(socket, path)?;
            let sockets = self
                .sockets
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner);
            sockets.entry(asked).or_default().push_back(script);
        }
        Ok(())
    }

    fn reply<T: Clone>(&self, of: &Mutex<BTreeMap<Asked, VecDeque<T>>>, asked: &Asked) -> Reply<T> {
        let mut of = of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = of.get_mut(asked).and_then(next) {
            return Reply::Served(found);
        }
        match self.unknown {
            Unknown::AsksServer => Reply::AskServer,
            Unknown::Fails => Reply::Nothing(self.missing(&of, asked)),
        }
    }

    /// Without the query, which may hold a secret.
    fn missing<T>(&self, of: &BTreeMap<Asked, T>, asked: &Asked) -> String {
        let Asked { method, url, .. } = asked;
        let (folder, bare) = (self.folder.display(), bare(url));
        let like = |it: &&Asked| it.method == *method && bare == self::bare(&it.url);
        let near = match of.keys().find(like) {
            Some(it) if it.url == *url => "; there is one with another body",
            Some(_) => "; there is one with another query",
            None => "",
        };
        format!(
            "{folder} has no recording of {method} {bare}{near}; to mend it: record it by --record, or let it go out by --replay-or-record"
        )
    }
}

fn bare(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

/// The first, which is gone then unless it is the last.
fn next<T: Clone>(of: &mut VecDeque<T>) -> Option<T> {
    match of.len() {
        0 | 1 => of.front().cloned(),
        _ => of.pop_front(),
    }
}

fn script(socket: Socket, path: &Path) -> Result<SocketScript, TapeError> {
    let lines = socket.lines.into_iter().map(|line| match line {
        Line::App(_) => Ok(SocketLine::AppSends),
        Line::Server(content) => {
            let bytes = content.bytes(path)?;
            Ok(SocketLine::ServerSends(match content.is_text() {
                true => SocketMessage::Text(String::from_utf8_lossy(&bytes).into_owned().into()),
                false => SocketMessage::Binary(bytes.into()),
            }))
        }
        Line::Close { code, reason } => Ok(SocketLine::ServerCloses(code, reason)),
    });
    Ok(SocketScript {
        headers: tape::headers(&socket.headers),
        protocol: socket.protocol,
        lines: lines.collect::<Result<_, TapeError>>()?,
    })
}

impl StandIn for Replay {
    fn answer(&self, request: &OutgoingRequest) -> Reply<Served> {
        let body = match &request.body {
            Body::Bytes(bytes) => AskedBody::Bytes(bytes.to_vec()),
            Body::Form(form) => AskedBody::Form(FormFields::from(&**form)),
        };
        let asked = Asked {
            method: request.method.as_str().to_owned(),
            url: request.target.url().as_str().to_owned(),
            body,
        };
        self.reply(&self.answers, &asked)
    }

    fn open(&self, request: &SocketRequest) -> Reply<SocketScript> {
        let asked = Asked {
            method: SOCKET.to_owned(),
            url: request.target.url().as_str().to_owned(),
            body: AskedBody::Bytes(Vec::new()),
        };
        self.reply(&self.sockets, &asked)
    }
}
