//! What an app may leave waiting (I2), and that nothing is lost on the way (P8).

use std::{num::NonZeroUsize, time::Duration};

use appnet_policy::{
    Failure, Policy,
    connectivity::{Connectivity, NetworkType},
    exchange::Progress,
    failure::{AppFault, HostFault, InternalFault},
    prepare::{Call, RequestOptions},
    preset::Permits,
    shape::Preset,
    socket::SocketMessage,
};
use bytes::Bytes;

use super::{Link, RejectReason};
use crate::{
    AppState, CheckedCall, Delivery, Event, Holdings, Inbound, Malformed, Move, Notice, SocketAsk,
    SocketEvent, TaskEvent,
    event::{CallProfile, OpenedSocket, SocketVerb},
    surroundings::{NetworkNews, QueryAnswer, Surroundings},
    test_support::{ask, head, id, ms, options, rules, socket_options, text},
};

fn link(policy: Policy) -> Link {
    let mut link = Link::new(rules(policy), Default::default());
    assert!(link.attach());
    link
}

fn small(backlog: usize) -> Link {
    link(Policy {
        port_backlog: backlog,
        ..Policy::seed()
    })
}

fn checked(link: &Link, call: Call) -> CheckedCall {
    CheckedCall::new(&link.rules(), call)
}

/// Calls, and says why it was not accepted.
fn call(link: &mut Link, task: u64) -> Result<(), RejectReason> {
    post(link, task, 0)
}

/// The same with a body of so many bytes.
fn post(link: &mut Link, task: u64, bytes: usize) -> Result<(), RejectReason> {
    let options = RequestOptions {
        method: "POST".to_owned(),
        data: appnet_policy::body::CallData::Bytes(Bytes::from(vec![0; bytes])),
        ..options()
    };
    let call = checked(link, Call::Request(options));
    let called = link.call(id(task), call, ms(0));
    called.map(drop).map_err(|rejected| rejected.why)
}

/// The core takes all that waits, and fails each call.
fn fail_all(link: &mut Link) {
    while let Some((inbound, _)) = link.next_inbound(ms(0)) {
        if let Inbound::Call { task, call, .. } = inbound {
            deliver(link, fail(task.number(), call.api()));
        }
    }
}

fn fail(task: u64, api: appnet_policy::Api) -> Event {
    let failure = Failure::App(AppFault::Aborted);
    Event {
        task: id(task),
        what: TaskEvent::Fail {
            api,
            failure,
            exception: None,
            http_dns: false,
        },
    }
}

fn deliver(link: &mut Link, event: Event) {
    let notice = Notice::from(event);
    assert_eq!(link.deliver(notice), None, "no record, none comes back");
}

fn taken(link: &mut Link) -> Vec<Delivery> {
    std::iter::from_fn(|| link.next_delivery()).collect()
}

fn open_socket(link: &mut Link, task: u64) {
    let call = checked(link, Call::Socket(socket_options()));
    link.call(id(task), call, ms(0)).expect("there is room");
    let accepted = Event::socket(id(task), SocketEvent::Accepted);
    deliver(link, accepted);
}

fn message(task: u64) -> Event {
    Event::socket(id(task), SocketEvent::Message(text(1)))
}

#[test]
fn i2_pairs_of_call_and_abort_are_bounded_like_everything_else() {
    let mut link = small(8);
    let accepted = (1..=1_000)
        .filter(|task| {
            let called = call(&mut link, *task).is_ok();
            link.abort(id(*task)).expect("an abort always gets through");
            called
        })
        .count();
    assert!(accepted <= 8, "{accepted}");
}

#[test]
fn i2_an_app_that_does_not_take_its_answers_is_not_served() {
    let mut link = small(8);
    let mut accepted = 0;
    for task in 1..=1_000 {
        accepted += usize::from(call(&mut link, task).is_ok());
        fail_all(&mut link);
    }
    assert_eq!(accepted, 8);
    assert_eq!(taken(&mut link).len(), 8);
    assert_eq!(call(&mut link, 1_001), Ok(()));
}

#[test]
fn i2_what_a_server_sends_makes_no_call_fail() {
    let mut link = small(8);
    open_socket(&mut link, 1);
    for _ in 0..8_000 {
        deliver(&mut link, message(1));
    }
    for task in 2..=6 {
        assert_eq!(call(&mut link, task), Ok(()), "task {task}");
    }
}

