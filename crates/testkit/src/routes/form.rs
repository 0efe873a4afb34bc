//! `/upload`: what a form was made of, as JSON.
//!
//! ```json
//! {"fields": [["name", "value"]], "files": [{"field": "…", "name": "a.png", "type": "image/png", "size": 12, "crc32": 305419896}]}
//! ```

use memchr::memmem;
use serde_json::{Value, json};

use crate::{Reply, Request};

pub(super) fn reply(request: &Request<'_>) -> Option<Reply> {
    let mut fields = Vec::new();
    let mut files = Vec::new();
    for part in parts(boundary(request.header("content-type")?)?, request.body)? {
        match part.file_name {
            Some(_) => files.push(part.as_file()),
            None => fields.push((part.name, String::from_utf8_lossy(part.content))),
        }
    }
    Some(Reply::json(
        json!({ "fields": fields, "files": files }).to_string(),
    ))
}

/// One part of a form (RFC 7578 §4.2).
struct Part<'a> {
    name: &'a str,
    file_name: Option<&'a str>,
    content_type: Option<&'a str>,
    content: &'a [u8],
}

impl<'a> Part<'a> {
    fn new(head: &'a str, content: &'a [u8]) -> Option<Self> {
        let disposition = field(head, "content-disposition")?.strip_prefix("form-data;")?;
        Some(Self {
            name: parameter(disposition, " name=\"")?,
            file_name: parameter(disposition, " filename=\""),
            content_type: field(head, "content-type"),
            content,
        })
    }

    fn as_file(&self) -> Value {
        let mut crc = flate2::Crc::new();
        crc.update(self.content);
        json!({
            "field": self.name, "name": self.file_name, "type": self.content_type,
            "size": self.content.len(), "crc32": crc.sum(),
        })
    }
}

fn boundary(content_type: &str) -> Option<&str> {
    let (kind, boundary) = content_type.split_once("boundary=")?;
    kind.starts_with("multipart/form-data")
        .then(|| boundary.trim_matches('"'))
}

/// `None`: not every byte is where it belongs.
fn parts<'a>(boundary: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let line = format!("\r\n--{boundary}");
    let mut rest = body.strip_prefix(&line.as_bytes()[2..])?;
    let mut parts = Vec::new();
    while rest != b"--\r\n" && rest != b"--" {
        rest = rest.strip_prefix(b"\r\n")?;
        let (head, behind) = split(rest, b"\r\n\r\n")?;
        let (content, behind) = split(behind, line.as_bytes())?;
        parts.push(Part::new(std::str::from_utf8(head).ok()?, content)?);
        rest = behind;
    }
    Some(parts)
}

fn split<'a>(bytes: &'a [u8], at: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let start = memmem::find(bytes, at)?;
    Some((&bytes[..start], &bytes[start + at.len()..]))
}

fn field<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.split("\r\n")
        .filter_map(|line| line.split_once(':'))
        .find(|(n, _)| n.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

fn parameter<'a>(disposition: &'a str, start: &str) -> Option<&'a str> {
    disposition
        .split_once(start)?
        .1
        .split_once('"')
        .map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::{boundary, parts};

    #[test]
    fn a_form_falls_into_its_parts_and_nothing_else_is_one() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"k\"\r\n\r\nv\r\n-bx\r\n--b\r\ncontent-disposition: form-data; name=\"f\"; filename=\"a\"\r\nContent-Type: t/u\r\n\r\n\r\n--b--\r\n";
        // It looks like the boundary, and what follows it is neither an end nor a part.
        assert!(parts("b", body.replace("-bx", "--bx").as_bytes()).is_none());
        let found = parts("b", body.as_bytes()).unwrap();
        let seen: Vec<_> = found
            .iter()
            .map(|part| (part.name, part.file_name, part.content_type, part.content))
            .collect();
        assert_eq!(
            seen,
            [
                ("k", None, None, &b"v\r\n-bx"[..]),
                ("f", Some("a"), Some("t/u"), b"")
            ]
        );
    }

    #[test]
    fn a_boundary_may_be_quoted() {
        assert_eq!(boundary("multipart/form-data; boundary=\"x\""), Some("x"));
        assert_eq!(boundary("multipart/form-data; boundary=x"), Some("x"));
        assert_eq!(boundary("text/plain; boundary=x"), None);
    }
}
