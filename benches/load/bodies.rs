//! What a body of 1 MiB costs between `io` and the UI layer, by itself: on the network's thread, and on the thread of whoever takes the event.

use std::time::{Duration, Instant};

use appnet_bus::event;
use appnet_core::{Event, Success, TaskEvent, TaskId};
use appnet_policy::{
    Api,
    exchange::{Answer, DataType, HttpVersion, Reading, ReceivedBody, ResponseHead, ResponseType},
};
use bytes::Bytes;

const LENGTH: usize = 1 << 20;

const ASCII: &str = r#"{"id":12345,"name":"a product of some kind","price":19.99,"tags":["one","two","three"],"ok":true}"#;
const HANZI: &str = r#"{"id":12345,"name":"一种商品的名称，很长的描述文字","price":19.99,"tags":["红色","蓝色"],"ok":true}"#;

const JSON: Reading = Reading {
    data_type: DataType::Json,
    response_type: ResponseType::Text,
};
const TEXT: Reading = Reading {
    data_type: DataType::Other,
    response_type: ResponseType::Text,
};
const BYTES: Reading = Reading {
    data_type: DataType::Json,
    response_type: ResponseType::ArrayBuffer,
};

pub(crate) fn measure(rounds: usize) {
    println!("| 1 MiB of | network's thread | taker's thread, least | median |\n|---|---|---|---|");
    for (name, item, reading) in [
        ("JSON, ASCII", ASCII, JSON),
        ("JSON, Chinese", HANZI, JSON),
        ("text, ASCII", ASCII, TEXT),
        ("text, Chinese", HANZI, TEXT),
        ("bytes", ASCII, BYTES),
    ] {
        let body = array_of(item);
        let mut rounds: Vec<_> = (0..rounds.max(1))
            .map(|_| deliver(&body, reading))
            .collect();
        rounds.sort_by_key(|&(_, taker)| taker);
        let (network, median) = rounds[rounds.len() / 2];
        println!("| {name} | {network:?} | {:?} | {median:?} |", rounds[0].1);
    }
    println!();
}

/// One delivery: how long the answer took to make, and its message to write.
fn deliver(body: &Bytes, reading: Reading) -> (Duration, Duration) {
    let head = ResponseHead {
        status: 200,
        version: HttpVersion::Http1,
        headers: Vec::new(),
    };
    let began = Instant::now();
    let answer = Answer {
        head: head.into(),
        body: ReceivedBody::Whole(body.clone(), reading),
    };
    let network = began.elapsed();
    let success = Success {
        api: Api::Request,
        answer,
        profile: None,
        exception: None,
        http_dns: false,
    };
    let event = Event {
        task: TaskId::new(1).expect("1 is a task's number"),
        what: TaskEvent::Success(Box::new(success)),
    };
    let began = Instant::now();
    let message = event::write(&event);
    drop(event);
    let taker = began.elapsed();
    std::hint::black_box(message);
    (network, taker)
}

fn array_of(item: &str) -> Bytes {
    let items = vec![item; LENGTH / item.len()];
    Bytes::from(format!("[{}]", items.join(",")))
}
