use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _, protocol::CloseFrame},
};

use super::{Act, WsOrigin};

fn acts(path: &str) -> Act {
    match path {
        "/chat" => Act::Chat,
        "/close" => Act::Close(1001, "going away"),
        "/flood" => Act::Flood { count: 3, bytes: 5 },
        "/reset" => Act::Raw {
            bytes: vec![0x81, 5, b'h'].into(),
            reset: true,
        },
        _ => Act::Echo,
    }
}

async fn open(origin: &WsOrigin, path: &str) -> WebSocketStream<TcpStream> {
    let tcp = TcpStream::connect(("127.0.0.1", origin.port()))
        .await
        .unwrap();
    let mut request = format!("ws://localhost{path}")
        .into_client_request()
        .unwrap();
    let protocols = "chat, superchat".parse().unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocols);
    let (socket, response) = client_async(request, tcp).await.unwrap();
    assert_eq!(response.headers()["sec-websocket-protocol"], "chat");
    socket
}

#[tokio::test]
async fn an_echo_comes_back_and_the_close_is_answered_and_counted() {
    let origin = WsOrigin::plain().start(acts).unwrap();
    let mut socket = open(&origin, "/echo?a=b").await;
    assert_eq!(origin.handshake(0).await.path, "/echo?a=b");
    socket.send("hello".into()).await.unwrap();
    assert_eq!(socket.next().await.unwrap().unwrap(), "hello".into());
    let frame = CloseFrame {
        code: 3000.into(),
        reason: "enough".into(),
    };
    socket.close(Some(frame.clone())).await.unwrap();
    assert_eq!(
        socket.next().await.unwrap().unwrap(),
        Message::Close(Some(frame))
    );
    assert_eq!(origin.closed(0).await, Some((3000, "enough".to_owned())));
    let counts = origin.until(|counts| counts.connections == 0).await;
    assert_eq!((counts.open, counts.messages), (0, 1));
}

#[tokio::test]
async fn what_one_says_in_the_chat_all_hear() {
    let origin = WsOrigin::plain().start(acts).unwrap();
    let mut first = open(&origin, "/chat").await;
    let mut second = open(&origin, "/chat").await;
    // Both listen once they have heard themselves.
    second.send("here".into()).await.unwrap();
    assert_eq!(second.next().await.unwrap().unwrap(), "here".into());
    first.send("hello".into()).await.unwrap();
    assert_eq!(second.next().await.unwrap().unwrap(), "hello".into());
}

#[tokio::test]
async fn a_flood_a_close_and_a_reset_come_from_the_server() {
    let origin = WsOrigin::plain().start(acts).unwrap();
    let mut flooded = open(&origin, "/flood").await;
    for _ in 0..3 {
        let message = flooded.next().await.unwrap().unwrap();
        assert_eq!(message, Message::binary("xxxxx"));
    }
    let mut closed = open(&origin, "/close").await;
    let Message::Close(Some(frame)) = closed.next().await.unwrap().unwrap() else {
        panic!("no close frame");
    };
    assert_eq!(u16::from(frame.code), 1001);
    let mut reset = open(&origin, "/reset").await;
    assert!(reset.next().await.unwrap().is_err());
}
