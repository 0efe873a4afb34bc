use proptest::{collection::vec, prelude::*};

use super::*;

const BOUNDARY: &str = "0123456789abcdef0123456789abcdef";

fn form(fields: &[(&str, &str)], file_name: &str) -> Form {
    let fields = fields.iter();
    Form {
        fields: fields
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        file_field: "file".to_owned(),
        file_name: file_name.to_owned(),
        file_type: "image/png".to_owned(),
        file: FileName::Temporary("tmp_1.png".to_owned()),
    }
}

/// The whole body with this file in it.
fn body(form: &Form, file: &[u8]) -> Vec<u8> {
    let Rendered { head, tail, .. } = form.render(BOUNDARY);
    [&head, file, &tail].concat()
}

fn head(form: &Form) -> String {
    let head = form.render(BOUNDARY).head;
    String::from_utf8(head.into()).expect("F1: names and values are UTF-8")
}

/// A part as a strict reader finds it.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    headers: Vec<String>,
    content: Vec<u8>,
}

/// Takes a body apart by the letter of RFC 2046 §5.1.1, without a preamble, an epilogue or white space behind a boundary.
fn parts(body: &[u8]) -> Option<Vec<Part>> {
    let delimiter = format!("\r\n--{BOUNDARY}");
    let mut rest = body.strip_prefix(delimiter.trim_start().as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest == b"--\r\n" {
            return Some(parts);
        }
        let (content, after) = split_at(rest.strip_prefix(b"\r\n")?, delimiter.as_bytes())?;
        let (headers, content) = split_at(content, b"\r\n\r\n")?;
        let headers = str::from_utf8(headers).ok()?;
        parts.push(Part {
            headers: headers.split("\r\n").map(str::to_owned).collect(),
            content: content.to_owned(),
        });
        rest = after;
    }
}

fn split_at<'a>(bytes: &'a [u8], separator: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let place = bytes
        .windows(separator.len())
        .position(|window| window == separator)?;
    Some((&bytes[..place], &bytes[place + separator.len()..]))
}

/// Line breaks as the standard's own words have them, letter by letter.
fn normal(text: &str) -> String {
    let mut normal = String::new();
    let mut before = None;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\r' if letters.peek() != Some(&'\n') => normal.push_str("\r\n"),
            '\n' if before != Some('\r') => normal.push_str("\r\n"),
            letter => normal.push(letter),
        }
        before = Some(letter);
    }
    normal
}

fn escaped(text: &str) -> String {
    text.replace('"', "%22")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

#[test]
fn f1_a_form_is_its_fields_in_order_and_then_the_file() {
    let form = form(&[("b", "1"), ("a", "小\u{1f600}"), ("b", "")], "图.png");
    let expected = "--B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n1\r\n\
        --B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n小😀\r\n\
        --B\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n\
        --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"图.png\"\r\nContent-Type: image/png\r\n\r\n";
    let rendered = form.render("B");
    assert_eq!(rendered.head, expected.as_bytes());
    assert_eq!(rendered.tail, b"\r\n--B--\r\n".as_slice());
    assert_eq!(rendered.content_type, "multipart/form-data; boundary=B");
}

#[test]
fn f1_quotes_and_line_breaks_of_names_are_escaped_and_nothing_else_is() {
    let name = "a\"b\r\nc\\d;e%22f\t'g";
    let head = head(&form(&[(name, "")], name));
    let escaped = "a%22b%0D%0Ac\\d;e%22f\t'g";
    assert_eq!(
        head.matches(&format!("name=\"{escaped}\"")).count(),
        2,
        "{head}"
    );
    assert!(
        head.contains(&format!("; filename=\"{escaped}\"\r\n")),
        "{head}"
    );
}

#[test]
fn f1_line_breaks_of_field_names_and_values_are_crlf_and_those_of_a_file_name_stay() {
    for (text, normal) in [
        ("a\nb", "a\r\nb"),
        ("a\rb", "a\r\nb"),
        ("a\r\nb", "a\r\nb"),
        ("\n\r", "\r\n\r\n"),
        ("\r\r\n\n", "\r\n\r\n\r\n"),
        ("\r", "\r\n"),
        ("\n", "\r\n"),
        ("", ""),
    ] {
        let head = head(&form(&[(text, text)], text));
        let name = escaped(normal);
        assert!(
            head.contains(&format!("name=\"{name}\"\r\n\r\n{normal}\r\n--")),
            "{text:?}: {head}"
        );
        let file_name = escaped(text);
        assert!(
            head.contains(&format!("filename=\"{file_name}\"\r\n")),
            "{text:?}: {head}"
        );
    }
}

#[test]
fn f1_no_text_injects_a_part() {
    let injected = format!(
        "x\r\n--{}\r\nContent-Disposition: form-data; name=\"admin\"\r\n\r\n1",
        "guessed"
    );
    let mut form = form(&[(&injected, &injected)], &injected);
    form.file_field = injected.clone();
    form.file_type = format!("image/png\r\n{injected}");
    let parts = parts(&body(&form, b"file")).expect("a form");
    assert_eq!(parts.len(), 2);
    assert_eq!(parts[0].headers.len(), 1, "{:?}", parts[0]);
    assert_eq!(parts[1].headers.len(), 2, "{:?}", parts[1]);
    assert_eq!(parts[0].content, injected.as_bytes());
    assert_eq!(parts[1].content, b"file");
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "([\r\n\"%;:=-]|[a小😀 ]){0,12}",
        any::<String>(),
        "(\r\n--){1,2}[0-9a-f]{0,8}(\r\n){0,2}Content-Disposition: form-data; name=\"x\"(\r\n){0,2}",
    ]
}

proptest! {
    #[test]
    fn f1_a_strict_reader_finds_exactly_the_parts(
        fields in vec((text(), text()), 0..5),
        [file_field, file_name, file_type] in [text(), text(), text()],
        file in vec(any::<u8>(), 0..40),
    ) {
        let form = Form { fields, file_field, file_name, file_type, ..form(&[], "") };
        let parts = parts(&body(&form, &file)).expect("a form");
        let (file_part, fields) = parts.split_last().expect("a part for the file");
        prop_assert_eq!(fields.len(), form.fields.len());
        for (part, (name, value)) in fields.iter().zip(&form.fields) {
            let disposition = format!("Content-Disposition: form-data; name=\"{}\"", escaped(&normal(name)));
            prop_assert_eq!(&part.headers, &[disposition]);
            prop_assert_eq!(&part.content, &normal(value).into_bytes());
        }
        let disposition = format!(
            "Content-Disposition: form-data; name=\"{}\"; filename=\"{}\"",
            escaped(&normal(&form.file_field)),
            escaped(&form.file_name)
        );
        prop_assert_eq!(file_part.headers.len(), 2);
        prop_assert_eq!(&file_part.headers[0], &disposition);
        prop_assert!(file_part.headers[1].starts_with("Content-Type: "));
        prop_assert_eq!(&file_part.content, &file);
    }
}
