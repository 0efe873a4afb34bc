//! What a message says.

/// As apps write their messages: JSON, with quotes and other scripts than Latin.
const ITEM: &str = r#"{"type":"move","id":12345,"x":10.5,"y":20.25,"name":"小程序"},"#;

/// A text of so many bytes.
pub(crate) fn text(length: usize) -> String {
    let mut text = String::with_capacity(length);
    for c in ITEM.chars().cycle() {
        if text.len() + c.len_utf8() > length {
            break;
        }
        text.push(c);
    }
    let missing = length - text.len();
    text.extend(std::iter::repeat_n(' ', missing));
    text
}
