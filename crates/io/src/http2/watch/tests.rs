use super::*;

const LARGEST: usize = 1000;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    [&[0, 0, length, kind, flags, 0, 0, 0, stream], payload].concat()
}

fn headers(stream: u8, block: &[u8]) -> Vec<u8> {
    frame(0x1, 0x4, stream, block)
}

fn watch(bytes: &[Vec<u8>]) -> (Watch, Result<(), Fault>) {
    let now = Instant::now();
    let mut watch = Watch::new(LARGEST, SilenceLimits::default(), now);
    watch.state().begin(1);
    let received = bytes.iter().try_for_each(|bytes| watch.receive(bytes, now));
    (watch, received)
}

fn fault(bytes: &[Vec<u8>]) -> Option<Fault> {
    watch(bytes).0.state().fault_of(1)
}

const OK: &[u8] = b"\x88";
const INTERIM: &[u8] = b"\x48\x03103";

#[test]
fn pseudo_fields_stand_where_they_may_or_the_answer_is_malformed() {
    let trailers = headers(1, b"\x00\x01a\x01b");
    assert_eq!(
        fault(&[headers(1, INTERIM), headers(1, OK), trailers]),
        None
    );
    let in_trailers = Some(Fault::Malformed("pseudo-header fields in the trailers"));
    assert_eq!(fault(&[headers(1, OK), headers(1, OK)]), in_trailers);
    assert_eq!(fault(&[headers(1, OK), headers(1, b"\x84")]), in_trailers);
    let of_a_request = Some(Fault::Malformed(
        "a request's pseudo-header field in an answer",
    ));
    assert_eq!(fault(&[headers(1, b"\x88\x84")]), of_a_request);
    // Of another call.
    assert_eq!(fault(&[headers(3, b"\x88\x84")]), None);
}

#[test]
fn a_block_in_pieces_is_read_as_one() {
    let first = frame(0x1, 0, 1, b"\x88\x00\x05:p");
    assert!(fault(&[first.clone(), frame(0x9, 0x4, 1, b"ath\x01/")]).is_some());
    assert_eq!(fault(&[first]), None);
}

#[test]
fn h5_a_header_block_over_the_bound_ends_the_connection_before_it_is_whole() {
    let piece = frame(0x9, 0, 1, &[b'x'; 200]);
    let mut bytes = vec![frame(0x1, 0, 1, b"\x88")];
    bytes.extend(vec![piece; 5]);
    assert_eq!(watch(&bytes).1, Err(Fault::TooLarge));
}

#[test]
fn h5_pings_without_end_end_the_connection() {
    let ping = frame(0x6, 0, 0, b"pingpong");
    assert_eq!(watch(&vec![ping.clone(); 500]).1, Ok(()));
    assert!(matches!(
        watch(&vec![ping; 2000]).1,
        Err(Fault::Malformed(_))
    ));
}

#[test]
fn h5_frames_of_bodies_that_nobody_takes_fill_it() {
    let (mut watch, _) = watch(&vec![frame(0x0, 0, 1, b"x"); MOST_UNTAKEN]);
    assert!(watch.state().is_full());
    watch.state().take(1);
    assert!(!watch.state().is_full());
    watch
        .receive(&frame(0x0, 0, 1, b"x"), Instant::now())
        .unwrap();
    watch.state().end(1, Instant::now());
    assert_eq!(watch.state().untaken, 0);
}

#[test]
fn a_server_is_asked_for_a_sign_of_life_while_a_call_waits_and_it_is_listened_to() {
    let now = Instant::now();
    let later = now + Duration::from_secs(3600);
    let asked = |bytes: &[Vec<u8>], prepare: fn(&mut State)| {
        let (mut watch, _) = watch(bytes);
        prepare(watch.state());
        let state = watch.state();
        (state.due().is_some(), state.beat(later))
    };
    assert_eq!(asked(&[], |_| {}), (true, Some(Beat::Ask)));
    let nobody_waits = asked(&[], |state| state.end(1, Instant::now()));
    assert_eq!(nobody_waits, (false, None));
    let frame = frame(0x0, 0, 1, b"x");
    let full = vec![frame; MOST_UNTAKEN];
    assert_eq!(asked(&full, |_| {}), (false, None));
    let room = asked(&full, |state| state.take(1));
    assert_eq!(room, (true, Some(Beat::Ask)));
    assert_eq!(asked(&[], State::fall_silent), (false, None));
}

#[test]
fn goaway_says_which_calls_were_not_acted_on() {
    let (mut watch, _) = watch(&[frame(0x7, 0, 0, b"\0\0\0\x03\0\0\0\0")]);
    let state = watch.state();
    let known = (
        state.is_above_last(3),
        state.is_above_last(5),
        state.is_closing(),
    );
    assert_eq!(known, (false, true, true));
}

#[test]
fn a_connection_that_says_nothing_to_a_call_that_is_given_up_is_used_no_more() {
    let now = Instant::now();
    let later = now + SILENCE;
    let request = frame(0x1, 0x5, 1, OK);
    let preface = [0; 24];
    let given_up = |heard: Option<Instant>, at| {
        let mut watch = Watch::new(LARGEST, SilenceLimits::default(), now);
        watch.state().begin(1);
        watch.send(&preface, now);
        watch.send(&request, now);
        if let Some(heard) = heard {
            watch
                .receive(&frame(0x6, 0x1, 0, b"12345678"), heard)
                .unwrap();
        }
        watch.state().end(1, at);
        watch.state().is_closing()
    };
    assert!(given_up(None, later));
    assert!(!given_up(None, now));
    assert!(!given_up(Some(later), later));
    // It waited for a stream.
    let mut watch = Watch::new(LARGEST, SilenceLimits::default(), now);
    watch.state().begin(1);
    watch.state().end(1, later);
    assert!(!watch.state().is_closing());
}
