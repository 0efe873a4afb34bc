//! Recordings of calls as files: one a call, in JSON, with a body that is no text beside it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use appnet_policy::{exchange::Header, multipart::Form};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One call.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tape {
    pub(crate) request: Request,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) response: Option<Response>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) socket: Option<Socket>,
}

/// What was asked for. A call is served by its method, URL and body.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    /// `SOCKET` for a socket.
    pub(crate) method: String,
    pub(crate) url: String,
    /// To be read by people.
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Content>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) form: Option<FormFields>,
}

/// The form of an upload; what is in its file does not count.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct FormFields {
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) file_field: String,
    pub(crate) file_name: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Response {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Content>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Socket {
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) protocol: Option<String>,
    #[serde(default)]
    pub(crate) lines: Vec<Line>,
}

/// What happened on a socket.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Line {
    App(Content),
    Server(Content),
    Close { code: u16, reason: String },
}

/// Bytes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Content {
    Text(String),
    /// The text of this JSON without white space, so that it can be read and changed.
    Json(Value),
    /// A short one that is no text.
    Base64(String),
    /// A file beside this one.
    File(String),
}

/// Texts that are longer stand in a file of their own.
const INLINE_BYTES: usize = 64 << 10;

/// So are bytes that are no text, from fewer on.
const BASE64_BYTES: usize = 256;

/// A tape that cannot be played, or a folder that holds none.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The folder cannot be read or written.
    #[error("{}: {error}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// A file that is no recording.
    #[error("{}: {what}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
    /// Recordings were to be made where some are.
    #[error("{} has recordings: take another folder, or add to them what is missing by --replay-or-record", .0.display())]
    Recorded(PathBuf),
}

pub(crate) fn io_error(path: &Path, error: io::Error) -> TapeError {
    TapeError::Io {
        path: path.to_owned(),
        error,
    }
}

/// The recordings of a folder, in the order of their names.
pub(crate) fn tapes(folder: &Path) -> Result<Vec<PathBuf>, TapeError> {
    let entries = fs::read_dir(folder).map_err(|error| io_error(folder, error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| io_error(folder, error))?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        if name.is_some_and(|name| name.ends_with(".json") && !name.contains(BESIDE)) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// In the name of each file that belongs to another.
pub(crate) const BESIDE: &str = ".body";

impl Tape {
    pub(crate) fn read(path: &Path) -> Result<Self, TapeError> {
        let text = fs::read_to_string(path).map_err(|error| io_error(path, error))?;
        let tape: Self = serde_json::from_str(&text).map_err(|error| TapeError::Wrong {
            path: path.to_owned(),
            what: format!("is no recording: {error}"),
        })?;
        let wrong = |what: &str| TapeError::Wrong {
            path: path.to_owned(),
            what: what.to_owned(),
        };
        match (&tape.response, &tape.socket) {
            (Some(response), None) if !(100..=599).contains(&response.status) => {
                Err(wrong("response.status should be from 100 to 599"))
            }
            (Some(_), None) | (None, Some(_)) => Ok(tape),
            (None, None) => Err(wrong("there should be a response, or a socket")),
            (Some(_), Some(_)) => Err(wrong("there should be a response or a socket, not both")),
        }
    }

    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string_pretty(self)?;
        text.push('\n');
        fs::write(path, text)
    }
}

impl Content {
    /// Bytes as a recording has them. `beside` writes a file for those that are no text, with this ending, and says its name.
    pub(crate) fn of(
        bytes: &[u8],
        beside: impl FnOnce(&[u8]) -> io::Result<String>,
    ) -> io::Result<Self> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.len() <= INLINE_BYTES => {
                Ok(json(text).unwrap_or_else(|| Self::Text(text.to_owned())))
            }
            Err(_) if bytes.len() <= BASE64_BYTES => Ok(Self::Base64(STANDARD.encode(bytes))),
            Ok(_) | Err(_) => beside(bytes).map(Self::File),
        }
    }

    /// The bytes.
    pub(crate) fn bytes(&self, tape: &Path) -> Result<Vec<u8>, TapeError> {
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Base64(base64) => STANDARD.decode(base64).map_err(|error| TapeError::Wrong {
                path: tape.to_owned(),
                what: format!("a base64 is none: {error}"),
            }),
            Self::Json(json) => Ok(json.to_string().into_bytes()),
            Self::File(name) => {
                let is_plain = Path::new(name)
                    .file_name()
                    .is_some_and(|it| it == name.as_str());
                if !is_plain {
                    return Err(TapeError::Wrong {
                        path: tape.to_owned(),
                        what: format!("the file {name:?} should be one of the same folder"),
                    });
                }
                let path = tape.with_file_name(name);
                fs::read(&path).map_err(|error| io_error(&path, error))
            }
        }
    }

    pub(crate) const fn is_text(&self) -> bool {
        matches!(self, Self::Text(_) | Self::Json(_))
    }
}

/// Only an object or array whose text comes out again byte by byte.
fn json(text: &str) -> Option<Content> {
    if !text.starts_with(['{', '[']) {
        return None;
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let again = value.to_string();
    (again == text).then_some(Content::Json(value))
}

pub(crate) fn headers(headers: &[(String, String)]) -> Vec<Header> {
    let headers = headers.iter().cloned();
    headers
        .map(|(name, value)| Header { name, value })
        .collect()
}

impl From<&Form> for FormFields {
    fn from(form: &Form) -> Self {
        Self {
            fields: form.fields.clone(),
            file_field: form.file_field.clone(),
            file_name: form.file_name.clone(),
        }
    }
}
