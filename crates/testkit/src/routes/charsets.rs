//! Bodies whose bytes are no plain UTF-8 (P2, P3).

use crate::Reply;

/// The text of `/gbk` and `/gbk-undeclared`, decoded.
pub const GBK_TEXT: &str = "<!doctype html><p>小程序运行环境里的网络子系统会把这个页面从国标编码转换成统一码，然后再交给页面里的程序使用。</p>\n";

/// The same in GBK: literal bytes, so that no encoder has to be right for a decoder to be tested.
const GBK_BYTES: &[u8] = b"<!doctype html><p>\
    \xD0\xA1\xB3\xCC\xD0\xF2\xD4\xCB\xD0\xD0\xBB\xB7\xBE\xB3\xC0\xEF\xB5\xC4\xCD\xF8\xC2\xE7\
    \xD7\xD3\xCF\xB5\xCD\xB3\xBB\xE1\xB0\xD1\xD5\xE2\xB8\xF6\xD2\xB3\xC3\xE6\xB4\xD3\xB9\xFA\
    \xB1\xEA\xB1\xE0\xC2\xEB\xD7\xAA\xBB\xBB\xB3\xC9\xCD\xB3\xD2\xBB\xC2\xEB\xA3\xAC\xC8\xBB\
    \xBA\xF3\xD4\xD9\xBD\xBB\xB8\xF8\xD2\xB3\xC3\xE6\xC0\xEF\xB5\xC4\xB3\xCC\xD0\xF2\xCA\xB9\
    \xD3\xC3\xA1\xA3</p>\n";

pub(super) fn gbk() -> Reply {
    Reply::ok("text/html; charset=gbk", GBK_BYTES)
}

/// Only a guess can read it.
pub(super) fn gbk_undeclared() -> Reply {
    Reply::ok("text/html", GBK_BYTES)
}

/// JSON behind so many byte order marks.
pub(super) fn boms(count: usize) -> Reply {
    Reply::json(format!("{}{{\"boms\":{count}}}", "\u{feff}".repeat(count)))
}

#[cfg(test)]
mod tests {
    use super::{GBK_BYTES, GBK_TEXT};

    #[test]
    fn the_literal_bytes_are_the_text_in_gbk() {
        let (text, encoding, malformed) = encoding_rs::GBK.decode(GBK_BYTES);
        assert_eq!(
            (&*text, encoding, malformed),
            (GBK_TEXT, encoding_rs::GBK, false)
        );
    }
}
