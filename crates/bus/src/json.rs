//! JSON as the bus writes it: names of our own as they stand, everything else escaped where it has to be.
//!
//! Hand-made, because a small answer has some forty names and numbers: serde writes each of them through a check for escapes.

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use serde_json::value::RawValue;

use crate::strings;

/// An object that is being written.
pub(crate) struct Object<'a> {
    out: &'a mut String,
    is_empty: bool,
}

/// The text of an object; it has room for so many bytes before it grows.
pub(crate) fn object(room: usize, write: impl FnOnce(&mut Object<'_>)) -> String {
    let mut out = String::with_capacity(room);
    object_into(&mut out, write);
    out
}

fn object_into(out: &mut String, write: impl FnOnce(&mut Object<'_>)) {
    out.push('{');
    write(&mut Object {
        out,
        is_empty: true,
    });
    out.push('}');
}

impl Object<'_> {
    pub(crate) fn text(&mut self, name: &'static str, text: &str) {
        self.name(name);
        strings::write(self.out, text);
    }

    pub(crate) fn number(&mut self, name: &'static str, number: impl Into<u64>) {
        self.name(name);
        self.out.push_str(itoa::Buffer::new().format(number.into()));
    }

    /// An address as text. Most are of IPv4, which the standard library writes through a buffer and a formatter.
    pub(crate) fn address(&mut self, name: &'static str, address: IpAddr) {
        let IpAddr::V4(address) = address else {
            return self.text(name, &address.to_string());
        };
        self.name(name);
        let mut before = '"';
        for octet in address.octets() {
            self.out.push(before);
            self.out.push_str(itoa::Buffer::new().format(octet));
            before = '.';
        }
        self.out.push('"');
    }

    /// A number, if there is one.
    pub(crate) fn maybe(&mut self, name: &'static str, number: Option<u64>) {
        if let Some(number) = number {
            self.number(name, number);
        }
    }

    pub(crate) fn signed(&mut self, name: &'static str, number: i64) {
        self.name(name);
        self.out.push_str(itoa::Buffer::new().format(number));
    }

    /// A list of objects.
    pub(crate) fn objects<T>(
        &mut self,
        name: &'static str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Object<'_>, T),
    ) {
        self.name(name);
        self.out.push('[');
        for (i, item) in items.into_iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            object_into(self.out, |it| write(it, item));
        }
        self.out.push(']');
    }

    pub(crate) fn boolean(&mut self, name: &'static str, boolean: bool) {
        self.name(name);
        self.out.push_str(if boolean { "true" } else { "false" });
    }

    /// A value that is JSON already.
    pub(crate) fn json(&mut self, name: &'static str, json: &RawValue) {
        self.name(name);
        self.out.push_str(json.get());
    }

    pub(crate) fn object(&mut self, name: &'static str, write: impl FnOnce(&mut Object<'_>)) {
        self.name(name);
        object_into(self.out, write);
    }

    pub(crate) fn texts<'a>(
        &mut self,
        name: &'static str,
        texts: impl IntoIterator<Item = &'a str>,
    ) {
        self.name(name);
        self.out.push('[');
        for (i, text) in texts.into_iter().enumerate() {
            if i > 0 {
                self.out.push(',');
            }
            strings::write(self.out, text);
        }
        self.out.push(']');
    }

    /// A text under a name that is not ours.
    pub(crate) fn entry(&mut self, name: &str, text: &str) {
        self.comma();
        strings::write(self.out, name);
        self.out.push(':');
        strings::write(self.out, text);
    }

    fn name(&mut self, name: &'static str) {
        self.comma();
        self.out.push('"');
        self.out.push_str(name);
        self.out.push_str("\":");
    }

    fn comma(&mut self) {
        if !std::mem::replace(&mut self.is_empty, false) {
            self.out.push(',');
        }
    }
}
