//! The content codings that are known, and which of them a body has.

use std::fmt;

use appnet_policy::exchange::Header;

use super::{brotli::Brotli, decoder::Decoder, deflate::Deflate, gzip::Gzip, zstd::Zstd};
use crate::error::ExchangeError;

/// A content coding that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// P6: one for a body that was compressed, and one for a proxy that compressed it again. Each more multiplies what a byte can cost.
const MOST_CODINGS: usize = 2;

/// The codings to undo, the last applied first. One that is unknown stays, and with it all below it: the app gets the bytes as
/// they came, as it does from browsers.
pub(super) fn applied(headers: &[Header]) -> Result<Vec<Coding>, ExchangeError> {
    let fields = headers
        .iter()
        .filter(|header| header.name.eq_ignore_ascii_case("content-encoding"));
    let names: Vec<_> = fields
        .flat_map(|header| header.value.split(','))
        .map(str::trim)
        .collect();
    let mut codings = Vec::new();
    for name in names.into_iter().rev() {
        match name.to_ascii_lowercase().as_str() {
            "" | "identity" => {}
            "gzip" | "x-gzip" => codings.push(Coding::Gzip),
            "deflate" => codings.push(Coding::Deflate),
            "br" => codings.push(Coding::Brotli),
            "zstd" => codings.push(Coding::Zstd),
            unknown => {
                tracing::debug!(
                    coding = unknown,
                    "an unknown content coding is left as it is"
                );
                break;
            }
        }
    }
    if codings.len() > MOST_CODINGS {
        return Err(ExchangeError::Malformed(format!(
            "the body has {} layers of content codings; at most {MOST_CODINGS} are undone",
            codings.len()
        )));
    }
    Ok(codings)
}

impl Coding {
    pub(super) fn decoder(self) -> Box<dyn Decoder> {
        match self {
            Self::Gzip => Box::new(Gzip::new()),
            Self::Deflate => Box::new(Deflate::new()),
            Self::Brotli => Box::new(Brotli::new()),
            Self::Zstd => Box::new(Zstd::new()),
        }
    }
}

impl fmt::Display for Coding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        })
    }
}
