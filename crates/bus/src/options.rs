//! The options of a call, from JSON to types (R7, J2, J6, J7).

use appnet_policy::{
    Failure,
    body::CallData,
    exchange::{DataType, Header, RedirectMode, ResponseType},
    failure::ParameterError,
    prepare::RequestOptions,
    rules::Refusal,
};
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::{
    command::{Malformed, malformed, shortened},
    fields::{Fields, string, tagged_type, type_name},
};

/// Why options cannot be read.
pub(crate) enum OptionsError {
    /// Values of wrong types: the app hears of each (R7).
    Parameters(Vec<ParameterError>),
    /// Not in the bus's own form: the UI layer's mistake.
    Malformed(Malformed),
}

impl From<Malformed> for OptionsError {
    fn from(error: Malformed) -> Self {
        Self::Malformed(error)
    }
}

/// Options that are part of the platform and not built yet: accepted, and the app is warned (R6).
const NOT_BUILT: [&str; 7] = [
    "enableCache",
    "enableChunked",
    "enableHttpDNS",
    "enableQuic",
    "forceCellularNetwork",
    "httpDNSServiceId",
    "useHighPerformanceMode",
];

const REQUEST: [&str; 17] = [
    "url",
    "data",
    "header",
    "method",
    "timeout",
    "dataType",
    "responseType",
    "redirect",
    "enableHttp2",
    "enableProfile",
    "enableCache",
    "enableChunked",
    "enableHttpDNS",
    "enableQuic",
    "forceCellularNetwork",
    "httpDNSServiceId",
    "useHighPerformanceMode",
];

/// Reads the options of `wx.request`.
pub(crate) fn read_request(
    options: &Fields<'_>,
    attachments: &[Bytes],
) -> Result<RequestOptions, OptionsError> {
    if let Some(unknown) = options.unknown(&REQUEST) {
        let field = format!("options.{}", shortened(unknown));
        return Err(malformed(
            field,
            format!("one of {}", REQUEST.join(", ")),
            "an option of another name",
        )
        .into());
    }
    let mut reader = Reader {
        options,
        wrong: Vec::new(),
    };
    let read = RequestOptions {
        url: reader.required_string("url"),
        data: data(options.get("data"), attachments)?,
        header: reader.headers(),
        method: reader.string("method").unwrap_or_default(),
        timeout: options
            .get("timeout")
            .and_then(|value| serde_json::from_str(value.get()).ok()),
        data_type: match reader.string("dataType") {
            Some(other) if other != "json" => DataType::Other,
            Some(_) | None => DataType::Json,
        },
        response_type: match reader.string("responseType").as_deref() {
            Some("arraybuffer") => ResponseType::ArrayBuffer,
            Some(_) | None => ResponseType::Text,
        },
        redirect: match reader.string("redirect").as_deref() {
            Some("manual") => RedirectMode::Manual,
            Some(_) | None => RedirectMode::Follow,
        },
        enable_http2: reader.boolean("enableHttp2").unwrap_or(false),
        enable_profile: reader.boolean("enableProfile").unwrap_or(true),
        not_implemented: NOT_BUILT
            .into_iter()
            .filter(|name| is_on(options.get(name)))
            .collect(),
    };
    if reader.wrong.is_empty() {
        Ok(read)
    } else {
        Err(OptionsError::Parameters(reader.wrong))
    }
}

/// What a call with wrong options is refused with (R7).
pub(crate) fn refusal(wrong: Vec<ParameterError>) -> Refusal {
    let clauses: Vec<_> = wrong
        .iter()
        .map(|e| {
            format!(
                "{} should be {} instead of {}",
                e.field, e.expected, e.found
            )
        })
        .collect();
    Refusal {
        reason: clauses.join(", "),
        failure: Failure::Parameters(wrong),
        rule: "R7",
        nearest: None,
    }
}

/// Whether an option asks for something: `false`, an empty text and `null` do not.
fn is_on(value: Option<&RawValue>) -> bool {
    value.is_some_and(|value| !matches!(value.get(), "false" | "null" | "\"\"" | "0"))
}

