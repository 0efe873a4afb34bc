//! `multipart/form-data` with one file (F1; RFC 7578, and the WHATWG form algorithm for names).

#[cfg(test)]
mod tests;

use std::fmt::Write as _;

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
    ///
    /// As browsers do (<https://html.spec.whatwg.org/#multipart-form-data>): everything is UTF-8, line breaks of names and values are CRLF,
    /// and in names and file names `"`, CR and LF are `%22`, `%0D`, `%0A` (nothing else is escaped), so that no text ends its line or
    /// quotes.
    #[must_use]
    pub fn render(&self, boundary: &str) -> Rendered {
        let mut head = String::new();
        for (name, value) in &self.fields {
            push_part(&mut head, boundary, name);
            head.push_str("\r\n\r\n");
            push_with_crlf(&mut head, value);
            head.push_str("\r\n");
        }
        push_part(&mut head, boundary, &self.file_field);
        head.push_str("; filename=\"");
        push_escaped(&mut head, &self.file_name);
        head.push_str("\"\r\nContent-Type: ");
        // A type comes from a table of ours; were it somebody's text, it could not end the line either.
        head.extend(self.file_type.chars().filter(|c| !c.is_control()));
        head.push_str("\r\n\r\n");
        Rendered {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            head: head.into(),
            tail: format!("\r\n--{boundary}--\r\n").into(),
        }
    }
}

/// The start of a part, up to its name.
fn push_part(text: &mut String, boundary: &str, name: &str) {
    write!(
        text,
        "--{boundary}\r\nContent-Disposition: form-data; name=\""
    )
    .expect("a string takes all");
    let mut normal = String::with_capacity(name.len());
    push_with_crlf(&mut normal, name);
    push_escaped(text, &normal);
    text.push('"');
}

/// Every line break, be it CR, LF or both, as CRLF.
fn push_with_crlf(text: &mut String, value: &str) {
    let mut letters = value.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' => {
                letters.next_if_eq(&'\n');
                text.push_str("\r\n");
            }
            '\n' => text.push_str("\r\n"),
            letter => text.push(letter),
        }
    }
}

fn push_escaped(text: &mut String, name: &str) {
    for c in name.chars() {
        match c {
            '"' => text.push_str("%22"),
            '\r' => text.push_str("%0D"),
            '\n' => text.push_str("%0A"),
            c => text.push(c),
        }
    }
}
