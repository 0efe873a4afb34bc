//! One program in QuickJS: evaluation, events in, jobs, timers, and how each of them fails.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::Instant,
};

use appnet_bus::Message;
use rquickjs::{CaughtError, Context, Ctx, Function, Object, Runtime, Value};

use crate::{
    ScriptError,
    bridge::Arguments,
    install::{self, Hooks},
    rejections::Rejections,
    script,
    shared::{Caller, Console, Shared, Trace},
};

/// Jobs that run before a host is asked again whether to go on.
const SLICE: usize = 1000;

/// Settings of an [`Engine`].
pub struct EngineOptions {
    /// Memory of the program's values in bytes, ArrayBuffers counted (I4). Over it a program gets an exception that it can catch.
    pub memory: usize,
    /// Stack of the engine in bytes; the thread must have more than that.
    pub stack: usize,
    /// What the time is: timers are measured with it.
    pub clock: Box<dyn Fn() -> Instant>,
    /// Asked again and again while a program runs; `true` ends it where it stands, and no `catch` of it helps.
    pub interrupt: Box<dyn FnMut() -> bool>,
    /// Takes what `console` prints, a line or several, without the last line feed.
    pub console: Console,
    /// Makes the text of an error of its head and its stack; by default one under the other.
    pub trace: Trace,
    /// Is told of each network call where the program made it; it costs each call a walk of the stack.
    pub caller: Option<Caller>,
    /// Whether an option of a network call whose name is nearly that of one that is known is warned of on the console.
    pub hints: bool,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            memory: 512 << 20,
            stack: 1 << 20,
            clock: Box::new(Instant::now),
            interrupt: Box::new(|| false),
            console: Box::new(|_, _| {}),
            trace: Box::new(|head, stack| match (head, stack) {
                ("", stack) => stack.to_owned(),
                (head, "") => head.to_owned(),
                (head, stack) => format!("{head}\n{stack}"),
            }),
            caller: None,
            hints: false,
        }
    }
}

/// What [`Engine::run_jobs`] left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// Nothing.
    Done,
    /// More than one slice holds; call it again.
    More,
}

/// A program with its `wx`, on one thread. Nothing runs by itself: a host calls.
///
/// A callback of a network call that throws ends nothing (J4): it is printed with its stack and counted in
/// [`failed_callbacks`](Self::failed_callbacks). All else that throws uncaught comes back as an error of the method that ran it.
pub struct Engine {
    // Before the context: values must be gone before their engine.
    hooks: Hooks,
    shared: Rc<Shared>,
    context: Context,
    runtime: Runtime,
}

impl Engine {
    /// A program's engine. `post` takes its messages: a port's `send`; `Err` of it is the event that the program gets in place
    /// of an answer.
    ///
    /// # Errors
    /// [`ScriptError::Engine`] without memory for it.
    pub fn new(
        post: impl Fn(Message) -> Result<(), Message> + 'static,
        options: EngineOptions,
    ) -> Result<Self, ScriptError> {
        let runtime = Runtime::new()?;
        runtime.set_memory_limit(options.memory);
        runtime.set_max_stack_size(options.stack);
        let shared = Rc::new(Shared {
            timers: RefCell::default(),
            rejections: Rejections::default(),
            stopped: Cell::new(false),
            failed_callbacks: Cell::new(0),
            clock: options.clock,
            console: options.console,
            trace: options.trace,
            caller: options.caller,
            hints: options.hints,
        });
        install::watch(&runtime, &shared, options.interrupt);
        let context = Context::full(&runtime)?;
        let hooks = context.with(|ctx| install::install(&ctx, Box::new(post), &shared))?;
        Ok(Self {
            hooks,
            shared,
            context,
            runtime,
        })
    }

