//! What the list of `mime_guess` does not say: the names of types that servers use without their being registered, and which of a
//! type's extensions is the usual one. The list has them in alphabetical order.

use std::borrow::Cow;

/// Names in use that are not registered, with the one that is. An `x-` before a registered name needs no line.
const ALIASES: [(&str, &str); 25] = [
    ("application/csv", "text/csv"),
    ("application/rar", "application/x-rar-compressed"),
    ("application/vnd.rar", "application/x-rar-compressed"),
    ("application/x-rar", "application/x-rar-compressed"),
    (
        "application/x-apk",
        "application/vnd.android.package-archive",
    ),
    ("application/x-zip-compressed", "application/zip"),
    ("audio/mp3", "audio/mpeg"),
    ("audio/mpeg3", "audio/mpeg"),
    ("audio/mpg", "audio/mpeg"),
    ("audio/x-mp3", "audio/mpeg"),
    ("audio/x-mpeg3", "audio/mpeg"),
    ("audio/x-mpg", "audio/mpeg"),
    ("audio/vnd.wave", "audio/wav"),
    ("audio/wave", "audio/wav"),
    ("audio/x-pn-wav", "audio/wav"),
    ("image/jpg", "image/jpeg"),
    ("image/pjpeg", "image/jpeg"),
    ("image/x-jpg", "image/jpeg"),
    ("image/tif", "image/tiff"),
    ("image/vnd.microsoft.icon", "image/x-icon"),
    ("image/x-ms-bmp", "image/bmp"),
    ("image/x-windows-bmp", "image/bmp"),
    ("text/json", "application/json"),
    ("text/rtf", "application/rtf"),
    ("video/avi", "video/x-msvideo"),
];

/// The usual extension of types that have several, and that of types that the list lacks.
const USUAL: [(&str, &str); 49] = [
    ("application/java-archive", "jar"),
    ("application/javascript", "js"),
    ("application/msword", "doc"),
    ("application/pgp-signature", "sig"),
    ("application/postscript", "ps"),
    ("application/vnd.apple.mpegurl", "m3u8"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-outlook", "msg"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/vnd.visio", "vsd"),
    ("application/x-bzip2", "bz2"),
    ("application/x-mpegurl", "m3u8"),
    ("application/x-pkcs12", "p12"),
    ("application/x-shockwave-flash", "swf"),
    ("application/x-x509-ca-cert", "crt"),
    ("application/xhtml+xml", "xhtml"),
    ("application/xml", "xml"),
    ("audio/3gpp", "3gp"),
    ("audio/amr", "amr"),
    ("audio/mid", "mid"),
    ("audio/midi", "mid"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/opus", "opus"),
    ("audio/x-mpegurl", "m3u8"),
    ("image/jpeg", "jpg"),
    ("image/svg+xml", "svg"),
    ("image/tiff", "tiff"),
    ("image/vnd.djvu", "djvu"),
    ("message/rfc822", "eml"),
    ("text/calendar", "ics"),
    ("text/html", "html"),
    ("text/javascript", "js"),
    ("text/markdown", "md"),
    ("text/plain", "txt"),
    ("text/sgml", "sgml"),
    ("text/vcard", "vcf"),
    ("text/xml", "xml"),
    ("text/x-fortran", "f"),
    ("text/x-yaml", "yaml"),
    ("text/yaml", "yaml"),
    ("application/yaml", "yaml"),
    ("video/mp2t", "ts"),
    ("video/mpeg", "mpg"),
    ("video/quicktime", "mov"),
    ("video/vnd.dlna.mpeg-tts", "ts"),
    ("video/x-matroska", "mkv"),
    ("video/x-ms-asf", "asf"),
];

/// The name of a type that the tables have, for one that servers use.
pub(super) fn registered(essence: &str) -> Cow<'_, str> {
    if let Some((_, registered)) = ALIASES.iter().find(|(alias, _)| *alias == essence) {
        return Cow::Borrowed(registered);
    }
    let without_x = match essence.split_once("/x-") {
        Some((kind, name)) if !is_known(essence) => Some(format!("{kind}/{name}")),
        Some(_) | None => None,
    };
    match without_x {
        Some(registered) if is_known(&registered) => Cow::Owned(registered),
        Some(_) | None => Cow::Borrowed(essence),
    }
}

pub(super) fn usual(registered: &str) -> Option<&'static str> {
    USUAL
        .iter()
        .find(|(name, _)| *name == registered)
        .map(|(_, extension)| *extension)
}

/// What a type is made of (RFC 6838 §4.2.8).
pub(super) fn of_suffix(essence: &str) -> Option<&'static str> {
    match essence.rsplit_once('+')?.1 {
        "json" => Some("json"),
        "xml" => Some("xml"),
        "zip" => Some("zip"),
        "gzip" => Some("gz"),
        _ => None,
    }
}

fn is_known(essence: &str) -> bool {
    usual(essence).is_some() || mime_guess::get_mime_extensions_str(essence).is_some()
}
