//! Bytes in and out of the engine.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use rquickjs::{ArrayBuffer, CString, Ctx, Error, Exception, Function, Result};

use crate::script::script;

/// Bytes that are on the way at once, so that a big buffer does not stand in memory four times.
const PIECE: usize = 768 << 10;

/// Made before a program can change what it is made of.
const READER: &str = "
    (() => {
      const { apply } = Reflect, { toBase64 } = Uint8Array.prototype, View = Uint8Array
      return (buffer, start, length) => apply(toBase64, new View(buffer, start, length), [])
    })()";

/// Gives an engine what [`bytes_of`] reads with.
pub(crate) fn prepare(ctx: &Ctx<'_>) -> Result<()> {
    let reader: Function<'_> = script(ctx, "appnet:reader.js", READER)?;
    match ctx.store_userdata(reader) {
        Ok(_) => Ok(()),
        Err(_in_use) => Err(Error::Unknown),
    }
}

/// An ArrayBuffer of the engine with these bytes, the program's own from now on (J7).
///
/// A copy into memory of the engine: only what the engine has allocated counts in its limit (I4).
///
/// # Errors
/// When the engine has no memory; a program can catch it.
pub fn to_buffer<'js>(ctx: &Ctx<'js>, bytes: Bytes) -> Result<ArrayBuffer<'js>> {
    ArrayBuffer::new_copy(ctx.clone(), bytes)
}

/// A copy of what an ArrayBuffer of an [`Engine`](crate::Engine) holds now.
///
/// The safe interface of rquickjs gives no slice of an engine's memory, because a program that runs meanwhile could free it. Strings it
/// does give, so the bytes come as base64, which both sides have in fast loops: some 5 ms for a mebibyte in a debug build, where reading
/// four bytes after another takes 20 to 30.
///
/// # Errors
/// When the buffer is detached or there is no memory; a program can catch it.
pub fn bytes_of<'js>(ctx: &Ctx<'js>, buffer: &ArrayBuffer<'js>) -> Result<Bytes> {
    // A detached one has thrown already.
    let length = buffer.as_raw().ok_or(Error::Exception)?.len();
    let reader = ctx
        .userdata::<Function<'js>>()
        .ok_or(Error::Unknown)?
        .clone();
    let mut copy = Vec::new();
    copy.try_reserve_exact(length)
        .map_err(|_no_memory| Exception::throw_internal(ctx, "out of memory"))?;
    for start in (0..length).step_by(PIECE) {
        let piece = PIECE.min(length - start);
        let text: CString<'js> = reader
            .call::<_, rquickjs::String<'js>>((buffer.clone(), start, piece))?
            .to_cstring()?;
        STANDARD
            .decode_vec(text.as_str(), &mut copy)
            .map_err(|_not_base64| Error::Unknown)?;
    }
    Ok(copy.into())
}