    /// Runs a classic script; `file` is its name in stacks. What it leaves behind runs in [`run_jobs`](Self::run_jobs).
    ///
    /// # Errors
    /// [`ScriptError::Uncaught`], also for a source that does not parse, or [`ScriptError::Stopped`].
    pub fn eval(&self, file: &str, source: &str) -> Result<(), ScriptError> {
        self.with(|ctx| script::script::<Value<'_>>(ctx, file, source).map(drop))
    }

    /// Whether a module's source parses; nothing of it runs.
    ///
    /// # Errors
    /// [`ScriptError::Syntax`] with file and line.
    pub fn check(&self, file: &str, source: &str) -> Result<(), ScriptError> {
        self.with(|ctx| script::module(ctx, file, source).map(drop))
            .map_err(ScriptError::into_syntax)
    }

    /// Gives the program one event. Not from within a function that the program called. An event that does not fit into the
    /// engine's memory ends its task (P8, I4).
    ///
    /// # Errors
    /// [`ScriptError::Stopped`]; [`ScriptError::Uncaught`] when the engine has no memory even for the end of a task. Callbacks that
    /// throw are no error here.
    pub fn deliver(&self, event: Message) -> Result<(), ScriptError> {
        let arguments = self.with(|ctx| Arguments::whole(ctx, &event));
        let arguments = arguments.or_else(|_no_room| {
            // The engine collects cycles as its memory grows, not when it is full.
            self.runtime.run_gc();
            self.with(|ctx| Arguments::whole(ctx, &event))
        });
        let arguments =
            arguments.or_else(|_no_room| self.with(|ctx| Arguments::envelope(ctx, &event)))?;
        drop(event);
        self.with(|ctx| arguments.call(ctx, &self.hooks.receive.clone().restore(ctx)?))
    }

    /// Runs what promises have pending, at most a slice of it. With nothing left, a rejection that nobody heard is an error.
    ///
    /// # Errors
    /// [`ScriptError::Uncaught`], [`ScriptError::UnhandledRejection`] or [`ScriptError::Stopped`].
    pub fn run_jobs(&self) -> Result<Jobs, ScriptError> {
        for _ in 0..SLICE {
            match self.runtime.execute_pending_job() {
                Ok(true) if self.shared.stopped.get() => return Err(ScriptError::Stopped),
                Ok(true) => {}
                Ok(false) => return self.unheard().map_or(Ok(Jobs::Done), Err),
                Err(_job) => {
                    let error = self
                        .context
                        .with(|ctx| self.explain(&ctx, rquickjs::Error::Exception));
                    unless_handled(Err(error))?;
                }
            }
        }
        Ok(Jobs::More)
    }

    /// Runs all jobs, however many slices; to be used where a program that never ends its jobs is stopped by the interrupt.
    ///
    /// # Errors
    /// As [`run_jobs`](Self::run_jobs).
    pub fn drain_jobs(&self) -> Result<(), ScriptError> {
        while self.run_jobs()? == Jobs::More {}
        Ok(())
    }

    /// When the next timer is due.
    #[must_use]
    pub fn next_timer(&self) -> Option<Instant> {
        self.shared.timers.borrow().next()
    }

    /// Fires the timers that are due, each followed by its jobs; those that they set are left for the next call.
    ///
    /// # Errors
    /// As [`run_jobs`](Self::run_jobs).
    pub fn fire_timers(&self, now: Instant) -> Result<(), ScriptError> {
        let mark = self.shared.timers.borrow().mark();
        while let Some(id) = self.take_timer(now, mark) {
            unless_handled(
                self.with(|ctx| self.hooks.fire.clone().restore(ctx)?.call::<_, ()>((id,))),
            )?;
            self.drain_jobs()?;
        }
        Ok(())
    }

    /// Calls of the network that have not ended.
    #[must_use]
    pub fn open_tasks(&self) -> usize {
        self.with(|ctx| self.hooks.open_tasks.clone().restore(ctx)?.call(()))
            .unwrap_or_default()
    }

    /// The same in words, such as `request #1 https://api.example.com/a`: the first few by name, without the query of a URL.
    #[must_use]
    pub fn still_open(&self) -> Vec<String> {
        self.with(|ctx| self.hooks.still_open.clone().restore(ctx)?.call(()))
            .unwrap_or_default()
    }

    /// Timers that have not fired, or fire again.
    #[must_use]
    pub fn open_timers(&self) -> usize {
        self.shared.timers.borrow().len()
    }

    /// Callbacks of network calls that threw so far (J4).
    #[must_use]
    pub fn failed_callbacks(&self) -> usize {
        self.shared.failed_callbacks.get()
    }

    /// The function that network callbacks' errors go to: for a host's own functions that call back.
    ///
    /// # Errors
    /// Of the engine.
    pub fn reporter<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
        self.hooks.report.clone().restore(ctx)
    }

