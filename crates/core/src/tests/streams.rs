//! Bodies that come in chunks, and files on their way (P8, F5, T2, C1).

use appnet_policy::failure::{AppFault, HostFault, InternalFault, NetworkFault};
use appnet_policy::rules::Rule;
use std::num::NonZeroUsize;
use std::sync::Arc;

use appnet_policy::{
    Api, Failure, Policy,
    exchange::{Body, Method, Receive, SaveTo},
    prepare::{Call, UploadOptions},
    preset::Permits,
    timeouts::NetworkTimeout,
};
use bytes::Bytes;

use crate::{
    IoEvent, TaskEvent,
    test_support::{
        AppUnderTest, Did, Heard, chunk, chunked, config, download, job, ms, options, progress,
        rules_of, secs, upload,
    },
};

/// An app with this one call under way.
fn app_with(call: Call) -> AppUnderTest {
    let mut app = AppUnderTest::new();
    assert_eq!(app.begin(1, call, ms(0)).did, [Did::Start(1)]);
    app
}

/// The same, with its headers received at one second.
fn answered(call: Call) -> AppUnderTest {
    let mut app = app_with(call);
    assert_eq!(app.headers(1, secs(1)).heard, [Heard::Headers(1)]);
    app
}

fn of_100(task: u64, done: u64) -> Heard {
    Heard::Progress(task, progress(done, Some(100)))
}

// ---- what goes out, and what is on record ----------------------------------------------------------------------------------

#[test]
fn f1_an_upload_sends_a_form_and_is_on_record_as_one() {
    let mut app = AppUnderTest::new();
    let turn = app.begin(1, upload(), ms(0));
    let [job] = turn.jobs.as_slice() else {
        panic!("{:?}", turn.did)
    };
    assert_eq!(job.request.method, Method::Post);
    assert!(matches!(&job.request.body, Body::Form(form) if form.file_field == "file"));
    app.succeed(1, secs(1));
    let record = app.record(1);
    assert_eq!(
        (record.api, record.method),
        (Api::UploadFile, Some(Method::Post))
    );
    assert_eq!(record.url, "https://myserver.com/up");
}

#[test]
fn f3_a_download_writes_a_file_and_is_on_record_as_one() {
    let mut app = AppUnderTest::new();
    let turn = app.begin(1, download(), ms(0));
    assert_eq!(turn.jobs[0].receive, Receive::File(SaveTo::Temporary));
    let turn = app.succeed(1, secs(1));
    let [TaskEvent::Success(success)] = turn.what()[..] else {
        panic!("{:?}", turn.events)
    };
    assert_eq!(success.api, Api::DownloadFile);
    let record = app.record(1);
    assert_eq!(
        (record.api, record.method),
        (Api::DownloadFile, Some(Method::Get))
    );
}

#[test]
fn f2_a_call_with_a_path_out_of_the_sandbox_is_refused_with_its_rule() {
    let mut app = AppUnderTest::new();
    let outside = Call::Upload(UploadOptions {
        url: "https://myserver.com/up".to_owned(),
        file_path: "wxfile://usr/../secret".to_owned(),
        name: "file".to_owned(),
        ..UploadOptions::default()
    });
    let turn = app.begin(1, outside, ms(0));
    assert_eq!(turn.did, []);
    assert!(matches!(
        turn.what()[..],
        [TaskEvent::Fail {
            api: Api::UploadFile,
            failure: appnet_policy::Failure::App(AppFault::FilePermissionDenied),
            exception: None,
            http_dns: false,
        }]
    ));
    let rule = app.record(1).refusal.as_ref().map(|refusal| refusal.rule);
    assert_eq!(rule, Some(Rule::F2));
}

#[test]
fn t1_each_api_has_its_own_timeout() {
    let mut config = config();
    config.network_timeout = NetworkTimeout {
        request: Some(1_000.0),
        upload_file: Some(2_000.0),
        download_file: Some(3_000.0),
        ..NetworkTimeout::default()
    };
    let mut app = AppUnderTest::configured(rules_of(Policy::seed(), config));
    app.begin(1, download(), ms(0));
    app.begin(2, upload(), ms(0));
    app.call(3, ms(0));
    for (task, at) in [(3, 1), (2, 2), (1, 3)] {
        assert_eq!(app.wakes_at(), Some(secs(at)));
        assert_eq!(
            app.timer(secs(at)).heard,
            [Heard::Fail(task, Failure::Network(NetworkFault::TimedOut))]
        );
    }
}

// ---- permits ---------------------------------------------------------------------------------------------------------------

