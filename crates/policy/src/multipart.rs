//! `multipart/form-data` with one file (F1; RFC 7578, and the WHATWG form algorithm for names).

use bytes::Bytes;

use crate::files::FileName;

/// A form to be sent: fields in order, then the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `formData`: names and values in the app's order.
    pub fields: Vec<(String, String)>,
    /// `name`: the field of the file.
    pub file_field: String,
    /// The file's name as the server sees it: the last part of its path, extension included.
    pub file_name: String,
    /// The file's type, by its extension; `application/octet-stream` if that says nothing.
    pub file_type: String,
    /// Where it is.
    pub file: FileName,
}

/// A form around its file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The request's content-type.
    pub content_type: String,
    /// What goes before the file's bytes.
    pub head: Bytes,
    /// What goes after them.
    pub tail: Bytes,
}

impl Form {
    /// Writes everything but the file's bytes. `boundary` must not occur in any value: I/O takes 128 random bits or more.
    #[must_use]
    pub fn render(&self, boundary: &str) -> Rendered {
        let _ = boundary;
        todo!()
    }
}