#[test]
fn i2_a_reused_id_is_bounded_like_everything_else() {
    let mut link = small(8);
    call(&mut link, 5).expect("there is room");
    let answered = (0..100).filter(|_| call(&mut link, 5).is_ok()).count();
    assert_eq!(answered, 7, "and one place is the call's");
    let told = taken(&mut link);
    let Some(Delivery::Malformed(malformed)) = told.first() else {
        panic!("{told:?}");
    };
    let right = "greater than every task before it: 6 or more";
    assert_eq!(malformed.expected, right);
}

#[test]
fn i2_the_calls_of_an_app_hold_so_many_bytes_together() {
    let mut link = link(Policy {
        waiting_bytes: 10_000,
        ..Policy::seed()
    });
    assert_eq!(post(&mut link, 1, 4_000), Ok(()));
    assert_eq!(post(&mut link, 2, 4_000), Err(RejectReason::Full));
    fail_all(&mut link);
    assert_eq!(post(&mut link, 3, 4_000), Ok(()), "the first has ended");
}

#[test]
fn i2_a_call_larger_than_all_the_room_gets_it_alone() {
    let mut link = link(Policy {
        waiting_bytes: 10_000,
        ..Policy::seed()
    });
    assert_eq!(post(&mut link, 1, 50_000), Ok(()));
    assert_eq!(call(&mut link, 2), Err(RejectReason::Full));
}

#[test]
fn i2_a_call_that_did_not_get_through_has_its_terminal_event_and_its_record() {
    let mut link = link(Policy {
        waiting_bytes: 10_000,
        ..Policy::seed()
    });
    post(&mut link, 1, 9_000).expect("there is room");
    let second = checked(&link, Call::Request(options()));
    let rejected = link.call(id(2), second, ms(7)).expect_err("it is full");
    let notice = rejected.notice.expect("a call has an answer");
    let failure = Failure::App(AppFault::TooMuchWaiting);
    let what = TaskEvent::Fail {
        api: appnet_policy::Api::Request,
        failure: failure.clone(),
        exception: None,
        http_dns: false,
    };
    assert_eq!(notice.event.what, what);
    let record = notice.record.expect("one for each terminal event");
    assert_eq!(record.outcome, Err(failure));
    assert_eq!(record.url, "https://myserver.com/a");
    assert!(record.reason.expect("a reason").contains("bytes"));
}

#[test]
fn w2_what_waits_to_be_sent_counts_from_the_port_on() {
    let mut link = link(Policy {
        waiting_bytes: 10_000,
        ..Policy::seed()
    });
    open_socket(&mut link, 1);
    let mut send = |number: u64, bytes: usize| {
        let message = SocketMessage::Binary(Bytes::from(vec![0; bytes]));
        let sent = link.ask(id(1), ask(number), SocketAsk::Send(Ok(message)));
        sent.map_err(|rejected| rejected.notice.expect("it is answered").event)
    };
    assert_eq!(send(1, 8_000), Ok(()));
    let failure = Failure::App(AppFault::TooMuchUnsent);
    let answer = Event::not_done(id(1), ask(2), SocketVerb::Send, failure);
    assert_eq!(send(2, 8_000), Err(answer));
}

/// A server that does not read costs its own socket: thousands of small messages would hold more memory than their bytes say, and are all
/// to be answered in one turn when the app is closed.
#[test]
fn i2_asks_without_an_answer_are_bounded_in_number_and_leave_calls_alone() {
    let mut link = small(8);
    open_socket(&mut link, 1);
    taken(&mut link);
    let send = |link: &mut Link, number| {
        let sent = link.ask(id(1), ask(number), SocketAsk::Send(Ok(text(1))));
        while link.next_inbound(ms(0)).is_some() {}
        sent.map_err(|rejected| rejected.why)
    };
    for number in 1..=8 {
        assert_eq!(send(&mut link, number), Ok(()));
    }
    assert_eq!(send(&mut link, 9), Err(RejectReason::Busy));
    assert_eq!(call(&mut link, 2), Ok(()));
    let answer = SocketEvent::Answered {
        ask: ask(1),
        verb: SocketVerb::Send,
        outcome: Ok(()),
    };
    deliver(&mut link, Event::socket(id(1), answer));
    taken(&mut link);
    assert_eq!(send(&mut link, 10), Ok(()));
}

#[test]
fn w3_the_first_close_of_a_socket_gets_through_however_much_waits() {
    let mut link = small(2);
    open_socket(&mut link, 1);
    call(&mut link, 2).expect_err("it is full");
    let close = |link: &mut Link, number| {
        let frame = appnet_policy::socket::close(None, None);
        link.ask(id(1), ask(number), SocketAsk::Close(frame))
            .map_err(|rejected| rejected.why)
    };
    assert_eq!(close(&mut link, 1), Ok(()));
    assert_eq!(close(&mut link, 2), Err(RejectReason::Busy));
}