#[test]
fn c1_request_upload_and_download_share_ten_permits() {
    let mut app = AppUnderTest::new();
    let calls = [Call::Request(options()), upload(), download(), chunked()];
    for (task, call) in (1..=10).zip(calls.iter().cycle()) {
        assert_eq!(app.begin(task, call.clone(), ms(0)).did, [Did::Start(task)]);
    }
    for (task, call) in (11..=14).zip(&calls) {
        assert!(app.begin(task, call.clone(), ms(0)).is_quiet(), "{task}");
    }
    // C2: first in, first out, whichever API; and whichever call gives its permit back.
    assert_eq!(app.succeed(3, secs(1)).did, [Did::Start(11)]);
    assert_eq!(app.reset(2, secs(1)).did, [Did::Start(12)]);
    assert_eq!(app.abort(4, secs(1)).did, [Did::Cancel(4), Did::Start(13)]);
    assert_eq!(app.succeed(1, secs(1)).did, [Did::Start(14)]);
}

#[test]
fn c1_policy_may_give_each_api_its_own_pool() {
    let mut app = AppUnderTest::with(Policy {
        permits: Permits::PerApi {
            request: NonZeroUsize::MIN,
            upload_file: NonZeroUsize::MIN,
            download_file: NonZeroUsize::MIN,
        },
        ..Policy::seed()
    });
    for (task, call) in (1..).zip([upload(), download(), chunked()]) {
        assert_eq!(app.begin(task, call, ms(0)).did, [Did::Start(task)]);
    }
    for (task, call) in (4..).zip([upload(), download(), chunked()]) {
        assert!(app.begin(task, call, ms(0)).is_quiet());
    }
    assert_eq!(app.succeed(2, secs(1)).did, [Did::Start(5)]);
}

#[test]
fn c1_chunks_and_progress_give_no_permit_back() {
    let mut app = AppUnderTest::with_calls(1..=8);
    app.begin(9, chunked(), ms(0));
    app.begin(10, upload(), ms(0));
    app.call(11, ms(0));
    app.headers(9, secs(1));
    assert_eq!(app.chunk(9, 5, secs(1)).did, []);
    assert_eq!(app.awaits_app(9, secs(1)).did, []);
    assert_eq!(app.progress(10, 100, secs(1)).did, []);
}

// ---- chunks ----------------------------------------------------------------------------------------------------------------

#[test]
fn p8_chunks_come_in_order_between_the_headers_and_the_end() {
    let mut app = app_with(chunked());
    let mut heard = app.headers(1, secs(1)).heard;
    for bytes in [3, 1, 2] {
        heard.extend(app.chunk(1, bytes, secs(2)).heard);
    }
    heard.extend(app.succeed(1, secs(3)).heard);
    let expected = [
        Heard::Headers(1),
        Heard::Chunk(1, 3),
        Heard::Chunk(1, 1),
        Heard::Chunk(1, 2),
        Heard::Success(1, 200),
    ];
    assert_eq!(heard, expected);
}

#[test]
fn p8_a_chunk_is_heard_by_nobody_before_the_headers_after_the_end_or_without_enable_chunked() {
    assert!(app_with(chunked()).chunk(1, 1, secs(1)).is_quiet());
    let mut app = answered(chunked());
    app.succeed(1, secs(2));
    assert!(app.chunk(1, 1, secs(2)).is_quiet());
    for call in [Call::Request(options()), upload(), download()] {
        assert!(answered(call).chunk(1, 1, secs(2)).is_quiet());
    }
}

#[test]
fn p8_nothing_is_no_chunk() {
    assert!(answered(chunked()).chunk(1, 0, secs(2)).is_quiet());
}

#[test]
fn a_chunk_is_the_very_bytes_of_io_and_nobody_keeps_them() {
    let room = Arc::new([7; 3]);
    let chunk = || IoEvent::Chunk(Bytes::from_owner(Room(Arc::clone(&room))));
    let mut app = answered(chunked());
    let turn = app.io(job(1), chunk(), secs(2));
    let [TaskEvent::Chunk(data)] = turn.what()[..] else {
        panic!("{:?}", turn.events)
    };
    assert_eq!(data.as_ptr(), room.as_ptr());
    assert_eq!(Arc::strong_count(&room), 2);
    drop(turn);
    assert_eq!(
        Arc::strong_count(&room),
        1,
        "its room is free with its event"
    );
    app.abort(1, secs(3));
    app.io(job(1), chunk(), secs(3));
    assert_eq!(
        Arc::strong_count(&room),
        1,
        "so it is if nobody hears of it"
    );
}

/// What I/O gives with a chunk, to see when it is dropped.
struct Room(Arc<[u8; 3]>);

