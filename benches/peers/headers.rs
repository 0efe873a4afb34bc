//! The headers that every client sends: those of a call of an app.

/// Names in the spelling of the wire, and values.
pub(crate) const HEADERS: [(&str, &str); 5] = [
    ("content-type", "application/json"),
    ("Accept", "*/*"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    (
        "Referer",
        "https://servicewechat.com/wxbench0/1/page-frame.html",
    ),
    ("User-Agent", concat!("appnet/", env!("CARGO_PKG_VERSION"))),
];

/// The same for the libraries that speak in the types of `http`.
pub(crate) fn map() -> http::HeaderMap {
    let pairs = HEADERS.map(|(name, value)| {
        let name = name.parse::<http::HeaderName>().expect("a name");
        (name, http::HeaderValue::from_static(value))
    });
    pairs.into_iter().collect()
}