#[test]
fn f5_of_the_progress_of_a_task_only_the_newest_waits() {
    let mut link = small(8);
    call(&mut link, 1).expect("there is room");
    let progress = |done| Progress {
        done,
        total: Some(100),
    };
    for done in [10, 20, 100] {
        let what = TaskEvent::Written(progress(done));
        deliver(&mut link, Event { task: id(1), what });
    }
    deliver(&mut link, fail(1, appnet_policy::Api::Request));
    let taken = taken(&mut link);
    let what = TaskEvent::Written(progress(100));
    assert_eq!(taken[0], Delivery::Event(Event { task: id(1), what }));
    assert_eq!(taken.len(), 2);
}

#[test]
fn p8_a_refused_call_ends_at_the_link_unless_the_lifecycle_comes_first() {
    let mut link = small(8);
    let refused = |link: &mut Link, task| {
        let options = RequestOptions {
            url: "https://other.test/".to_owned(),
            ..options()
        };
        let call = checked(link, Call::Request(options));
        link.call(id(task), call, ms(0)).expect("there is room")
    };
    let record = refused(&mut link, 1).expect("it has ended");
    assert_eq!(record.task, id(1));
    assert_eq!(taken(&mut link).len(), 1);
    assert!(link.next_inbound(ms(0)).is_none());
    link.move_to(Move::Background {
        pinned: false,
        at: ms(0),
    });
    assert_eq!(refused(&mut link, 2), None);
    assert!(taken(&mut link).is_empty(), "B3: the core decides");
    link.move_to(Move::Foreground { at: ms(0) });
    assert!(refused(&mut link, 3).is_some());
}

