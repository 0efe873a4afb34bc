//! What the engine holds counts in its limit, buffers too, and a program survives the limit (I4).

use std::time::{Duration, Instant};

use appnet_bus::Message;
use appnet_js::EngineOptions;

use super::engine::Program;

const MIB: usize = 1 << 20;

fn limited() -> Program {
    Program::with(EngineOptions {
        memory: 32 * MIB,
        ..EngineOptions::default()
    })
}

/// Calls that keep their answers in `kept` and note how they ended.
const CALLS: &str = "var kept = []
    const call = () => wx.request({ url: 'https://a', success: (r) => { kept.push(r.data); log(r.data.byteLength ?? r.data.length) }, fail: (r) => log(r.errMsg, r.errno) })";

fn answer(program: &Program, task: usize, bytes: usize) {
    let json = format!(r#"{{"type":"success","task":{task},"result":{{"data":{{"bytes":0}}}}}}"#);
    let attachments = vec![vec![7; bytes].into()];
    program
        .engine
        .deliver(Message { json, attachments })
        .unwrap();
}

#[test]
fn i4_an_answer_over_the_limit_fails_and_the_program_goes_on() {
    let mut program = limited();
    program.run(&format!("{CALLS}; for (let i = 0; i < 5; i++) call()"));
    for task in 1..=4 {
        answer(&program, task, 12 * MIB);
    }
    let lost = "request:fail network logic error 600004";
    assert_eq!(program.lines(), ["12582912", "12582912", lost, lost]);
    program.run("kept = []");
    answer(&program, 5, 12 * MIB);
    assert_eq!(program.lines(), ["12582912"]);
    assert_eq!(program.engine.open_tasks(), 0);
}

#[test]
fn i4_text_over_the_limit_fails_and_the_program_goes_on() {
    let mut program = limited();
    program.run(&format!("{CALLS}; call(); call()"));
    let text = |task, length| {
        let text = "x".repeat(length);
        format!(r#"{{"type":"success","task":{task},"result":{{"data":{{"text":"{text}"}}}}}}"#)
    };
    program
        .engine
        .deliver(Message::new(text(1, 40 * MIB)))
        .unwrap();
    program.engine.deliver(Message::new(text(2, 3))).unwrap();
    assert_eq!(
        program.lines(),
        ["request:fail network logic error 600004", "3"]
    );
}

#[test]
fn i4_buffers_that_nobody_reaches_give_their_memory_back_also_from_cycles() {
    let mut program = limited();
    program.run(
        "const call = () => wx.request({ url: 'https://a', success: ({ data }) => { const cycle = { data }; cycle.cycle = cycle }, fail: (r) => log(r.errMsg) })
         for (let i = 0; i < 30; i++) call()",
    );
    for task in 1..=30 {
        answer(&program, task, 9 * MIB);
    }
    assert_eq!(program.lines(), Vec::<String>::new());
}

#[test]
fn i4_buffers_that_a_program_makes_are_an_error_over_the_limit() {
    let mut program = limited();
    program.run(
        "const list = []; let small = 0
         const attempt = (f) => { try { list.push(f()) } catch (e) { log(e.message) } }
         attempt(() => new ArrayBuffer(40 << 20)); attempt(() => new ArrayBuffer(1, { maxByteLength: 80 << 20 }).resize(60 << 20))
         attempt(() => new ArrayBuffer(10 << 20).transfer(60 << 20)); attempt(() => new SharedArrayBuffer(40 << 20)); attempt(() => new Float64Array(5 << 20))
         attempt(() => 'x'.repeat(60 << 20))
         try { for (;; small++) list.push(new Uint8Array(1 << 20)) } catch (e) { log(e.message, small > 10 && small < 32) }
         list.length = 0; list.push(new ArrayBuffer(20 << 20)); log(list[0].byteLength)",
    );
    let none = "out of memory";
    assert_eq!(
        program.lines(),
        [
            none,
            none,
            none,
            none,
            none,
            none,
            "out of memory true",
            "20971520"
        ]
    );
}

#[test]
fn i4_a_call_whose_bytes_do_not_fit_a_second_time_still_ends() {
    let mut program = limited();
    program.run("const big = new ArrayBuffer(20 << 20); wx.request({ url: 'https://a', data: big, fail: (r) => log(r.errMsg) }); log('returned')");
    let sent = program
        .sent
        .borrow()
        .iter()
        .map(|m| m.json.clone())
        .collect::<String>();
    assert!(sent.contains(r#""data":{"unserialisable":true}"#), "{sent}");
    assert_eq!(program.lines(), ["returned"]);
}

#[test]
fn i4_a_call_whose_options_do_not_fit_a_second_time_still_ends() {
    let mut program = limited();
    program.run("const long = 'x'.repeat(6 << 20); wx.request({ url: long, method: long, dataType: long, fail: (r) => log(r.errMsg) }); log('returned')");
    let lines = program.lines();
    assert!(
        lines[0].starts_with("Uncaught InternalError"),
        "{}",
        lines[0]
    );
    assert_eq!(lines[1..], ["returned", "request:fail network logic error"]);
    assert_eq!(program.engine.open_tasks(), 0);
}

#[test]
fn i4_many_late_rejections_take_no_quadratic_time() {
    let program = Program::new();
    let began = Instant::now();
    program
        .engine
        .eval(
            "a.js",
            "const all = Array.from({ length: 100000 }, (_, i) => Promise.reject(i)); Promise.resolve().then(() => { for (const p of all.reverse()) p.catch(() => {}) })",
        )
        .unwrap();
    assert_eq!(program.engine.drain_jobs(), Ok(()));
    // A second or so; looked up one after another they take minutes.
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{:?}",
        began.elapsed()
    );
}
