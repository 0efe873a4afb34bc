use appnet_policy::exchange::{Header, HttpVersion};
use proptest::prelude::*;

use super::*;

const BOUNDS: Bounds = Bounds {
    header_bytes: 4096,
    header_count: 200,
    chunk_extension_bytes: 64,
};

/// All pieces of a response that comes in these parts, then closes; data merged.
fn read_parts(
    method: Method,
    parts: &[&[u8]],
) -> Result<(ResponseHead, Vec<u8>, bool), FramingError> {
    let mut framing = ResponseFraming::new(method, BOUNDS);
    let mut input = BytesMut::new();
    let (mut head, mut body, mut ended) = (None, Vec::new(), false);
    let mut take = |piece| match piece {
        Piece::Head(found) => head = Some(found),
        Piece::Data(data) => body.extend_from_slice(&data),
        Piece::End => ended = true,
    };
    for part in parts {
        input.extend_from_slice(part);
        while let Some(piece) = framing.next(&mut input)? {
            take(piece);
        }
    }
    if !framing.is_done() {
        take(framing.end_of_input()?);
    }
    assert!(ended);
    let reusable = framing.keep_alive() && input.is_empty();
    Ok((
        head.expect("a response that ends has a head"),
        body,
        reusable,
    ))
}

fn read(bytes: &[u8]) -> Result<(u16, Vec<u8>, bool), FramingError> {
    let (head, body, reusable) = read_parts(Method::Get, &[bytes])?;
    Ok((head.status, body, reusable))
}

fn body(bytes: &[u8]) -> String {
    String::from_utf8(read(bytes).unwrap().1).unwrap()
}

fn malformed(bytes: &[u8]) -> &'static str {
    match read(bytes) {
        Err(FramingError::Malformed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_body_without_any_length_lasts_until_the_close() {
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\n\r\nall of it"),
        Ok((200, b"all of it".to_vec(), false))
    );
    assert_eq!(
        read(b"HTTP/1.0 200 OK\r\n\r\nall of it"),
        Ok((200, b"all of it".to_vec(), false))
    );
}

#[test]
fn a_body_ends_where_its_length_says() {
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"),
        Ok((200, b"abc".to_vec(), true))
    );
}

#[test]
fn bytes_after_the_response_make_the_connection_unusable() {
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcd"),
        Ok((200, b"abc".to_vec(), false))
    );
    assert!(!read(b"HTTP/1.1 204 No Content\r\n\r\nx").unwrap().2);
}

#[test]
fn a_body_cut_short_is_an_error() {
    let cut = Err(FramingError::CutShort("a body"));
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"),
        cut
    );
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nab"),
        cut
    );
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n"),
        cut
    );
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n"),
        cut
    );
}

#[test]
fn a_head_cut_short_is_an_error() {
    assert_eq!(
        read(b"HTTP/1.1 200 OK\r\nA: b\r\n"),
        Err(FramingError::CutShort("the headers"))
    );
    assert_eq!(read(b""), Err(FramingError::Empty));
}

#[test]
fn responses_that_have_no_body_end_with_their_head_whatever_it_says() {
    for status in ["204 No Content", "304 Not Modified"] {
        let bytes = format!("HTTP/1.1 {status}\r\nContent-Length: 5\r\n\r\n");
        assert!(read(bytes.as_bytes()).unwrap().2, "{status}");
    }
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
    assert!(read_parts(Method::Head, &[head]).unwrap().2);
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert!(read_parts(Method::Head, &[head]).unwrap().2);
}

#[test]
fn interim_responses_are_dropped() {
    let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n\
        HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    assert_eq!(read(bytes), Ok((200, b"ok".to_vec(), true)));
}

