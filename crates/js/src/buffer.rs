//! Bytes in and out of the engine.

use bytes::Bytes;
use rquickjs::{ArrayBuffer, Constructor, Ctx, Result, TypedArray, Value};

/// An ArrayBuffer of the engine with these bytes, the program's own from now on (J7).
///
/// # Errors
/// When the engine has no memory.
pub fn to_buffer<'js>(ctx: &Ctx<'js>, bytes: Bytes) -> Result<ArrayBuffer<'js>> {
    // Without a copy where nobody else holds the bytes.
    ArrayBuffer::new(ctx.clone(), Vec::<u8>::from(bytes))
}

/// A copy of what an ArrayBuffer holds now.
///
/// The safe interface of rquickjs gives no slice of an engine's memory, because a program that runs meanwhile could free it. So the bytes
/// come through a typed array, four at a time: some 10 ms for a mebibyte. (A copy through a slice would be one `unsafe` line.)
///
/// # Errors
/// When the buffer is detached or the engine has no memory.
pub fn bytes_of<'js>(ctx: &Ctx<'js>, buffer: &ArrayBuffer<'js>) -> Result<Bytes> {
    let len = buffer.len();
    let mut copy = Vec::with_capacity(len);
    if let Some(words) = words(ctx, buffer) {
        for i in 0..len / 4 {
            copy.extend_from_slice(&words.get::<_, u32>(i as u32)?.to_ne_bytes());
        }
    }
    let bytes = TypedArray::<u8>::from_arraybuffer(buffer.clone())?;
    for i in copy.len()..len {
        copy.push(bytes.get::<_, u8>(i as u32)?);
    }
    Ok(copy.into())
}

/// The whole words of a buffer; `None` where a program has put something else in the constructor's place.
fn words<'js>(ctx: &Ctx<'js>, buffer: &ArrayBuffer<'js>) -> Option<TypedArray<'js, u32>> {
    if buffer.len().is_multiple_of(4) {
        return TypedArray::from_arraybuffer(buffer.clone()).ok();
    }
    let constructor: Constructor<'js> = ctx.globals().get("Uint32Array").ok()?;
    let view: Value<'js> = constructor
        .construct((buffer.clone(), 0, (buffer.len() / 4) as u32))
        .ok()?;
    TypedArray::from_value(view)
        .ok()
        .filter(|words| words.len() == buffer.len() / 4)
}
