//! The two functions of the bridge, between `wx.js` and an app's port.

use appnet_bus::Message;
use rquickjs::{
    Array, ArrayBuffer, Ctx, Function, Object, Persistent, Result, function::Opt, object::Property,
};

use crate::buffer::{bytes_of, to_buffer};

/// Characters at the beginning of an event that name what it is about, see docs/bus.md.
const ENVELOPE: usize = 120;

/// Takes a message of the program; `Err` is the event that the program gets in its place.
pub(crate) type Post = Box<dyn Fn(Message) -> std::result::Result<(), Message>>;

/// The bridge object that `wx.js` is given; `report` hears of callbacks that threw.
pub(crate) fn make<'js>(ctx: &Ctx<'js>, post: Post, report: Function<'js>) -> Result<Object<'js>> {
    // Without a prototype: what a program puts into `Object.prototype` is not found in it.
    let bridge = Object::new_proto(ctx.clone(), None)?;
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
                    .map(|answer| refused(&ctx, &answer))
                    .transpose()
            },
        )?,
    )?;
    Ok(bridge)
}

/// What `bridge.receive` of `wx.js` is called with, in the engine's memory.
pub(crate) struct Arguments {
    json: Persistent<rquickjs::String<'static>>,
    attachments: Option<Persistent<Array<'static>>>,
}

impl Arguments {
    /// An event, whole.
    pub(crate) fn whole(ctx: &Ctx<'_>, event: &Message) -> Result<Self> {
        let json = rquickjs::String::from_str(ctx.clone(), &event.json)?;
        let attachments = given(ctx, &event.attachments)?;
        Ok(Self {
            json: Persistent::save(ctx, json),
            attachments: Some(Persistent::save(ctx, attachments)),
        })
    }

    /// As much of an event as names its task, for one that does not fit: `wx.js` ends that task (P8).
    pub(crate) fn envelope(ctx: &Ctx<'_>, event: &Message) -> Result<Self> {
        let envelope: String = event.json.chars().take(ENVELOPE).collect();
        let json = rquickjs::String::from_str(ctx.clone(), &envelope)?;
        Ok(Self {
            json: Persistent::save(ctx, json),
            attachments: None,
        })
    }

    /// Calls it.
    pub(crate) fn call<'js>(self, ctx: &Ctx<'js>, receive: &Function<'js>) -> Result<()> {
        let json = self.json.restore(ctx)?;
        match self.attachments {
            Some(attachments) => receive.call((json, attachments.restore(ctx)?)),
            None => receive.call((json,)),
        }
    }
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

fn given<'js>(ctx: &Ctx<'js>, attachments: &[bytes::Bytes]) -> Result<Array<'js>> {
    let list = Array::new(ctx.clone())?;
    for (index, bytes) in (0_u32..).zip(attachments) {
        // Defined: a setter of a program's could take what is assigned.
        let buffer = Property::from(to_buffer(ctx, bytes.clone())?);
        list.as_object()
            .prop(index, buffer.enumerable().writable().configurable())?;
    }
    Ok(list)
}

fn refused<'js>(ctx: &Ctx<'js>, answer: &Message) -> Result<Object<'js>> {
    let object = Object::new_proto(ctx.clone(), None)?;
    object.set("json", answer.json.as_str())?;
    object.set("attachments", given(ctx, &answer.attachments)?)?;
    Ok(object)
}
