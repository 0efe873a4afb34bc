//! The binding to QuickJS over a scripted port.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use appnet_bus::Message;
use appnet_js::{
    Engine, EngineOptions, Jobs, Level, ScriptError,
    rquickjs::{self, ArrayBuffer, Ctx, Function},
};

/// A program with a scripted port, and a clock that only the test moves. `log(x)` notes a word.
pub(crate) struct Program {
    pub(crate) engine: Engine,
    pub(crate) sent: Rc<RefCell<Vec<Message>>>,
    printed: Rc<RefCell<Vec<(Level, String)>>>,
    now: Rc<Cell<Instant>>,
}

impl Program {
    pub(crate) fn new() -> Self {
        Self::with(EngineOptions::default())
    }

    pub(crate) fn with(options: EngineOptions) -> Self {
        Self::answered(options, None)
    }

    /// With a port that refuses every message with `answer`.
    pub(crate) fn refusing(answer: &str) -> Self {
        Self::answered(EngineOptions::default(), Some(Message::new(answer)))
    }

    fn answered(options: EngineOptions, answer: Option<Message>) -> Self {
        let (sent, printed, now) = (
            Rc::default(),
            Rc::<RefCell<Vec<(Level, String)>>>::default(),
            Rc::new(Cell::new(Instant::now())),
        );
        let (sending, printing, telling) = (
            Rc::<RefCell<Vec<Message>>>::clone(&sent),
            Rc::clone(&printed),
            Rc::clone(&now),
        );
        let options = EngineOptions {
            clock: Box::new(move || telling.get()),
            console: Box::new(move |level, text| {
                printing.borrow_mut().push((level, text.to_owned()))
            }),
            ..options
        };
        let post = move |message: Message| {
            sending.borrow_mut().push(message);
            answer.clone().map_or(Ok(()), Err)
        };
        Self {
            engine: Engine::new(post, options).unwrap(),
            sent,
            printed,
            now,
        }
    }

    pub(crate) fn run(&mut self, source: &str) {
        self.engine
            .eval("test.js", "if (!this.log) var log = console.debug")
            .unwrap();
        self.engine.eval("test.js", source).unwrap();
        self.engine.drain_jobs().unwrap();
    }

    /// Lets milliseconds pass and fires what is due; the words noted since the last time.
    pub(crate) fn after(&mut self, milliseconds: u64) -> String {
        self.now
            .set(self.now.get() + Duration::from_millis(milliseconds));
        self.engine.fire_timers(self.now.get()).unwrap();
        self.lines().join(" ")
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.printed
            .borrow_mut()
            .drain(..)
            .map(|(_, text)| text)
            .collect()
    }
}

#[test]
fn a_call_goes_out_with_its_bytes_and_the_answer_comes_back_as_an_array_buffer() {
    let mut program = Program::new();
    program.run("wx.request({ url: 'https://a', data: Uint8Array.from({ length: 4099 }, (_, i) => i), success: ({ data }) => log(data instanceof ArrayBuffer, data.byteLength, new Uint8Array(data)[1]) })");
    let message = program.sent.borrow()[0].clone();
    assert_eq!(
        message.json,
        r#"{"type":"call","task":1,"api":"request","options":{"url":"https://a","data":{"bytes":0}}}"#
    );
    let expected: Vec<u8> = (0..4099).map(|i| i as u8).collect();
    assert_eq!(message.attachments, [expected]);
    assert_eq!(program.engine.open_tasks(), 1);
    let result = r#"{"type":"success","task":1,"result":{"data":{"bytes":0},"statusCode":200}}"#;
    program
        .engine
        .deliver(Message {
            json: result.to_owned(),
            attachments: vec![vec![1, 2, 3].into()],
        })
        .unwrap();
    assert_eq!(program.lines(), ["true 3 2"]);
    assert_eq!(program.engine.open_tasks(), 0);
}

#[test]
fn bytes_of_every_small_length_come_through_whole() {
    let mut program = Program::new();
    program.run("for (let n = 0; n < 9; n++) wx.request({ url: 'https://a', data: Uint8Array.from({ length: n }, (_, i) => 250 + i) })");
    for (n, message) in program.sent.borrow().iter().enumerate() {
        let expected: Vec<u8> = (0..n).map(|i| (250 + i) as u8).collect();
        assert_eq!(message.attachments, [expected], "{n}");
    }
}

