//! What a file's name says of its type, and the other way round.

use url::Url;

/// Bytes of an extension: longer than any in use, short enough for every name.
const LONGEST: usize = 16;

/// The usual extension where the list of [`mime_guess`] has several, which it has in alphabetical order, or lacks it.
const USUAL: [(&str, &str); 21] = [
    ("application/javascript", "js"),
    ("application/postscript", "ps"),
    ("application/vnd.ms-excel", "xls"),
    ("application/vnd.ms-powerpoint", "ppt"),
    ("application/x-bzip2", "bz2"),
    ("application/x-x509-ca-cert", "crt"),
    ("application/xhtml+xml", "xhtml"),
    ("application/xml", "xml"),
    ("audio/mp4", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("audio/x-wav", "wav"),
    ("image/jpeg", "jpg"),
    ("image/tiff", "tiff"),
    ("text/html", "html"),
    ("text/javascript", "js"),
    ("text/plain", "txt"),
    ("text/xml", "xml"),
    ("video/mpeg", "mpg"),
    ("video/vnd.dlna.mpeg-tts", "ts"),
    ("video/x-matroska", "mkv"),
];

/// The media type of a file, by the extension of its name (F1).
#[must_use]
pub fn media_type(file_name: &str) -> Option<&'static str> {
    mime_guess::from_path(file_name).first_raw()
}

/// The extension for a downloaded file (F3), in lower case and without the dot: that of its Content-Type, else that of the URL's path. Where
/// a type has several, the URL's counts if it is one of them (`photo.jpeg` stays so), else the usual one.
///
/// Whatever a server sends, it is made of at most 16 ASCII letters and digits. `None`: neither says anything.
#[must_use]
pub fn extension(content_type: Option<&str>, url: &Url) -> Option<String> {
    let of_url = of_path(url.path());
    let of_type = content_type.and_then(|value| of_media_type(value, of_url.as_deref()));
    of_type.or(of_url)
}

fn of_media_type(content_type: &str, of_url: Option<&str>) -> Option<String> {
    let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
    if essence == "application/octet-stream" {
        return None; // says that the type is not known; the list has extensions for it all the same
    }
    let known = mime_guess::get_mime_extensions_str(&essence).unwrap_or_default();
    let usual = USUAL.iter().find(|(name, _)| *name == essence);
    of_url
        .filter(|extension| known.contains(extension))
        .or(usual.map(|(_, extension)| *extension))
        .or(known.first().copied())
        .and_then(sane)
}

/// That of the last segment. One that is percent-encoded has characters that no extension needs.
fn of_path(path: &str) -> Option<String> {
    let file = path.rsplit('/').next()?;
    let (name, extension) = file.rsplit_once('.')?;
    if name.is_empty() {
        return None; // `.htaccess` has none
    }
    sane(extension)
}

fn sane(extension: &str) -> Option<String> {
    let is_sane = (1..=LONGEST).contains(&extension.len())
        && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    is_sane.then(|| extension.to_ascii_lowercase())
}
