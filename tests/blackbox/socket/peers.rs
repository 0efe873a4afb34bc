//! Servers that break off or break the rules once the socket is open.

use appnet_testkit::ws::Act;

use super::world;

/// Sends these bytes behind the handshake.
fn raw(bytes: &'static [u8], reset: bool) -> impl Fn(&str) -> Act + Send + Sync {
    move |path| match path {
        "/echo" => Act::Echo,
        _ => Act::Raw {
            bytes: bytes.into(),
            reset,
        },
    }
}

/// What is heard of a socket whose server sends these bytes; another one of the same app does not notice.
async fn breaks(bytes: &'static [u8], reset: bool, why: &str) {
    let (origin, world) = world(raw(bytes, reset));
    let mut app = world.launch("wx1").await;
    app.open(1, "/echo").await;
    app.open(2, "/raw").await;
    app.breaks(2, why).await;
    app.echoes(1, 1).await;
    origin.until(|counts| counts.connections == 1).await;
}

#[tokio::test]
async fn w1_a_reset_in_the_middle_of_a_frame_breaks_the_socket() {
    breaks(b"\x81\x05hel", true, "connection reset").await;
}

#[tokio::test]
async fn p6_a_frame_of_a_gigabyte_is_refused_when_it_is_announced() {
    let announced = b"\x82\x7f\0\0\0\0\x40\0\0\0";
    breaks(announced, false, "native buffer exceed size limit").await;
}

#[tokio::test]
async fn w4_text_that_is_no_utf8_breaks_the_socket() {
    breaks(b"\x81\x02\xc3\x28", false, "malformed response").await;
}

#[tokio::test]
async fn w4_a_masked_frame_from_the_server_breaks_the_socket() {
    breaks(
        b"\x81\x85\x01\x02\x03\x04ignif",
        false,
        "malformed response",
    )
    .await;
}

#[tokio::test]
async fn w4_a_reserved_bit_that_was_not_agreed_on_breaks_the_socket() {
    breaks(b"\xc1\x05hello", false, "malformed response").await;
}

#[tokio::test]
async fn w1_a_close_frame_without_a_code_is_told_as_1005() {
    let (_origin, world) = world(raw(b"\x88\x00", false));
    let mut app = world.launch("wx1").await;
    app.open(1, "/raw").await;
    assert_eq!(app.heard().await, "close 1 1005");
}

#[tokio::test]
async fn w4_a_message_in_pieces_with_a_ping_between_them_comes_whole() {
    let (_origin, world) = world(raw(b"\x01\x03hel\x89\x02hi\x80\x02lo", false));
    let mut app = world.launch("wx1").await;
    app.open(1, "/raw").await;
    assert_eq!(app.heard().await, "message 1 hello");
}
