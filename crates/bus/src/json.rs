//! JSON as the bus writes it: names of our own as they stand, everything else escaped where it has to be.
//!
//! Hand-made, because a small answer has some forty names and numbers: serde writes each of them through a check for escapes.

#[cfg(test)]
mod tests;

use serde_json::value::RawValue;

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
        write_text(self.out, text);
    }

    pub(crate) fn number(&mut self, name: &'static str, number: impl Into<u64>) {
        self.name(name);
        self.out.push_str(itoa::Buffer::new().format(number.into()));
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
            write_text(self.out, text);
        }
        self.out.push(']');
    }

    /// A text under a name that is not ours.
    pub(crate) fn entry(&mut self, name: &str, text: &str) {
        self.comma();
        write_text(self.out, name);
        self.out.push(':');
        write_text(self.out, text);
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

/// A string in its quotes (RFC 8259 §7). Sixteen bytes at once are looked at by vector instructions: most have nothing to escape.
fn write_text(out: &mut String, text: &str) {
    const BLOCK: usize = 16;
    out.reserve(text.len() + 2);
    out.push('"');
    let mut written = 0;
    for (i, block) in text.as_bytes().chunks(BLOCK).enumerate() {
        if !block
            .iter()
            .fold(false, |any, &byte| any | is_special(byte))
        {
            continue;
        }
        for (j, &byte) in block.iter().enumerate() {
            if is_special(byte) {
                let at = i * BLOCK + j;
                out.push_str(&text[written..at]);
                write_escaped(out, byte);
                written = at + 1; // what is escaped is ASCII
            }
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

const fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn write_escaped(out: &mut String, byte: u8) {
    out.push_str(match byte {
        b'"' => r#"\""#,
        b'\\' => r"\\",
        b'\n' => r"\n",
        b'\r' => r"\r",
        b'\t' => r"\t",
        0x08 => r"\b",
        0x0c => r"\f",
        other => return out.push_str(&format!("\\u{other:04x}")),
    });
}
