//! What is no attack, to compare with; large files; and what becomes of apps.

use std::{thread::JoinHandle, time::Instant};

use appnet::policy::identity::AppId;
use appnet_testkit::{HttpOrigin, Leaf, Reply};

use super::{
    attacker::{self, Attacker, call, request},
    bodies::fixed,
    case::{Case, Server},
    run::FILE,
};
use crate::origin::HOST;

const ALL: usize = 10;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "machine",
        what: "no attack: two threads that work for ever, outside the network",
        serve: small,
        attack: |it| Box::pin(spin(it)),
    },
    Case {
        name: "calls",
        what: "no attack: ten small calls at a time",
        serve: small,
        attack: |it| Box::pin(it.keep_calling(ALL, request("/", ""))),
    },
    Case {
        name: "downloads",
        what: "ten downloads of 16 MiB at a time",
        serve: files,
        attack: |it| {
            let url = format!("https://{HOST}/");
            Box::pin(it.keep_calling(ALL, call("downloadFile", &url, "")))
        },
    },
    Case {
        name: "uploads",
        what: "ten uploads of 16 MiB at a time",
        serve: files,
        attack: |it| {
            let file = r#","name":"file","filePath":"wxfile://usr/large""#;
            Box::pin(it.keep_calling(ALL, call("uploadFile", &format!("https://{HOST}/"), file)))
        },
    },
    Case {
        name: "relaunches",
        what: "apps that are launched, make ten calls each, and are closed",
        serve: small,
        attack: |it| Box::pin(relaunch(it)),
    },
    Case {
        name: "moves",
        what: "to the background and back without pause, with ten calls each time",
        serve: small,
        attack: |it| Box::pin(move_about(it)),
    },
    Case {
        name: "configurations",
        what: "a new configuration without pause",
        serve: small,
        attack: |it| {
            Box::pin(async {
                while it.runs() {
                    let configured = it.network.configure(it.config.clone());
                    configured.expect("the configuration is as good as at the launch");
                    it.tally.served += 1;
                }
            })
        },
    },
];

fn small(leaf: &Leaf) -> std::io::Result<Server> {
    fixed(leaf, Reply::json("{}"))
}

fn files(leaf: &Leaf) -> std::io::Result<Server> {
    let origin = HttpOrigin::tls(leaf.http2()).start(|request| match request.method {
        "GET" => Reply::status(200).filler(FILE),
        _ => Reply::json("{}"),
    })?;
    Ok(Server::Http(origin))
}

/// This thread, and one more.
async fn spin(it: &mut Attacker) {
    let until = it.until;
    let other = attacker::on_a_thread(move || while Instant::now() < until {});
    while it.runs() {}
    drop(other.map(JoinHandle::join)); // it has ended too
}

async fn relaunch(it: &mut Attacker) {
    let call = request("/", "");
    for number in 0.. {
        if !it.runs() {
            return;
        }
        let mut config = it.config.clone();
        config.identity.app_id = AppId::new(format!("wxagain{number}"));
        let id = config.identity.app_id.clone();
        let port = it.network.launch(config).await.expect("the network runs");
        for task in 1..=ALL as u64 {
            let _ = port.send(call(task)); // all ends with the app
        }
        it.network.close(&id).await.expect("the app runs");
        it.tally.served += 1;
    }
}

async fn move_about(it: &mut Attacker) {
    let (id, call) = (it.id().clone(), request("/", ""));
    while it.runs() {
        for _ in 0..ALL {
            let task = it.next_task();
            it.send(call(task));
        }
        it.network
            .enter_background(&id, appnet::Pinned::No)
            .expect("the app runs");
        it.network.enter_foreground(&id).expect("the app runs");
        while it.take_what_waits() {}
    }
}
