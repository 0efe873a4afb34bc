//! What a file's name says of its type, and the other way round.

mod types;

use url::Url;

/// Bytes of an extension: longer than any in use, short enough for every name.
const LONGEST: usize = 16;

/// The media type of a file, by the extension of its name (F1).
#[must_use]
pub fn media_type(file_name: &str) -> Option<&'static str> {
    mime_guess::from_path(file_name).first_raw()
}

/// The extension for a downloaded file (F3), in lower case and without the dot: that of its Content-Type, else that of the URL's path. Where
/// a type has several, the URL's counts if it is one of them (`photo.jpeg` stays so), else the usual one. Of a type that nobody knows,
/// such as `application/vnd.api+json`, the suffix counts last.
///
/// Whatever a server sends, it is made of at most 16 ASCII letters and digits. `None`: nothing says anything.
#[must_use]
pub fn extension(content_type: Option<&str>, url: &Url) -> Option<String> {
    let of_url = of_path(url.path());
    let essence = content_type.and_then(essence);
    let essence = essence.as_deref();
    essence
        .and_then(|essence| of_type(essence, of_url.as_deref()))
        .or_else(|| of_url.clone())
        .or_else(|| essence.and_then(types::of_suffix).map(str::to_owned))
}

/// The type without its parameters; `None` for the one that says that the type is not known.
fn essence(content_type: &str) -> Option<String> {
    let essence = content_type.split(';').next()?.trim().to_ascii_lowercase();
    (essence != "application/octet-stream").then_some(essence)
}

fn of_type(essence: &str, of_url: Option<&str>) -> Option<String> {
    let registered = types::registered(essence);
    let known = mime_guess::get_mime_extensions_str(&registered).unwrap_or_default();
    of_url
        .filter(|extension| known.contains(extension))
        .or_else(|| types::usual(&registered))
        .or_else(|| known.first().copied())
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