#[test]
fn bytes_over_a_piece_come_through_whole_whatever_a_program_made_of_the_builtins() {
    let length = 2 * (768 << 10) + 5;
    let mut program = Program::new();
    program.run(&format!(
        "const bytes = Uint8Array.from({{ length: {length} }}, (_, i) => i >> 8 ^ i)
         Uint8Array.prototype.toBase64 = () => '!'; globalThis.Uint8Array = undefined; Reflect.apply = undefined
         wx.request({{ url: 'https://a', data: bytes }})"
    ));
    let expected: Vec<u8> = (0..length).map(|i| (i >> 8 ^ i) as u8).collect();
    assert!(program.sent.borrow()[0].attachments == [expected]);
}

#[test]
fn a_detached_buffer_is_an_error_that_a_program_can_catch() {
    let mut program = Program::new();
    program
        .engine
        .with(|ctx| {
            ctx.globals()
                .set("read", Function::new(ctx.clone(), read_detached)?)
        })
        .unwrap();
    program.run("const b = new ArrayBuffer(8); try { read(b, () => b.transfer()) } catch (e) { log(e.name) }");
    assert_eq!(program.lines(), ["TypeError"]);
}

fn read_detached<'js>(
    ctx: Ctx<'js>,
    buffer: ArrayBuffer<'js>,
    detach: Function<'js>,
) -> rquickjs::Result<usize> {
    detach.call::<_, ()>(())?;
    appnet_js::bytes_of(&ctx, &buffer).map(|bytes| bytes.len())
}

#[test]
fn j4_a_refused_message_is_answered_after_the_call() {
    let lines = Rc::<RefCell<Vec<String>>>::default();
    let printing = Rc::clone(&lines);
    let options = EngineOptions {
        console: Box::new(move |_, text| printing.borrow_mut().push(text.to_owned())),
        ..EngineOptions::default()
    };
    let refuse = |_| {
        Err(Message::new(
            r#"{"type":"fail","task":1,"result":{"errMsg":"request:fail no"}}"#,
        ))
    };
    let engine = Engine::new(refuse, options).unwrap();
    engine
        .eval(
            "a.js",
            "wx.request({ fail: (r) => console.log(r.errMsg) }); console.log('returned')",
        )
        .unwrap();
    engine.drain_jobs().unwrap();
    assert_eq!(*lines.borrow(), ["returned", "request:fail no"]);
}