#[test]
fn b3_a_call_made_before_the_move_is_before_it() {
    let mut link = small(8);
    call(&mut link, 1).expect("there is room");
    link.move_to(Move::Background {
        pinned: false,
        at: ms(1),
    });
    call(&mut link, 2).expect("there is room");
    let order: Vec<_> = std::iter::from_fn(|| link.next_inbound(ms(2)))
        .map(|(inbound, _)| match inbound {
            Inbound::Call { task, .. } => task.number().to_string(),
            Inbound::Move(_) => "move".to_owned(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(order, ["1", "move", "2"]);
}

#[test]
fn b4_time_stands_at_a_move_that_was_not_heard_and_never_goes_back() {
    let mut link = small(8);
    assert_eq!(link.time(ms(4_000)), ms(4_000));
    link.move_to(Move::Foreground { at: ms(4_900) });
    assert_eq!(link.time(ms(6_000)), ms(4_900));
    assert!(link.next_inbound(ms(6_000)).is_some());
    assert_eq!(link.time(ms(6_000)), ms(6_000));
    assert_eq!(link.time(ms(5_000)), ms(6_000));
}

#[test]
fn the_core_is_called_once_for_all_that_waits() {
    let mut link = small(8);
    assert!(!link.calls_core());
    call(&mut link, 1).expect("there is room");
    assert!(link.calls_core());
    call(&mut link, 2).expect("there is room");
    assert!(!link.calls_core(), "it was called");
    while link.next_inbound(ms(0)).is_some() {}
    call(&mut link, 3).expect("there is room");
    assert!(link.calls_core());
}

#[test]
fn what_comes_before_the_core_has_started_waits_for_it() {
    let mut link = Link::new(rules(Policy::seed()), Default::default());
    call(&mut link, 1).expect("it waits");
    assert!(!link.calls_core());
    assert!(link.attach());
    assert!(link.calls_core());
}

#[test]
fn a_core_is_needed_once_something_comes_in_and_is_asked_for_once() {
    let mut link = Link::new(rules(Policy::seed()), Default::default());
    assert!(!link.needs_core());
    for (number, pinned) in (1..).zip([true, false, true]) {
        let at = ms(number);
        link.move_to(Move::Background { pinned, at });
    }
    link.abort(id(1)).expect("it is open");
    assert!(!link.needs_core(), "there is nothing to do");
    call(&mut link, 1).expect("it waits");
    assert!(link.needs_core());
    call(&mut link, 2).expect("it waits");
    assert!(!link.needs_core(), "it was asked for");
    assert!(link.attach());
    assert!(!link.needs_core(), "it is there");
}

#[test]
fn b3_the_first_core_hears_where_the_app_is_before_what_came_in() {
    let mut link = Link::new(rules(Policy::seed()), Default::default());
    let (gone, back) = (ms(1), ms(3));
    let background = |at| Move::Background { pinned: false, at };
    link.move_to(Move::Foreground { at: ms(0) });
    link.move_to(background(gone));
    link.move_to(background(ms(2)));
    call(&mut link, 1).expect("it waits");
    link.move_to(Move::Foreground { at: back });
    assert!(link.attach());
    let heard: Vec<_> = std::iter::from_fn(|| link.next_inbound(ms(9))).collect();
    assert!(matches!(
        heard[..],
        [
            (Inbound::Move(Move::Background { at, pinned: false }), heard_at),
            (Inbound::Call { .. }, called_at),
            (Inbound::Move(Move::Foreground { .. }), _),
        ] if at == gone && heard_at == gone && called_at == back
    ));
}

#[test]
fn b7_an_app_that_had_no_core_is_closed_like_any_other() {
    let mut link = Link::new(rules(Policy::seed()), Default::default());
    call(&mut link, 1).expect("it waits");
    link.begin_close();
    assert!(!link.needs_core(), "there is nothing to start any more");
    let (ended, records) = link.close(ms(5));
    assert_eq!((ended, records.len()), (vec![id(1)], 1));
    assert_eq!(taken(&mut link).len(), 1);
}

#[test]
fn p8_a_crash_ends_each_call_once_with_a_record_and_the_next_core_hears_the_last_move() {
    let mut link = small(8);
    link.move_to(Move::Background {
        pinned: false,
        at: ms(1),
    });
    call(&mut link, 1).expect("there is room");
    call(&mut link, 2).expect("there is room");
    link.started(id(1), ms(2));
    let records = link.detach(ms(5));
    let times: Vec<_> = records
        .iter()
        .map(|record| [record.queued, record.ran].map(|time| time.as_millis()))
        .collect();
    assert_eq!(times, [[2, 3], [5, 0]]);
    let crashed = Err(Failure::Internal(InternalFault::Crashed));
    assert!(records.iter().all(|record| record.outcome == crashed));
    assert_eq!(taken(&mut link).len(), 2);
    assert_eq!(call(&mut link, 3), Err(RejectReason::Down));
    assert_eq!(
        link.deliver(fail(1, appnet_policy::Api::Request).into()),
        None
    );
    assert_eq!(taken(&mut link), [], "nothing of the first life comes late");
    assert!(link.attach());
    let heard = link.next_inbound(ms(6)).map(|(inbound, _)| inbound);
    assert!(matches!(heard, Some(Inbound::Move(Move::Background { at, .. })) if at == ms(1)));
}

#[test]
fn b7_from_the_moment_of_the_close_calls_hear_that_the_app_is_closed() {
    let mut link = small(8);
    call(&mut link, 1).expect("there is room");
    link.begin_close();
    let second = checked(&link, Call::Request(options()));
    let rejected = link.call(id(2), second, ms(0)).expect_err("it is closed");
    assert_eq!(rejected.why, RejectReason::Closed);
    let record = rejected.notice.and_then(|notice| notice.record);
    let closed = Err(Failure::Host(HostFault::AppClosed));
    assert_eq!(record.map(|record| record.outcome), Some(closed.clone()));
    let (ended, records) = link.close(ms(1));
    assert_eq!(ended, [id(1)]);
    assert_eq!(records[0].outcome, closed);
    assert_eq!(taken(&mut link).len(), 1);
    assert!(link.is_over());
}

#[test]
fn nothing_piles_up_for_a_ui_layer_that_is_gone() {
    let mut link = small(8);
    call(&mut link, 1).expect("there is room");
    link.stop_listening();
    fail_all(&mut link);
    assert!(!link.has_delivery());
    for task in 2..=100 {
        assert_eq!(call(&mut link, task), Ok(()));
        fail_all(&mut link);
    }
}

#[test]
fn a_ui_layer_that_comes_later_hears_what_happens_from_then_on() {
    let mut link = small(8);
    assert!(!link.listen_again(), "somebody listens");
    assert_eq!(link.next_task(), 1);
    call(&mut link, 1).expect("there is room");
    call(&mut link, 7).expect("there is room");
    link.stop_listening();
    assert!(link.listen_again());
    assert!(!link.listen_again());
    assert_eq!(link.next_task(), 8);
    fail_all(&mut link);
    assert_eq!(taken(&mut link).len(), 2);
}

#[test]
fn i2_large_heads_that_wait_to_be_taken_count_as_bytes() {
    let mut link = link(Policy {
        waiting_bytes: 10_000,
        permits: Permits::Shared(NonZeroUsize::MIN),
        ..Policy::seed()
    });
    call(&mut link, 1).expect("there is room");
    let mut large = head(200);
    large.headers.push(appnet_policy::exchange::Header {
        name: "x".to_owned(),
        value: "y".repeat(9_000),
    });
    let what = TaskEvent::HeadersReceived(large.into());
    deliver(&mut link, Event { task: id(1), what });
    assert_eq!(call(&mut link, 2), Err(RejectReason::Full));
    taken(&mut link);
    assert_eq!(call(&mut link, 3), Ok(()));
}

#[test]
fn b7_a_query_is_answered_by_what_the_host_said_last_and_by_nothing_after_the_close() {
    let mut link = small(8);
    let told = Connectivity {
        network_type: NetworkType::Cellular4G,
        weak: Some(true),
        ..Connectivity::default()
    };
    link.set_connectivity(told);
    let answered = link.answer(id(1), Surroundings::network_type);
    assert!(answered.is_ok());
    let network_type = told.network_type;
    let weak = true;
    let answer = QueryAnswer::NetworkType {
        connectivity: told,
        weak,
    };
    assert_eq!(
        taken(&mut link),
        [
            Delivery::News(NetworkNews::Status(network_type)),
            Delivery::News(NetworkNews::Weak { weak, network_type }),
            Delivery::Answer {
                task: id(1),
                answer
            },
        ]
    );
    link.set_shape(Some(Preset::Offline.shape()));
    let offline = Delivery::News(NetworkNews::Status(NetworkType::None));
    assert!(taken(&mut link).contains(&offline));
    drop(link.close(ms(1)));
    let refused = link.answer(id(2), Surroundings::network_type);
    assert_eq!(refused.map_err(|it| it.why), Err(RejectReason::Closed));
    link.set_connectivity(Connectivity::default());
    assert!(link.is_over());
}

fn counts(link: &Link) -> (usize, usize, usize) {
    let Holdings {
        running,
        queued,
        sockets,
        ..
    } = link.holdings(ms(0));
    (running, queued, sockets)
}

#[test]
fn what_an_app_has_is_counted_from_its_calls_to_their_ends() {
    let mut link = link(Policy::seed());
    assert_eq!(counts(&link), (0, 0, 0));
    for task in 1..=3 {
        post(&mut link, task, 100).unwrap();
    }
    open_socket(&mut link, 4);
    assert_eq!(counts(&link), (0, 4, 0));
    assert!(link.holdings(ms(0)).waiting_bytes > 300);
    for task in [1, 2, 4] {
        link.started(id(task), ms(1));
    }
    assert_eq!(counts(&link), (3, 1, 0));
    deliver(&mut link, fail(1, appnet_policy::Api::Request));
    let opened = OpenedSocket {
        head: head(101),
        protocol: None,
        profile: CallProfile {
            invoked: Duration::ZERO,
            started: Duration::ZERO,
            exchange: Default::default(),
            estimates: Default::default(),
        },
    };
    deliver(
        &mut link,
        Event::socket(id(4), SocketEvent::Opened(Box::new(opened))),
    );
    assert_eq!(counts(&link), (1, 1, 1));
    // A core that crashed has left nothing.
    assert_eq!(link.detach(ms(2)).len(), 3);
    assert_eq!(counts(&link), (0, 0, 0));
}

#[test]
fn b1_b4_b5_where_an_app_is_follows_the_hosts_last_word_and_the_time() {
    let mut link = link(Policy::seed());
    let state = |link: &Link, at| link.holdings(ms(at)).state;
    let away = |pinned, at| Move::Background { pinned, at: ms(at) };
    let grace = |left| AppState::Grace {
        left: Duration::from_millis(left),
    };
    assert_eq!(state(&link, 0), AppState::Foreground);
    link.move_to(away(false, 1_000));
    assert_eq!(state(&link, 1_000), grace(5_000));
    link.move_to(away(false, 3_000)); // being told twice lengthens nothing
    assert_eq!(state(&link, 5_999), grace(1));
    assert_eq!(state(&link, 6_000), AppState::Interrupted);
    link.move_to(away(true, 7_000));
    assert_eq!(state(&link, 70_000), AppState::Pinned);
    link.move_to(Move::Foreground { at: ms(80_000) });
    assert_eq!(state(&link, 80_000), AppState::Foreground);
    link.begin_close();
    assert_eq!(state(&link, 80_000), AppState::Closing);
}

#[test]
fn what_was_no_command_is_answered_and_an_app_is_over_when_it_has_heard_all() {
    let mut link = link(Policy::seed());
    assert_eq!((link.has_delivery(), link.is_over()), (false, false));
    let malformed = Malformed {
        task: None,
        field: "message".to_owned(),
        expected: "JSON".to_owned(),
        found: "x".to_owned(),
    };
    link.reject(malformed.clone()).unwrap();
    assert_eq!((link.has_delivery(), link.is_over()), (true, false));
    let _ = link.close(ms(0));
    assert_eq!((link.has_delivery(), link.is_over()), (true, false));
    assert!(link.reject(malformed.clone()).is_err());
    assert_eq!(taken(&mut link), [Delivery::Malformed(malformed)]);
    assert_eq!((link.has_delivery(), link.is_over()), (false, true));
}

#[test]
fn c4_an_abort_reaches_the_core_once_and_only_of_an_open_task() {
    let mut link = link(Policy::seed());
    call(&mut link, 1).unwrap();
    for task in [1, 1, 2] {
        link.abort(id(task)).unwrap();
    }
    let inbound = std::iter::from_fn(|| link.next_inbound(ms(0)));
    let aborts = inbound.filter(|(it, _)| matches!(it, Inbound::Abort { .. }));
    assert_eq!(aborts.count(), 1);
}

#[test]
fn b7_what_waits_for_the_core_is_gone_when_the_app_is_closed() {
    let mut link = link(Policy::seed());
    call(&mut link, 1).unwrap();
    let (ended, records) = link.close(ms(0));
    assert_eq!((ended, records.len()), (vec![id(1)], 1));
    assert!(link.next_inbound(ms(0)).is_none());
}

#[test]
fn i2_what_waits_counts_until_it_is_taken_and_what_is_asked_until_it_is_answered() {
    let mut link = link(Policy::seed());
    open_socket(&mut link, 1);
    taken(&mut link);
    let waiting = |link: &Link| link.holdings(ms(0)).waiting_bytes;
    let idle = waiting(&link);
    let send = SocketAsk::Send(Ok(text(1_000)));
    link.ask(id(1), ask(1), send).expect("there is room");
    assert!(waiting(&link) >= idle + 1_000);
    let answer = SocketEvent::Answered {
        ask: ask(1),
        verb: SocketVerb::Send,
        outcome: Ok(()),
    };
    deliver(&mut link, Event::socket(id(1), answer));
    assert_eq!(waiting(&link), idle, "nothing but the answer, a few words");

    let headers = |count: usize| {
        let mut head = head(200);
        let header = appnet_policy::exchange::Header {
            name: "name".to_owned(),
            value: "value".to_owned(),
        };
        head.headers = vec![header; count];
        TaskEvent::HeadersReceived(head.into())
    };
    call(&mut link, 2).expect("there is room");
    let idle = waiting(&link);
    deliver(
        &mut link,
        Event {
            task: id(2),
            what: headers(3),
        },
    );
    assert_eq!(waiting(&link), idle + 3 * ("name".len() + "value".len()));
    taken(&mut link);
    assert_eq!(waiting(&link), idle);

    let url = "x".repeat(500);
    let failed = TaskEvent::Fail {
        api: appnet_policy::Api::Request,
        failure: Failure::App(AppFault::InvalidUrl(url)),
        exception: None,
        http_dns: false,
    };
    let of_the_call = link.ledger.held();
    deliver(
        &mut link,
        Event {
            task: id(2),
            what: failed,
        },
    );
    assert!(of_the_call > link.ledger.held());
    assert_eq!(waiting(&link), link.ledger.held() + 500);
}

#[test]
fn b7_an_accepted_socket_ends_by_an_error_and_a_close_and_a_call_by_a_failure() {
    let mut link = link(Policy::seed());
    open_socket(&mut link, 1);
    call(&mut link, 2).expect("there is room");
    taken(&mut link);
    let _ = link.close(ms(0));
    let told = taken(&mut link);
    let ends: Vec<(u64, bool)> = told
        .iter()
        .map(|delivery| match delivery {
            Delivery::Event(Event { task, what }) => {
                (task.number(), matches!(what, TaskEvent::Fail { .. }))
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ends, [(1, false), (1, false), (2, true)]);
}
