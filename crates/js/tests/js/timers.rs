//! Timers of a program, with a clock that only the test moves.

use super::engine::Program;

#[test]
fn timers_fire_by_time_and_then_in_the_order_in_which_they_were_set() {
    let mut program = Program::new();
    program.run("setTimeout(() => log('b'), 20); setTimeout(() => log('a'), 10); setTimeout(() => log('c'), 20); setTimeout(() => log('now'))");
    assert_eq!(program.after(0), "now");
    assert_eq!(program.after(19), "a");
    assert_eq!(program.after(1), "b c");
    assert_eq!(program.engine.next_timer(), None);
}

#[test]
fn arguments_are_passed_and_odd_delays_mean_at_once() {
    let mut program = Program::new();
    program.run("setTimeout((...a) => log(a.join('')), -5, 1, 2); setTimeout(log, 'x', 'nan'); setTimeout(log, 1e12, 'far')");
    assert_eq!(program.after(0), "12 nan");
    assert_eq!(program.after(1), "far");
}

#[test]
fn a_string_is_no_handler() {
    let mut program = Program::new();
    program.run("try { setTimeout('log(1)', 0) } catch (e) { log(e.name) }");
    assert_eq!(program.after(0), "TypeError");
}

#[test]
fn an_interval_repeats_until_it_is_cleared_even_by_itself() {
    let mut program = Program::new();
    program.run(
        "let n = 0; const id = setInterval(() => { log(++n); if (n === 3) clearInterval(id) }, 5)",
    );
    for expected in ["1", "2", "3", ""] {
        assert_eq!(program.after(5), expected);
    }
}

#[test]
fn a_cleared_timer_does_not_fire_even_when_another_due_with_it_clears_it() {
    let mut program = Program::new();
    program.run("const ids = []; ids.push(setTimeout(() => { log('first'); clearTimeout(ids[1]) }, 1)); ids.push(setTimeout(log, 1, 'second')); clearTimeout(undefined); clearTimeout(99)");
    assert_eq!(program.after(5), "first");
}

#[test]
fn microtasks_run_between_two_timers() {
    let mut program = Program::new();
    program.run("setTimeout(() => { log('one'); queueMicrotask(() => log('micro')) }); setTimeout(() => log('two')); Promise.resolve().then(() => log('start'))");
    assert_eq!(program.after(0), "start one micro two");
}

#[test]
fn a_timer_that_sets_another_for_at_once_lets_the_host_in_between_and_slows_down() {
    let mut program = Program::new();
    program.run("let n = 0; const again = () => { log(++n); setTimeout(again, 0) }; again()");
    for expected in ["1 2", "3", "4", "5", "6", ""] {
        assert_eq!(program.after(0), expected);
    }
    assert_eq!(program.after(4), "7");
}
