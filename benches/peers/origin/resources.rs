//! What the origin has.

use bytes::Bytes;

/// 200 bytes.
const SMALL: &str = r#"{"code":0,"message":"ok","data":{"id":12345678,"name":"a mini-program","price":1999,"list":[1,2,3,4,5,6,7,8,9,10],"tags":["small","new","sale"],"text":"a small answer as most are, in one record now"}}"#;

/// What a list of goods repeats.
const ITEM: &str = r#"{"id":12345,"name":"一种商品的名称，很长的描述文字","price":19.99,"tags":["red","blue"],"text":"a product of some kind, \"new\"","ok":true}"#;

const MEBIBYTE: usize = 1 << 20;

/// A piece of what is streamed.
pub(crate) const PIECE: usize = 64 << 10;

/// What can be asked for, made once.
#[derive(Debug)]
pub(crate) struct Resources {
    small: Bytes,
    json: Bytes,
    bytes: Bytes,
    /// A piece of a large body.
    pub(crate) piece: Bytes,
}

/// What stands at a path.
#[derive(Debug, Clone)]
pub(crate) enum Resource {
    /// JSON that is held whole.
    Json(Bytes),
    /// Bytes that are held whole.
    Bytes(Bytes),
    /// So many bytes, streamed.
    Large(u64),
    /// Nothing.
    Missing,
}

impl Resources {
    pub(crate) fn new() -> Self {
        let items = vec![ITEM; MEBIBYTE / ITEM.len()];
        let bytes: Vec<u8> = (0..MEBIBYTE).map(|n| (n * 31 % 251) as u8).collect();
        let bytes = Bytes::from(bytes);
        Self {
            small: Bytes::from_static(SMALL.as_bytes()),
            json: Bytes::from(format!("[{}]", items.join(","))),
            piece: bytes.slice(..PIECE),
            bytes,
        }
    }

    /// What stands at this path.
    pub(crate) fn at(&self, path: &str) -> Resource {
        match path {
            "/small" => Resource::Json(self.small.clone()),
            "/json" => Resource::Json(self.json.clone()),
            "/bytes" => Resource::Bytes(self.bytes.clone()),
            path => path
                .strip_prefix("/large/")
                .and_then(|length| length.parse().ok())
                .map_or(Resource::Missing, Resource::Large),
        }
    }
}

impl Resource {
    /// Its type, and how long it is.
    pub(crate) fn describe(&self) -> (&'static str, u64) {
        match self {
            Self::Json(body) => ("application/json", body.len() as u64),
            Self::Bytes(body) => ("application/octet-stream", body.len() as u64),
            Self::Large(length) => ("application/octet-stream", *length),
            Self::Missing => ("text/plain", 0),
        }
    }
}

/// What an upload is answered with.
pub(crate) fn receipt(count: u64) -> String {
    format!(r#"{{"received":{count}}}"#)
}
