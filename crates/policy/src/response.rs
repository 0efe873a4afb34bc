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
/// HTTP/1 and lower case for HTTP/2.
#[must_use]
pub fn joined_headers(headers: &[Header], version: HttpVersion) -> Vec<(String, String)> {
    let mut joined: Vec<(String, String)> = Vec::with_capacity(headers.len());
    let mut places = HashMap::with_capacity(headers.len());
    for Header { name, value } in headers {
        let name = name_for(name, version);
        match places
            .get(&name)
            .and_then(|&place: &usize| joined.get_mut(place))
        {
            Some((_, first)) => {
                first.push(',');
                first.push_str(value);
            }
            None => {
                places.insert(name.clone(), joined.len());
                joined.push((name, value.clone()));
            }
        }
    }
    joined
}

/// One element for each Set-Cookie, unchanged (P5).
#[must_use]
pub fn cookies(headers: &[Header]) -> Vec<String> {
    let set_cookie = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("set-cookie"));
    set_cookie.map(|header| header.value.clone()).collect()
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
fn content_type(head: &ResponseHead) -> Option<String> {
    let fields = head
        .headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("content-type"));
    fields
        .map(|header| header.value.clone())
        .reduce(|all, next| format!("{all},{next}"))
}

fn name_for(name: &str, version: HttpVersion) -> String {
    match version {
        HttpVersion::Http1 => title_case(name),
        HttpVersion::Http2 => name.to_ascii_lowercase(),
    }
}

fn title_case(name: &str) -> String {
    let mut starts_word = true;
    let cased = name.chars().map(|c| {
        let c = if starts_word {
            c.to_ascii_uppercase()
        } else {
            c.to_ascii_lowercase()
        };
        starts_word = c == '-';
        c
    });
    cased.collect()
}
