//! Bytes of received headers as text.

use std::fmt::Write as _;

/// UTF-8 if it is, else Latin-1, which any bytes are.
pub(crate) fn header_text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| char::from(byte)).collect(),
    }
}

/// The value of a received field. A `Location` that is not UTF-8 has its bytes percent-encoded as they are: whatever charset they were,
/// the server gets the same bytes back (U6).
pub(crate) fn field_value(name: &str, value: &[u8]) -> String {
    if name.eq_ignore_ascii_case("location") && std::str::from_utf8(value).is_err() {
        return percent_encoded(value);
    }
    header_text(value)
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for &byte in bytes {
        if byte.is_ascii() {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02X}").expect("a string takes all");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn u6_the_bytes_of_a_location_stay_what_they_are() {
        assert_eq!(field_value("LOCATION", b"/\xe9?\xff"), "/%E9?%FF");
        assert_eq!(field_value("location", "/é".as_bytes()), "/é");
        assert_eq!(field_value("x-location", b"/\xe9"), "/é");
    }
}