    /// The built-ins as they were before the program: what a host's own JavaScript is to use. `builtins.js` says what is in it.
    ///
    /// # Errors
    /// Of the engine.
    pub fn builtins<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
        self.hooks.builtins.clone().restore(ctx)
    }

    /// The function that takes a handler for what nobody caught: `handler(kind, value, promise, describe)` with the kind `error` or
    /// `rejection`, which answers whether it took it; `describe` makes text of a value. It answers a function that offers an error to the handler. What a callback of a network call throws is offered to it too (J4). What it takes is printed, and is
    /// [`ScriptError::Handled`] where it would have been an error.
    ///
    /// # Errors
    /// Of the engine.
    pub fn error_handler<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Function<'js>> {
        self.hooks.set_handler.clone().restore(ctx)
    }

    /// Runs `f` in the program's context: the way to give it more than `wx`. A Rust closure that becomes a function there must not hold
    /// values of the engine: its collector does not see into Rust, and a cycle would never be freed. What `f` keeps
    /// (`Persistent`) must be dropped before the engine.
    ///
    /// # Errors
    /// [`ScriptError`] when `f` fails with what a program threw.
    pub fn with<R>(
        &self,
        f: impl for<'js> FnOnce(&Ctx<'js>) -> rquickjs::Result<R>,
    ) -> Result<R, ScriptError> {
        self.context
            .with(|ctx| f(&ctx).map_err(|error| self.explain(&ctx, error)))
    }

    fn take_timer(&self, now: Instant, mark: u64) -> Option<u32> {
        self.shared.timers.borrow_mut().take(now, mark)
    }

    /// Each is offered to the program's handler; the first that it does not take ends the program, and the others with it.
    fn unheard(&self) -> Option<ScriptError> {
        self.context.with(|ctx| {
            while let Some((promise, reason)) = self.shared.rejections.take(&ctx) {
                if !self.handled(&ctx, ("rejection", reason.clone(), promise)) {
                    self.shared.rejections.clear();
                    return Some(ScriptError::UnhandledRejection(self.describe(&ctx, reason)));
                }
            }
            None
        })
    }

    /// Whether the program has a handler for such an error, which took this one.
    fn handled<'js>(&self, ctx: &Ctx<'js>, error: (&str, Value<'js>, Value<'js>)) -> bool {
        let handled = self.hooks.handled.clone().restore(ctx);
        let handled = handled.and_then(|handled| handled.call::<_, bool>(error));
        // What the handler itself throws is the engine's no more.
        handled.unwrap_or_else(|_| {
            drop(ctx.catch());
            false
        })
    }

    fn explain(&self, ctx: &Ctx<'_>, error: rquickjs::Error) -> ScriptError {
        if self.shared.stopped.get() {
            return ScriptError::Stopped;
        }
        match CaughtError::from_error(ctx, error) {
            CaughtError::Error(error) => error.into(),
            CaughtError::Exception(thrown) => self.thrown(ctx, thrown.into_object().into_value()),
            CaughtError::Value(thrown) => self.thrown(ctx, thrown),
        }
    }

    fn thrown<'js>(&self, ctx: &Ctx<'js>, value: Value<'js>) -> ScriptError {
        if self.handled(
            ctx,
            ("error", value.clone(), Value::new_undefined(ctx.clone())),
        ) {
            return ScriptError::Handled;
        }
        ScriptError::Uncaught(self.describe(ctx, value))
    }

    fn describe<'js>(&self, ctx: &Ctx<'js>, value: Value<'js>) -> String {
        let described = self
            .hooks
            .describe
            .clone()
            .restore(ctx)
            .and_then(|describe| describe.call((value,)));
        described.unwrap_or_else(|_| "a value that cannot be shown".to_owned())
    }
}

/// What the program has taken itself is no error of what ran.
fn unless_handled(result: Result<(), ScriptError>) -> Result<(), ScriptError> {
    match result {
        Err(ScriptError::Handled) => Ok(()),
        other => other,
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // The engine's own closures hold `shared`, which must hold no value of the engine when that goes.
        self.shared.rejections.clear();
    }
}
