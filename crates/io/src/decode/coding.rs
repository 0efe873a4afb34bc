//! The content codings that are known, and the steps in which all of them are undone.

use std::fmt;

use appnet_policy::exchange::Header;

use super::{brotli::Brotli, deflate::Deflate, gzip::Gzip, zstd::Zstd};
use crate::error::Happened;

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
pub(super) fn applied(headers: &[Header]) -> Result<Vec<Coding>, Happened> {
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
        return Err(Happened::Malformed(format!(
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

/// Undoes one coding, without I/O. What a step costs is bounded by the input and the output it gets.
pub(super) trait Decoder {
    /// Reads of `input` and writes to `output`. All that the input so far gives is written, as long as there is room for it: room that is left
    /// says that there is no more.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Damaged>;

    /// H6: whether the last block was read. Asked once, at the end of an input that did not end by itself.
    fn is_whole(&mut self) -> bool;
}

/// What one step did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    /// Nothing that follows belongs to the data.
    pub(super) ended: bool,
}

/// Why data cannot be decoded, in a library's words or ours.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damaged(pub(super) String);

impl From<&str> for Damaged {
    fn from(words: &str) -> Self {
        Self(words.to_owned())
    }
}

/// A field of a fixed length, as far as it has come.
pub(super) struct Field<const N: usize> {
    bytes: [u8; N],
    filled: usize,
}

impl<const N: usize> Field<N> {
    pub(super) const fn new() -> Self {
        Self {
            bytes: [0; N],
            filled: 0,
        }
    }

    /// Takes what belongs to it: how much that was, and the field once it is whole.
    pub(super) fn push(&mut self, input: &[u8]) -> (usize, Option<[u8; N]>) {
        let count = input.len().min(N - self.filled);
        self.bytes[self.filled..self.filled + count].copy_from_slice(&input[..count]);
        self.filled += count;
        (count, (self.filled == N).then_some(self.bytes))
    }
}
