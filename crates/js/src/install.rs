//! What a fresh context is given before a program's first line.

use std::rc::Rc;

use rquickjs::{Ctx, Function, Object, Persistent, Result, Runtime};

use crate::{
    WX_SOURCE,
    bridge::{self, Post},
    buffer, hints,
    script::script,
    shared::{Level, Shared},
};

/// What the JavaScript of this crate answered.
pub(crate) struct Hooks {
    pub(crate) receive: Persistent<Function<'static>>,
    pub(crate) open_tasks: Persistent<Function<'static>>,
    pub(crate) still_open: Persistent<Function<'static>>,
    pub(crate) fire: Persistent<Function<'static>>,
    pub(crate) describe: Persistent<Function<'static>>,
    pub(crate) handled: Persistent<Function<'static>>,
    pub(crate) set_handler: Persistent<Function<'static>>,
    pub(crate) report: Persistent<Function<'static>>,
    pub(crate) builtins: Persistent<Object<'static>>,
}

const BUILTINS_SOURCE: &str = include_str!("builtins.js");
const TIMERS_SOURCE: &str = include_str!("timers.js");
const CONSOLE_SOURCE: &str = include_str!("console.js");

/// Names that QuickJS has and the platform has not.
const FOREIGN: [&str; 4] = ["performance", "DOMException", "atob", "btoa"];

/// Has the runtime ask `interrupt` and tell of rejections.
pub(crate) fn watch(
    runtime: &Runtime,
    shared: &Rc<Shared>,
    mut interrupt: Box<dyn FnMut() -> bool>,
) {
    let asked = Rc::clone(shared);
    runtime.set_interrupt_handler(Some(Box::new(move || {
        let stop = interrupt();
        asked.stopped.set(asked.stopped.get() || stop);
        stop
    })));
    let told = Rc::clone(shared);
    runtime.set_host_promise_rejection_tracker(Some(Box::new(
        move |ctx, promise, reason, handled| {
            told.rejections.track(&ctx, promise, reason, handled);
        },
    )));
}

/// Evaluates the JavaScript of this crate, before the program's first line, and puts `wx` among the globals (J1).
pub(crate) fn install(ctx: &Ctx<'_>, post: Post, shared: &Rc<Shared>) -> Result<Hooks> {
    buffer::prepare(ctx)?;
    let globals = ctx.globals();
    for name in FOREIGN {
        globals.remove(name)?;
    }
    let builtins: Object<'_> = script(ctx, "appnet:builtins.js", BUILTINS_SOURCE)?;
    let native = native(ctx, shared)?;
    let part = |name: &str, source: &str| script::<Function<'_>>(ctx, name, source);
    let fire: Function<'_> =
        part("appnet:timers.js", TIMERS_SOURCE)?.call((native.clone(), builtins.clone()))?;
    let console: Object<'_> =
        part("appnet:console.js", CONSOLE_SOURCE)?.call((native, builtins.clone()))?;
    let bridge = bridge::make(ctx, post, console.get("report")?)?;
    observe(ctx, &bridge, console.get("stack")?, shared)?;
    let wx: Object<'_> = part("appnet:wx.js", WX_SOURCE)?.call((bridge.clone(),))?;
    globals.set("wx", wx)?;
    Ok(Hooks {
        receive: bridge.get("receive")?,
        open_tasks: bridge.get("openTasks")?,
        still_open: bridge.get("stillOpen")?,
        fire: Persistent::save(ctx, fire),
        describe: console.get("describe")?,
        handled: console.get("handled")?,
        set_handler: console.get("setHandler")?,
        report: console.get("report")?,
        builtins: Persistent::save(ctx, builtins),
    })
}

/// Gives the bridge what tells of calls beyond what they do, as far as the host wants it.
fn observe<'js>(
    ctx: &Ctx<'js>,
    bridge: &Object<'js>,
    stack: Function<'js>,
    shared: &Rc<Shared>,
) -> Result<()> {
    if shared.caller.is_some() {
        let hearing = Rc::clone(shared);
        let called = move |task: u64, stack: String| {
            if let Some(caller) = &hearing.caller {
                caller(task, &stack);
            }
        };
        bridge.set("called", Function::new(ctx.clone(), called)?)?;
        bridge.set("stack", stack)?;
    }
    if shared.hints {
        let nearest = |name: String, known: Vec<String>| hints::nearest(&name, &known).cloned();
        bridge.set("nearest", Function::new(ctx.clone(), nearest)?)?;
    }
    Ok(())
}

// No closure here may hold a value of the engine: its collector does not see into Rust, and a cycle would never be freed.
fn native<'js>(ctx: &Ctx<'js>, shared: &Rc<Shared>) -> Result<Object<'js>> {
    let native = Object::new(ctx.clone())?;
    let printing = Rc::clone(shared);
    native.set(
        "print",
        Function::new(ctx.clone(), move |level: String, text: String| {
            (printing.console)(Level::named(&level), &text)
        }),
    )?;
    let setting = Rc::clone(shared);
    native.set(
        "setTimer",
        Function::new(ctx.clone(), move |milliseconds: f64, id: u32| {
            setting.set_timer(id, milliseconds)
        }),
    )?;
    let clearing = Rc::clone(shared);
    native.set(
        "clearTimer",
        Function::new(ctx.clone(), move |id: u32| {
            clearing.timers.borrow_mut().clear(id)
        }),
    )?;
    // J4: a callback that threw is told of and counted; the program lives on.
    let failing = Rc::clone(shared);
    native.set(
        "failed",
        Function::new(ctx.clone(), move |text: String| {
            failing.callback_failed(&text)
        })?,
    )?;
    let taken = Rc::clone(shared);
    native.set(
        "handled",
        Function::new(ctx.clone(), move |text: String| taken.handled(&text))?,
    )?;
    let tracing = Rc::clone(shared);
    native.set(
        "trace",
        Function::new(ctx.clone(), move |head: String, stack: String| {
            (tracing.trace)(&head, &stack)
        })?,
    )?;
    Ok(native)
}
