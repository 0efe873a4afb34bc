//! Section 8 of the contract, as far as actors decide it.

mod asks;
mod crashes;
mod credit;
mod leaving;
mod opening;

use appnet_bus::Message;
use serde_json::{Value, json};

use super::{harness::World, script::ScriptedSocket};
use crate::Port;

/// A call of `wss://a.test/<task>`.
fn connect(task: u64) -> Message {
    let options = json!({"url": format!("wss://a.test/{task}")});
    command(&json!({"type": "call", "task": task, "api": "connectSocket", "options": options}))
}

fn send(task: u64, id: u64, text: &str) -> Message {
    command(&json!({"type": "send", "task": task, "id": id, "data": {"text": text}}))
}

fn close(task: u64, id: u64) -> Message {
    command(&json!({"type": "closeSocket", "task": task, "id": id}))
}

fn command(json: &Value) -> Message {
    Message::new(json.to_string())
}

/// The next event in a few words.
async fn heard(port: &mut Port) -> String {
    let Some(message) = port.next().await else {
        return "end".to_owned();
    };
    let event: Value = serde_json::from_str(&message.json).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let words = match event["type"].as_str().unwrap() {
        "success" | "fail" => text(&event["result"]["errMsg"]),
        "done" => format!("{} {}", event["id"], text(&event["result"]["errMsg"])),
        "message" => text(&event["data"]["text"]),
        "socketError" => text(&event["errMsg"]),
        "close" => format!("{} {}", event["code"], text(&event["reason"])),
        "error" => text(&event["message"]),
        _ => String::new(),
    };
    let words = format!("{} {} {words}", text(&event["type"]), event["task"]);
    words.trim_end().to_owned()
}

/// Opens a socket as this task.
async fn open(world: &mut World, port: &mut Port, task: u64) -> ScriptedSocket {
    port.send(connect(task)).unwrap();
    assert_eq!(
        heard(port).await,
        format!("success {task} connectSocket:ok"),
        "W1: accepted"
    );
    let socket = world.socket().await;
    assert_eq!(socket.path, format!("/{task}"));
    socket.open();
    assert_eq!(heard(port).await, format!("open {task}"));
    socket
}
