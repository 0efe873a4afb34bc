//! How a response is read for the app (section 6).

#[cfg(test)]
mod tests;

use std::{borrow::Cow, collections::HashMap};

use serde_json::value::RawValue;

use crate::{
    charset,
    exchange::{
        Answer, Data, DataType, Header, HttpVersion, Reading, ReceivedBody, ResponseHead,
        ResponseType,
    },
};

impl Answer {
    /// Reads the body as the app asked (P2–P4). That decodes the whole body and looks through all of it: call it once, and on the
    /// thread of whoever takes the answer, never on the network's (I1). A body in UTF-8 is borrowed and not copied.
    #[must_use]
    pub fn data(&self) -> Data<'_> {
        match &self.body {
            ReceivedBody::Whole(
                bytes,
                Reading {
                    response_type: ResponseType::ArrayBuffer,
                    ..
                },
            ) => Data::Bytes(bytes),
            ReceivedBody::Whole(
                bytes,
                Reading {
                    response_type: ResponseType::Text,
                    data_type,
                },
            ) => read_text(
                charset::decode(content_type(&self.head).as_deref(), bytes),
                *data_type,
            ),
            ReceivedBody::Chunked => Data::Chunked,
            ReceivedBody::File(name) => Data::File(name),
        }
    }
}

/// The headers as the app sees them (P5): repeated ones joined with `,` in the order of first appearance; names in Title-Case for
/// HTTP/1 and lower case for HTTP/2 and HTTP/3.
#[must_use]
pub fn joined_headers(
    headers: &[Header],
    version: HttpVersion,
) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
    /// So many are looked through faster than hashed.
    const FEW: usize = 16;
    let are_few = headers.len() <= FEW;
    let mut joined: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::with_capacity(headers.len());
    let mut places = HashMap::new();
    for Header { name, value } in headers {
        let name = name_for(name, version);
        let place = match are_few {
            true => joined.iter().position(|(known, _)| *known == name),
            false => places.get(&name).copied(),
        };
        if let Some((_, first)) = place.and_then(|place| joined.get_mut(place)) {
            let first = first.to_mut();
            first.push(',');
            first.push_str(value);
            continue;
        }
        if !are_few {
            places.insert(name.clone(), joined.len());
        }
        joined.push((name, Cow::Borrowed(value)));
    }
    joined
}

/// One element for each Set-Cookie, unchanged (P5).
#[must_use]
pub fn cookies(headers: &[Header]) -> Vec<&str> {
    let set_cookie = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("set-cookie"));
    set_cookie.map(|header| header.value.as_str()).collect()
}

/// P4: what does not parse is text. Only looked through, not taken apart: the app's own engine makes the value.
fn read_text(text: Cow<'_, str>, data_type: DataType) -> Data<'_> {
    match (data_type, text) {
        (DataType::Other, text) => Data::Text(text),
        (DataType::Json, Cow::Borrowed(text)) => match serde_json::from_str::<&RawValue>(text) {
            Ok(json) => Data::Json(Cow::Borrowed(json)),
            Err(_) => Data::Text(Cow::Borrowed(text)),
        },
        (DataType::Json, Cow::Owned(text)) => {
            match serde_json::from_str::<&RawValue>(&text).map(RawValue::to_owned) {
                Ok(json) => Data::Json(Cow::Owned(json)),
                Err(_) => Data::Text(Cow::Owned(text)),
            }
        }
    }
}

/// All Content-Type fields as one (RFC 9110 §5.3): which one counts is said by the charset rules.
fn content_type(head: &ResponseHead) -> Option<Cow<'_, str>> {
    let fields = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("content-type"));
    fields
        .map(|header| Cow::Borrowed(header.value.as_str()))
        .reduce(|all, next| Cow::Owned(format!("{all},{next}")))
}

/// As most servers write it, a name is borrowed.
fn name_for(name: &str, version: HttpVersion) -> Cow<'_, str> {
    match version {
        HttpVersion::Http1 if is_title_case(name) => Cow::Borrowed(name),
        HttpVersion::Http1 => Cow::Owned(title_case(name)),
        HttpVersion::Http2 | HttpVersion::Http3 if is_lower_case(name) => Cow::Borrowed(name),
        HttpVersion::Http2 | HttpVersion::Http3 => Cow::Owned(name.to_ascii_lowercase()),
    }
}

fn is_lower_case(name: &str) -> bool {
    !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_title_case(name: &str) -> bool {
    let mut is_first = true;
    name.bytes().all(
        |byte| match std::mem::replace(&mut is_first, byte == b'-') {
            true => !byte.is_ascii_lowercase(),
            false => !byte.is_ascii_uppercase(),
        },
    )
}

fn title_case(name: &str) -> String {
    let mut cased = name.to_ascii_lowercase();
    let mut start = 0;
    while let Some(first) = cased.get_mut(start..=start) {
        first.make_ascii_uppercase();
        match cased[start..].find('-') {
            Some(dash) => start += dash + 1,
            None => break,
        }
    }
    cased
}