impl AsRef<[u8]> for Room {
    fn as_ref(&self) -> &[u8] {
        self.0.as_slice()
    }
}

// ---- the time between chunks -----------------------------------------------------------------------------------------------

#[test]
fn t2_with_enable_chunked_the_headers_must_come_in_time() {
    let mut app = app_with(chunked());
    assert_eq!(app.wakes_at(), Some(secs(60)));
    assert_eq!(
        app.timer(secs(60)).heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t2_with_enable_chunked_each_chunk_has_the_whole_time() {
    let mut app = app_with(chunked());
    app.headers(1, secs(59));
    assert_eq!(app.wakes_at(), Some(secs(119)));
    app.chunk(1, 1, secs(118));
    assert_eq!(app.wakes_at(), Some(secs(178)));
    app.chunk(1, 1, secs(118));
    assert!(app.timer(ms(177_999)).is_quiet());
    let turn = app.timer(secs(178));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
    assert_eq!(turn.did, [Did::Cancel(1)]);
}

#[test]
fn t2_a_token_stream_of_five_minutes_comes_to_its_end() {
    let mut app = answered(chunked());
    for second in 2..=300 {
        assert_eq!(app.chunk(1, 4, secs(second)).heard, [Heard::Chunk(1, 4)]);
    }
    assert_eq!(app.succeed(1, secs(301)).heard, [Heard::Success(1, 200)]);
    assert_eq!(app.wakes_at(), None, "its deadline is gone with it");
}

#[test]
fn t2_a_chunk_that_comes_too_late_is_too_late_even_if_the_timer_never_fired() {
    let turn = answered(chunked()).chunk(1, 1, secs(61));
    assert_eq!(
        turn.heard,
        [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t2_neither_an_empty_chunk_nor_headers_said_twice_give_more_time() {
    let mut app = answered(chunked());
    app.chunk(1, 0, secs(50));
    app.headers(1, secs(50));
    assert_eq!(app.wakes_at(), Some(secs(61)));
}

#[test]
fn t2_while_the_app_does_not_take_its_chunks_time_does_not_count() {
    let mut app = answered(chunked());
    app.chunk(1, 1, secs(2));
    assert!(app.awaits_app(1, secs(3)).is_quiet());
    assert_eq!(app.wakes_at(), None);
    assert!(app.timer(secs(10_000)).is_quiet());
    assert_eq!(app.chunk(1, 1, secs(10_000)).heard, [Heard::Chunk(1, 1)]);
    assert_eq!(app.wakes_at(), Some(secs(10_060)), "now it does again");
    app.awaits_app(1, secs(10_001));
    let turn = app.succeed(1, secs(20_000));
    assert_eq!(turn.heard, [Heard::Success(1, 200)]);
}

#[test]
fn t2_the_clock_of_other_calls_goes_on_while_one_waits_for_the_app() {
    let mut app = answered(chunked());
    app.begin(2, chunked(), secs(1));
    app.headers(2, secs(1));
    app.awaits_app(1, secs(2));
    assert_eq!(
        app.timer(secs(61)).heard,
        [Heard::Fail(2, Failure::Network(NetworkFault::TimedOut))]
    );
}

#[test]
fn t2_the_app_can_be_waited_for_only_behind_the_headers_of_chunks() {
    let mut app = app_with(chunked());
    app.awaits_app(1, secs(1));
    assert_eq!(app.wakes_at(), Some(secs(60)));
    for call in [Call::Request(options()), upload(), download()] {
        let mut app = answered(call);
        app.awaits_app(1, secs(2));
        assert_eq!(app.wakes_at(), Some(secs(60)));
    }
}

#[test]
fn b2_b7_c4_a_call_whose_clock_stands_still_ends_like_any_other() {
    let waits = || {
        let mut app = answered(chunked());
        app.awaits_app(1, secs(2));
        app
    };
    assert_eq!(
        waits().abort(1, secs(99)).heard,
        [Heard::Fail(1, Failure::App(AppFault::Aborted))]
    );
    let mut app = waits();
    app.background(secs(99));
    assert_eq!(
        app.timer(secs(104)).heard,
        [Heard::Fail(1, Failure::Host(HostFault::Interrupted))]
    );
    assert_eq!(
        waits().close(secs(99)).1.heard,
        [Heard::Fail(1, Failure::Host(HostFault::AppClosed))]
    );
}

#[test]
fn t2_headers_and_progress_of_a_file_do_not_extend_its_deadline() {
    for call in [upload(), download()] {
        let mut app = app_with(call);
        app.headers(1, secs(50));
        assert_eq!(app.progress(1, 50, secs(59)).heard, [of_100(1, 50)]);
        assert_eq!(app.wakes_at(), Some(secs(60)));
        assert_eq!(
            app.timer(secs(60)).heard,
            [Heard::Fail(1, Failure::Network(NetworkFault::TimedOut))]
        );
    }
}

// ---- progress --------------------------------------------------------------------------------------------------------------

#[test]
fn p8_f1_the_progress_of_an_upload_comes_before_its_headers() {
    let mut app = app_with(upload());
    let mut heard = app.progress(1, 40, secs(1)).heard;
    heard.extend(app.progress(1, 100, secs(2)).heard);
    heard.extend(app.headers(1, secs(3)).heard);
    heard.extend(app.succeed(1, secs(3)).heard);
    let expected = [
        of_100(1, 40),
        of_100(1, 100),
        Heard::Headers(1),
        Heard::Success(1, 200),
    ];
    assert_eq!(heard, expected);
}

#[test]
fn p8_f1_a_server_that_answers_early_and_reads_on_does_not_end_the_progress_of_an_upload() {
    let mut app = answered(upload());
    assert_eq!(app.progress(1, 100, secs(2)).heard, [of_100(1, 100)]);
}

#[test]
fn p8_f5_the_progress_of_a_download_comes_behind_its_headers_only() {
    let mut app = app_with(download());
    assert!(app.progress(1, 1, secs(1)).is_quiet());
    app.headers(1, secs(2));
    assert_eq!(app.progress(1, 1, secs(3)).heard, [of_100(1, 1)]);
}

#[test]
fn f5_progress_never_decreases() {
    for call in [upload(), download()] {
        let mut app = answered(call);
        assert_eq!(app.progress(1, 40, secs(2)).heard, [of_100(1, 40)]);
        assert!(app.progress(1, 39, secs(3)).is_quiet());
        assert!(app.progress(1, 0, secs(4)).is_quiet(), "sent again");
        let of_more = IoEvent::Progress(progress(41, Some(1_000)));
        assert!(
            app.io(job(1), of_more, secs(5)).is_quiet(),
            "4 % after 40 %"
        );
        assert_eq!(app.progress(1, 41, secs(6)).heard, [of_100(1, 41)]);
    }
}

#[test]
fn f5_progress_says_whether_it_was_sent_or_written() {
    let sent = answered(upload()).progress(1, 40, secs(2));
    assert!(matches!(sent.what()[..], [TaskEvent::Sent(_)]));
    let written = answered(download()).progress(1, 40, secs(2));
    assert!(matches!(written.what()[..], [TaskEvent::Written(_)]));
    assert!(!sent.events[0].is_terminal() && !written.events[0].is_terminal());
}

#[test]
fn p8_a_request_has_no_progress_and_an_ended_call_none_any_more() {
    for call in [Call::Request(options()), chunked()] {
        assert!(answered(call).progress(1, 40, secs(2)).is_quiet());
    }
    for call in [upload(), download()] {
        let mut app = answered(call);
        app.abort(1, secs(2));
        assert!(app.progress(1, 40, secs(2)).is_quiet());
    }
}

#[test]
fn p8_what_io_says_of_a_call_that_waits_or_of_an_older_life_is_not_heard() {
    let mut app = AppUnderTest::with_calls(1..=10);
    app.begin(11, chunked(), ms(0));
    app.begin(12, upload(), ms(0));
    assert!(app.chunk(11, 1, secs(1)).is_quiet());
    assert!(app.awaits_app(11, secs(1)).is_quiet());
    assert!(app.progress(12, 1, secs(1)).is_quiet());

    let mut app = answered(chunked());
    let mut stale = job(1);
    stale.epoch = stale.epoch.next();
    assert!(app.io(stale, chunk(1), secs(2)).is_quiet());
    app.io(stale, IoEvent::AwaitsApp, secs(2));
    assert_eq!(app.wakes_at(), Some(secs(61)));
}

#[test]
fn p8_a_lost_worker_ends_uploads_downloads_and_streams() {
    let mut app = AppUnderTest::new();
    for (task, call) in (1..).zip([upload(), download(), chunked()]) {
        app.begin(task, call, ms(0));
    }
    app.headers(3, secs(1));
    app.awaits_app(3, secs(1));
    let heard = app.worker_lost(secs(2)).heard;
    let crashed = appnet_policy::Failure::Internal(InternalFault::Crashed);
    assert_eq!(
        heard,
        [1, 2, 3].map(|task| Heard::Fail(task, crashed.clone()))
    );
    assert_eq!(app.wakes_at(), None);
}