#[test]
fn an_interim_response_is_no_final_one() {
    assert_eq!(
        malformed(b"HTTP/1.1 102 Processing\r\n\r\n"),
        "the last response was an interim one (1xx)"
    );
    assert_eq!(
        malformed(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        "101 Switching Protocols was not asked for",
    );
}

#[test]
fn folded_lines_are_joined() {
    let bytes =
        b"HTTP/1.1 200 OK\r\nA: one\r\n  two \r\n\tthree\r\nB: x\r\nContent-Length: 0\r\n\r\n";
    let (head, ..) = read_parts(Method::Get, &[bytes]).unwrap();
    assert_eq!(
        (head.header("a"), head.header("b")),
        (Some("one two three"), Some("x"))
    );
}

#[test]
fn names_and_order_of_headers_stay_as_they_came() {
    let bytes =
        b"HTTP/1.1 200 OK\r\nsEt-cookie: a\r\nX: 1\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n";
    let (head, ..) = read_parts(Method::Get, &[bytes]).unwrap();
    let names: Vec<_> = head
        .headers
        .iter()
        .map(|header| header.name.as_str())
        .collect();
    assert_eq!(names, ["sEt-cookie", "X", "Set-Cookie", "Content-Length"]);
    assert_eq!(head.version, HttpVersion::Http1);
}

#[test]
fn values_are_utf8_if_they_can_be_and_else_latin1() {
    let bytes = b"HTTP/1.1 200 OK\r\nA: \xc3\xa4\r\nB: \xe4\r\nContent-Length: 0\r\n\r\n";
    let (head, ..) = read_parts(Method::Get, &[bytes]).unwrap();
    let expected = |name: &str| Header {
        name: name.to_owned(),
        value: "ä".to_owned(),
    };
    assert_eq!(head.headers[..2], [expected("A"), expected("B")]);
}

#[test]
fn a_length_may_be_repeated_but_not_changed() {
    assert_eq!(
        body(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"),
        "ok"
    );
    assert_eq!(
        body(b"HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok"),
        "ok"
    );
    assert_eq!(
        malformed(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok"),
        "two different Content-Lengths",
    );
}

#[test]
fn a_length_is_a_number() {
    for length in ["", "+2", "-2", "2a", "0x2", "2 2", "\"2\""] {
        let bytes = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\nok");
        assert_eq!(
            malformed(bytes.as_bytes()),
            "Content-Length is no number",
            "{length:?}"
        );
    }
    let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n";
    assert_eq!(malformed(bytes), "Content-Length is too large");
}

/// The body, and whether the connection may be used again.
fn transfer(version: &str, fields: &str, body: &str) -> (String, bool) {
    let bytes = format!("HTTP/{version} 200 OK\r\n{fields}\r\n\r\n{body}");
    let (_, body, reusable) = read(bytes.as_bytes()).unwrap();
    (String::from_utf8(body).unwrap(), reusable)
}

#[test]
fn h2_chunked_counts_once_and_wins_but_ends_the_connection_where_others_may_read_otherwise() {
    const CHUNKS: &str = "2\r\nok\r\n0\r\n\r\n";
    let ok = |reusable| ("ok".to_owned(), reusable);
    let chunked = "Transfer-Encoding: chunked";
    assert_eq!(transfer("1.1", chunked, CHUNKS), ok(true));
    for fields in [
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: Chunked",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Content-Length: 9\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 2",
    ] {
        assert_eq!(transfer("1.1", fields, CHUNKS), ok(false), "{fields}");
    }
    assert_eq!(transfer("1.0", chunked, CHUNKS), ok(false));
    let identity = "Transfer-Encoding: identity\r\nContent-Length: 2";
    assert_eq!(transfer("1.1", identity, "ok"), ok(true));
}

#[test]
fn h2_a_known_transfer_coding_is_left_to_be_undone_with_the_content_codings() {
    let coded = |fields: &str, body: &[u8]| {
        let bytes = [b"HTTP/1.1 200 OK\r\n", fields.as_bytes(), b"\r\n\r\n", body].concat();
        let (head, body, reusable) = read_parts(Method::Get, &[&bytes]).unwrap();
        let codings: Vec<_> = head
            .headers
            .iter()
            .filter(|header| header.name == "Content-Encoding")
            .map(|header| header.value.clone())
            .collect();
        (codings.join(","), body, reusable)
    };
    let chunks = b"2\r\n\x1f\x8b\r\n0\r\n\r\n";
    let body = b"\x1f\x8b".to_vec();
    let fields = "Content-Encoding: br\r\nTransfer-Encoding: gzip, chunked";
    assert_eq!(
        coded(fields, chunks),
        ("br,gzip".to_owned(), body.clone(), false)
    );
    // Without chunks it lasts until the close, whatever a length says.
    let fields = "Transfer-Encoding: deflate\r\nContent-Length: 1";
    assert_eq!(coded(fields, &body), ("deflate".to_owned(), body, false));
}

#[test]
fn h2_what_frames_the_body_is_not_guessed_at() {
    let malformed = |coding: &str| {
        malformed(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n").as_bytes())
    };
    for coding in [
        "compress, chunked",
        "chunkedchunked",
        "chunked;q=1",
        "\"chunked\"",
    ] {
        assert_eq!(
            malformed(coding),
            "a transfer coding that is not known",
            "{coding}"
        );
    }
    assert_eq!(
        malformed("chunked, gzip"),
        "a transfer coding was applied after chunked"
    );
}

#[test]
fn h1_a_line_that_is_no_field_costs_itself_and_not_the_answer() {
    for line in [
        "PHP Warning: cannot load x in Unknown on line 0",
        "no colon at all",
        ": nothing",
        "Expires : Wed",
        "(x): y",
        " folded onto nothing",
        "n\u{e4}me: x",
        "Lost connection: x",
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{line}\r\nX: 1\r\nContent-Length: 2\r\n\r\nok");
        let (head, body, _) = read_parts(Method::Get, &[bytes.as_bytes()]).unwrap();
        assert_eq!(
            (head.header("x"), &body[..]),
            (Some("1"), &b"ok"[..]),
            "{line}"
        );
        assert_eq!(
            head.header("expires").is_some(),
            line.starts_with("Expires")
        );
    }
}

#[test]
fn h1_a_line_that_may_frame_the_message_is_never_dropped() {
    for line in [
        "Content-Length\u{1}: 2",
        "\u{b}Transfer-Encoding: chunked",
        " Content-Length: 2",
        "Transfer-Encoding chunked",
        "Content-Length",
        "Connection(): close",
    ] {
        let bytes = format!("HTTP/1.1 200 OK\r\n{line}\r\n\r\n");
        assert_eq!(
            malformed(bytes.as_bytes()),
            "a header that frames the message cannot be read for certain",
            "{line:?}"
        );
    }
    let trimmed = b"HTTP/1.1 200 OK\r\nContent-Length \t: 2\r\n\r\nok";
    assert_eq!(read(trimmed), Ok((200, b"ok".to_vec(), true)));
    for bytes in [&b"A: b\rContent-Length: 2"[..], b"A: \0"] {
        let bytes = [b"HTTP/1.1 200 OK\r\n", bytes, b"\r\n\r\n"].concat();
        assert_eq!(malformed(&bytes), "the headers have a forbidden character");
    }
}

#[test]
fn h1_values_keep_their_bytes_and_the_status_line_may_be_untidy() {
    let bytes = b"HTTP/1.1  404 \t \xb2\xbb\xb4\xe6\r\nA: \x01\x7f b\r\nContent-Length: 0\r\n\r\n";
    let (head, _, reusable) = read_parts(Method::Get, &[bytes]).unwrap();
    assert_eq!(
        (head.status, head.header("a")),
        (404, Some("\u{1}\u{7f} b"))
    );
    assert!(reusable);
}

#[test]
fn a_connection_field_that_cannot_be_understood_means_to_close() {
    let close = |value: &str| {
        let bytes = format!("HTTP/1.1 200 OK\r\nConnection: {value}\r\nContent-Length: 0\r\n\r\n");
        !read(bytes.as_bytes()).unwrap().2
    };
    assert!(close("Keep-Alive, CLOSE") && close("clo se") && close("\u{1}close"));
    assert!(!close("keep-alive, , Upgrade"));
}

#[test]
fn a_chunk_size_may_begin_with_zeros_within_the_bound_of_its_line() {
    let with = |zeros: usize| {
        let size = "0".repeat(zeros);
        read(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{size}2\r\nok\r\n{size}\r\n\r\n").as_bytes())
    };
    for zeros in [40, 64] {
        assert_eq!(with(zeros), Ok((200, b"ok".to_vec(), true)));
    }
    for zeros in [65, 1000] {
        let failed = Err(FramingError::TooLarge(Bound::ChunkExtension));
        assert_eq!(with(zeros), failed);
    }
}

#[test]
fn p6_the_trailers_of_a_chunked_body_are_bounded() {
    let with = |trailers: String| {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
        read(format!("{head}{trailers}\r\n").as_bytes()).map(drop)
    };
    let lines = |count| with("A: b\r\n".repeat(count));
    assert_eq!(lines(200), Ok(()));
    assert_eq!(lines(201), Err(FramingError::TooLarge(Bound::HeaderCount)));
    // They and the head together. Each line costs its bytes and one for its end, and so does the empty one.
    let long = |bytes| with(format!("A: {}\r\n", "x".repeat(bytes)));
    let room = 4096 - "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".len() - 5;
    assert_eq!(long(room), Ok(()));
    assert_eq!(
        long(room + 1),
        Err(FramingError::TooLarge(Bound::HeaderBlock))
    );
}

#[test]
fn a_trailer_with_a_bare_line_feed_or_a_nul_is_refused() {
    for trailer in ["A: b\nC: d", "\nA: b", "A: \0b"] {
        let bytes =
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n{trailer}\r\n\r\n");
        assert_eq!(malformed(bytes.as_bytes()), "a trailer is not valid");
    }
}

#[test]
fn a_folded_value_has_one_space_between_what_its_lines_have() {
    for (folded, value) in [("\r\n b", "b"), ("a\r\n \r\n b", "a b"), ("a\r\n ", "a")] {
        let bytes = format!("HTTP/1.1 200 OK\r\nA: {folded}\r\nContent-Length: 0\r\n\r\n");
        let (head, ..) = read_parts(Method::Get, &[bytes.as_bytes()]).unwrap();
        assert_eq!(head.header("a"), Some(value), "{folded:?}");
    }
}

#[test]
fn chunks_are_joined_and_their_extensions_and_trailers_dropped() {
    let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n\
        5;a=b\r\nhello\r\n6 ; c\r\n world\r\n00;last\r\nExpires: never\r\nX: y\r\n\r\n";
    assert_eq!(read(bytes), Ok((200, b"hello world".to_vec(), true)));
}

#[test]
fn chunks_that_are_not_well_formed_are_refused() {
    for chunks in [
        "\r\n",
        "x\r\n",
        "5 5\r\n",
        "5\n",
        "2\r\nabc\r\n",
        "2\r\nab\n",
        "0x2\r\nab\r\n",
        "-1\r\n",
        "2;\x01\r\nab\r\n",
    ] {
        let bytes =
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}0\r\n\r\n");
        assert!(
            matches!(read(bytes.as_bytes()), Err(FramingError::Malformed(_))),
            "{chunks:?}"
        );
    }
    let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\n";
    assert_eq!(malformed(bytes), "a chunk size is too large");
}

#[test]
fn what_is_not_http_is_refused_at_its_first_byte() {
    let mut framing = ResponseFraming::new(Method::Get, BOUNDS);
    let mut input = BytesMut::from(&b"S"[..]);
    assert_eq!(
        framing.next(&mut input),
        Err(FramingError::Malformed(
            "the answer does not start with HTTP/1."
        ))
    );
    let mut framing = ResponseFraming::new(Method::Get, BOUNDS);
    assert_eq!(framing.next(&mut BytesMut::from(&b"\r\nHTT"[..])), Ok(None));
}

#[test]
fn status_lines_that_are_not_valid_are_refused() {
    for line in [
        "HTTP/1.1 99 x",
        "HTTP/1.1 099 x",
        "HTTP/1.1 2000 x",
        "HTTP/1.2 200 OK",
        "HTTP/1.1 abc",
        "HTTP/1.1",
    ] {
        let bytes = format!("{line}\r\n\r\n");
        assert!(
            matches!(read(bytes.as_bytes()), Err(FramingError::Malformed(_))),
            "{line}"
        );
    }
    assert_eq!(
        read(b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"),
        Ok((200, Vec::new(), true))
    );
}

#[test]
fn the_server_says_whether_the_connection_may_be_used_again() {
    assert!(
        !read(b"HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n")
            .unwrap()
            .2
    );
    assert!(
        !read(b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")
            .unwrap()
            .2
    );
}

#[test]
fn p6_a_header_block_over_its_bound_is_refused_before_it_ends() {
    let mut bytes = b"HTTP/1.1 200 OK\r\nA: ".to_vec();
    bytes.resize(5000, b'x');
    assert_eq!(
        read(&bytes),
        Err(FramingError::TooLarge(Bound::HeaderBlock))
    );
    let interim = b"HTTP/1.1 100 Continue\r\nA: 0123456789\r\n\r\n".repeat(200);
    assert_eq!(
        read(&interim),
        Err(FramingError::TooLarge(Bound::HeaderBlock))
    );
    let mut trailers = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: ".to_vec();
    trailers.resize(5000, b'x');
    assert_eq!(
        read(&trailers),
        Err(FramingError::TooLarge(Bound::HeaderBlock))
    );
}

#[test]
fn p6_the_number_of_headers_is_bounded() {
    let with = |count| {
        let fields = "A: b\r\n".repeat(count);
        read(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n{fields}\r\n").as_bytes())
    };
    assert_eq!(with(199), Ok((200, Vec::new(), true)));
    assert_eq!(with(200), Err(FramingError::TooLarge(Bound::HeaderCount)));
}

#[test]
fn p6_a_head_over_two_bounds_fails_by_the_first_however_it_comes() {
    let (long, few) = ("x".repeat(5000), "A: b\r\n");
    for (fields, bound) in [
        (
            format!("A: {long}\r\n{}", few.repeat(300)),
            Bound::HeaderBlock,
        ),
        (
            format!("{}A: {long}\r\n", few.repeat(300)),
            Bound::HeaderCount,
        ),
    ] {
        let head = format!("HTTP/1.1 200 OK\r\n{fields}\r\n");
        for size in [1, 7, head.len()] {
            let parts: Vec<&[u8]> = head.as_bytes().chunks(size).collect();
            let failed = read_parts(Method::Get, &parts).unwrap_err();
            assert_eq!(failed, FramingError::TooLarge(bound), "{size}");
        }
    }
}

#[test]
fn p6_blank_lines_over_the_bound_fail_however_they_come() {
    for (blank, rest) in [(4096, "HTTP/2"), (4097, "HI"), (4092, "HI"), (4095, "HI")] {
        let answer = format!("{}{rest}", "\n".repeat(blank));
        let fails = |size| {
            let parts: Vec<&[u8]> = answer.as_bytes().chunks(size).collect();
            read_parts(Method::Get, &parts).unwrap_err()
        };
        let whole = fails(answer.len());
        assert_eq!(
            matches!(whole, FramingError::TooLarge(Bound::HeaderBlock)),
            blank >= 4096
        );
        assert_eq!((fails(1), fails(3)), (whole, whole), "{blank}");
    }
}

#[test]
fn p6_the_extension_of_a_chunk_is_bounded() {
    let with = |length| {
        let extension = "x".repeat(length);
        read(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;{extension}\r\nok\r\n0\r\n\r\n").as_bytes())
    };
    assert_eq!(with(63), Ok((200, b"ok".to_vec(), true)));
    assert_eq!(with(64), Err(FramingError::TooLarge(Bound::ChunkExtension)));
}

/// Some response, well-formed or nearly so.
fn responses() -> impl Strategy<Value = Vec<u8>> {
    let interim = prop_oneof![
        Just(""),
        Just("HTTP/1.1 100 Continue\r\n\r\n"),
        Just("HTTP/1.1 103 E\r\nL: x\r\n\r\n\r\n")
    ];
    let line = prop_oneof![
        Just("HTTP/1.1 200 OK"),
        Just("HTTP/1.0 404 No"),
        Just("HTTP/1.1 204 x"),
        Just("HTTP/1.2 200 OK")
    ];
    let framing = prop_oneof![
        Just("Content-Length: 5\r\n"),
        Just("Transfer-Encoding: chunked\r\n"),
        Just("A: b\r\n c\r\n"),
        Just("Content-Length: 5\r\nContent-Length: 5\r\n"),
        Just(""),
    ];
    let body = prop_oneof![
        Just("hello"),
        Just("5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nT: t\r\n\r\n"),
        Just("5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
        Just("hell"),
        Just("zz\r\n"),
        Just(""),
    ];
    (interim, line, framing, body).prop_map(|(interim, line, framing, body)| {
        format!("{interim}{line}\r\n{framing}\r\n{body}").into_bytes()
    })
}

proptest! {
    #[test]
    fn where_the_bytes_are_cut_by_the_network_changes_nothing(bytes in responses(), cuts in prop::collection::vec(0_usize..200, 0..8)) {
        let whole = read_parts(Method::Get, &[&bytes]);
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.sort_unstable();
        let mut parts = Vec::new();
        let mut from = 0;
        for cut in cuts.into_iter().chain([bytes.len()]) {
            parts.push(&bytes[from..cut]);
            from = cut;
        }
        prop_assert_eq!(&read_parts(Method::Get, &parts), &whole);
        let single: Vec<_> = bytes.chunks(1).collect();
        prop_assert_eq!(&read_parts(Method::Get, &single), &whole);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), method in prop_oneof![Just(Method::Get), Just(Method::Head)]) {
        let mut with_start = b"HTTP/1.1 200 OK\r\n".to_vec();
        with_start.extend_from_slice(&bytes);
        let _outcome = read_parts(method, &[&bytes]);
        let _outcome = read_parts(method, &[&with_start]);
    }
}