/// `data` in the bus's own form: exactly one of `text`, `json`, `bytes`, `unserialisable` (R5).
fn data(value: Option<&RawValue>, attachments: &[Bytes]) -> Result<CallData, Malformed> {
    const FORMS: &str = "Object with one of text, json, bytes, unserialisable";
    let Some(value) = value.filter(|value| value.get() != "null") else {
        return Ok(CallData::None);
    };
    let wrong = || malformed("options.data", FORMS, type_name(Some(value)));
    let fields = Fields::read(value.get()).ok_or_else(wrong)?;
    let [(form, content)] = fields.0.as_slice() else {
        return Err(wrong());
    };
    match form.as_ref() {
        "text" => string(content)
            .map(CallData::Text)
            .ok_or_else(|| malformed("options.data.text", "String", type_name(Some(content)))),
        "json" => Ok(CallData::Json((*content).to_owned())),
        "bytes" => attachment(content, attachments).map(CallData::Bytes),
        "unserialisable" => Ok(CallData::Unserialisable),
        other => Err(malformed(
            format!("options.data.{}", shortened(other)),
            FORMS,
            "a field of another name",
        )),
    }
}

fn attachment(index: &RawValue, attachments: &[Bytes]) -> Result<Bytes, Malformed> {
    let place: Option<usize> = serde_json::from_str(index.get()).ok();
    place
        .and_then(|place| attachments.get(place))
        .cloned()
        .ok_or_else(|| {
            let expected = format!(
                "the index of one of the message's {} attachments",
                attachments.len()
            );
            malformed("options.data.bytes", expected, shortened(index.get()))
        })
}

/// Picks fields by type and remembers the wrong ones.
struct Reader<'a> {
    options: &'a Fields<'a>,
    wrong: Vec<ParameterError>,
}

impl Reader<'_> {
    fn required_string(&mut self, name: &str) -> String {
        let value = self.options.get(name);
        value.and_then(string).unwrap_or_else(|| {
            self.mistake(name, "String", type_name(value));
            String::new()
        })
    }

    fn string(&mut self, name: &str) -> Option<String> {
        self.optional(name, "String", string)
    }

    fn boolean(&mut self, name: &str) -> Option<bool> {
        self.optional(name, "Boolean", |value| {
            serde_json::from_str(value.get()).ok()
        })
    }

    /// An optional field: absent, `undefined` and `null` are not given.
    fn optional<T>(
        &mut self,
        name: &str,
        expected: &'static str,
        read: impl Fn(&RawValue) -> Option<T>,
    ) -> Option<T> {
        let value = given(self.options.get(name))?;
        let read = read(value);
        if read.is_none() {
            self.mistake(name, expected, type_name(Some(value)));
        }
        read
    }

    fn headers(&mut self) -> Vec<Header> {
        let Some(value) = given(self.options.get("header")) else {
            return Vec::new();
        };
        let Some(fields) = Fields::read(value.get()).filter(|_| tagged_type(value).is_none())
        else {
            self.mistake("header", "Object", type_name(Some(value)));
            return Vec::new();
        };
        fields
            .0
            .iter()
            .filter_map(|(name, value)| self.header(name, value))
            .collect()
    }

    fn header(&mut self, name: &str, value: &RawValue) -> Option<Header> {
        let value = given(Some(value))?;
        let text = match type_name(Some(value)).as_str() {
            "String" => string(value),
            "Number" | "Boolean" => Some(value.get().to_owned()),
            _ => None,
        };
        if text.is_none() {
            self.mistake(
                &format!("header.{}", shortened(name)),
                "String",
                type_name(Some(value)),
            );
        }
        text.map(|value| Header {
            name: name.to_owned(),
            value,
        })
    }

    fn mistake(&mut self, field: &str, expected: &'static str, found: String) {
        self.wrong.push(ParameterError {
            field: field.to_owned(),
            expected,
            found: shortened(&found),
        });
    }
}

fn given(value: Option<&RawValue>) -> Option<&RawValue> {
    value.filter(|value| !matches!(type_name(Some(value)).as_str(), "Null" | "Undefined"))
}