#[test]
fn j4_a_callback_that_throws_is_printed_with_its_place_and_ends_nothing() {
    let mut program = Program::new();
    program.run("wx.request({ url: '',\n success() { throw new TypeError('mine') }, complete: () => log('complete') })");
    program
        .engine
        .deliver(Message::new(r#"{"type":"success","task":1,"result":{}}"#))
        .unwrap();
    let printed = program.lines();
    assert!(
        printed[0].starts_with("Uncaught TypeError: mine\n    at success (test.js:2:"),
        "{}",
        printed[0]
    );
    assert_eq!(printed[1], "complete");
    assert_eq!(program.engine.failed_callbacks(), 1);
}

#[test]
fn an_uncaught_error_names_file_and_line() {
    let program = Program::new();
    let error = program.engine.eval("pages/a.js", "\n\nnull.x").unwrap_err();
    let ScriptError::Uncaught(text) = error else {
        panic!("{error:?}")
    };
    assert!(
        text.starts_with(
            "TypeError: cannot read property 'x' of null\n    at <eval> (pages/a.js:3:"
        ),
        "{text}"
    );
}

#[test]
fn a_source_that_does_not_parse_is_a_syntax_error_with_its_line() {
    let program = Program::new();
    let error = program
        .engine
        .check("app.js", "let a\nlet b = = 1")
        .unwrap_err();
    let ScriptError::Syntax(text) = error else {
        panic!("{error:?}")
    };
    assert!(
        text.contains("SyntaxError") && text.contains("app.js:2:"),
        "{text}"
    );
    assert_eq!(
        program
            .engine
            .check("app.js", "module.exports = require('x') // no line feed"),
        Ok(())
    );
}

#[test]
fn a_rejection_is_an_error_only_when_nobody_has_heard_it_at_the_end_of_the_turn() {
    let program = Program::new();
    program.engine.eval("a.js", "const p = Promise.reject(new Error('heard late')); Promise.resolve().then(() => p.catch(() => {}))").unwrap();
    assert_eq!(program.engine.drain_jobs(), Ok(()));
    program
        .engine
        .eval(
            "b.js",
            "(async () => { throw new RangeError('unheard') })()",
        )
        .unwrap();
    let error = program.engine.drain_jobs().unwrap_err();
    assert!(
        error.to_string().starts_with(
            "Unhandled promise rejection: RangeError: unheard\n    at <anonymous> (b.js:1:"
        ),
        "{error}"
    );
}

#[test]
fn a_microtask_that_throws_is_an_uncaught_error() {
    let program = Program::new();
    program
        .engine
        .eval("a.js", "queueMicrotask(() => { throw 'text' })")
        .unwrap();
    assert_eq!(
        program.engine.drain_jobs(),
        Err(ScriptError::Uncaught("text".to_owned()))
    );
}

#[test]
fn a_program_that_never_returns_is_stopped_and_cannot_catch_it() {
    for source in [
        "for (;;);",
        "for (;;) try { for (;;); } catch {} finally {}",
        "const f = () => { for (;;); }; [1].map(f)",
    ] {
        let left = Cell::new(3_u32);
        let options = EngineOptions {
            interrupt: Box::new(move || left.replace(left.get().saturating_sub(1)) == 0),
            ..EngineOptions::default()
        };
        assert_eq!(
            Program::with(options).engine.eval("a.js", source),
            Err(ScriptError::Stopped),
            "{source}"
        );
    }
}

#[test]
fn jobs_that_make_jobs_come_back_to_the_host_after_a_slice() {
    let program = Program::new();
    program
        .engine
        .eval(
            "a.js",
            "const again = () => Promise.resolve().then(again); again()",
        )
        .unwrap();
    assert_eq!(program.engine.run_jobs(), Ok(Jobs::More));
}

#[test]
fn memory_and_stack_have_limits_that_a_program_can_survive() {
    let mut program = Program::with(EngineOptions {
        memory: 32 << 20,
        ..EngineOptions::default()
    });
    program.run(
        "try { (function f() { f() })() } catch (e) { log(e.name) }
         try { const a = []; for (;;) a.push(new Array(10000).fill(0)) } catch (e) { log(e.message) }",
    );
    assert_eq!(program.lines(), ["RangeError", "out of memory"]);
}

#[test]
fn console_prints_values_as_a_person_reads_them() {
    let mut program = Program::new();
    program.run(
        "const o = { a: 1, 'b-c': [true, null, undefined], n: { n: { n: { n: { n: 1 } } } }, f() {}, s: 'x' }; o.o = o
         log('%s is %d %%', 'x', 4.5, o); log(new Map([[1, { a: 2 }]]), new Set(['y']), new Uint8Array(2), new ArrayBuffer(3), 5n, -0, Symbol('q'), class Foo {})
         log(Object.create({ get constructor() { throw 1 } }))",
    );
    let printed = program.lines();
    assert_eq!(
        printed[0],
        "x is 4.5 % {\n  a: 1,\n  \"b-c\": [true, null, undefined],\n  n: { n: { n: { n: { n: 1 } } } },\n  f: [Function: f],\n  s: \"x\",\n  o: [Circular]\n}"
    );
    assert_eq!(
        printed[1],
        "Map(1) { 1 => { a: 2 } } Set(1) { \"y\" } Uint8Array(2) [0, 0] ArrayBuffer(3) 5n -0 Symbol(q) [Function: Foo]"
    );
    assert_eq!(printed[2], "[a value that cannot be shown]");
}

#[test]
fn warnings_of_the_port_are_printed() {
    let mut program = Program::new();
    program.run("wx.request({ url: '' })");
    program
        .engine
        .deliver(Message::new(
            r#"{"type":"warning","task":1,"code":"headerDropped","detail":"Host"}"#,
        ))
        .unwrap();
    assert_eq!(
        *program.printed.borrow(),
        [(
            Level::Warn,
            "wx.request #1: the header Host cannot be set by a mini-program and was dropped"
                .to_owned()
        )]
    );
}

#[test]
fn what_the_platform_has_not_is_not_there() {
    let mut program = Program::new();
    program.run("log(['performance', 'DOMException', 'atob', 'btoa', 'fetch', 'process', 'Buffer', 'TextEncoder', 'require'].filter((name) => name in globalThis).join())");
    assert_eq!(program.lines(), [""]);
}
