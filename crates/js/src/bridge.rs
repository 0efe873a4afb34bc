//! The two functions of the bridge, between `wx.js` and an app's port.

use appnet_bus::Message;
use rquickjs::{Array, ArrayBuffer, Ctx, Function, Object, Result, function::Opt};

use crate::buffer::{bytes_of, to_buffer};

/// Takes a message of the program; `Err` is the event that the program gets in its place.
pub(crate) type Post = Box<dyn Fn(Message) -> std::result::Result<(), Message>>;

/// The bridge object that `wx.js` is given; `report` hears of callbacks that threw.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, post: Post, report: Function<'js>) -> Result<Object<'js>> {
    let bridge = Object::new(ctx.clone())?;
    bridge.set("report", report)?;
    bridge.set(
        "post",
        Function::new(
            ctx.clone(),
            move |ctx: Ctx<'js>, json: String, attachments: Opt<Array<'js>>| {
                let message = Message {
                    json,
                    attachments: taken(&ctx, attachments.0)?,
                };
                post(message)
                    .err()
                    .map(|answer| refused(&ctx, answer))
                    .transpose()
            },
        )?,
    )?;
    Ok(bridge)
}

/// Calls `bridge.receive` of `wx.js` with an event.
pub(crate) fn deliver<'js>(ctx: &Ctx<'js>, receive: &Function<'js>, event: Message) -> Result<()> {
    receive.call((event.json, given(ctx, event.attachments)?))
}

fn taken<'js>(ctx: &Ctx<'js>, attachments: Option<Array<'js>>) -> Result<Vec<bytes::Bytes>> {
    let Some(attachments) = attachments else {
        return Ok(Vec::new());
    };
    attachments
        .iter::<ArrayBuffer<'js>>()
        .map(|buffer| bytes_of(ctx, &buffer?))
        .collect()
}

fn given<'js>(ctx: &Ctx<'js>, attachments: Vec<bytes::Bytes>) -> Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, bytes) in attachments.into_iter().enumerate() {
        list.set(index, to_buffer(ctx, bytes)?)?;
    }
    Ok(list)
}

fn refused<'js>(ctx: &Ctx<'js>, answer: Message) -> Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    object.set("json", answer.json)?;
    object.set("attachments", given(ctx, answer.attachments)?)?;
    Ok(object)
}
