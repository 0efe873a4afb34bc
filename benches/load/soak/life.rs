//! One app, from its launch until it is closed.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    error::Error,
    fs,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use appnet::{
    Delivery, DirectorySandbox, Event, Events, Policy, PortSender, SocketEvent, TaskEvent,
    policy::rules::AppConfig,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use super::{Place, Shaky, Tally, dice::Dice};
use crate::{apps, crowd::FILE, origin::HOST};

/// Ports of URLs: that of the sockets, and those that lead through a proxy. The rest is on the usual one.
const SOCKETS: u16 = 8443;
const SPOILT: u16 = 9443;
const SPOILT_SOCKETS: u16 = 9444;

/// Nobody leads it elsewhere, so it is looked up; see [`Crashes`](super::Crashes).
const LOOKED_UP: &str = "crash.bench.test";

const API: [&str; 3] = ["request", "uploadFile", "downloadFile"];

/// What calls over HTTP ask for. What is never answered has a timeout.
const PATHS: [&str; 13] = [
    "/json",
    "/echo",
    "/gzip",
    "/br",
    "/bytes/100",
    "/bytes/100000",
    "/chunked/50000",
    "/status/500",
    "/delay/50",
    "/cut/3000",
    "/redirect?to=/json",
    "/sse/20/5",
    "/never",
];

const OPTIONS: [&str; 8] = [
    "",
    r#","enableHttp2":true"#,
    r#","enableHttp2":true"#,
    r#","enableChunked":true"#,
    r#","enableCache":true"#,
    r#","responseType":"arraybuffer""#,
    r#","method":"POST","data":{"text":"a=1"}"#,
    r#","method":7"#,
];

/// What became of its tasks so far.
struct Tasks {
    open: RefCell<BTreeSet<u64>>,
    tally: Rc<Tally>,
}

pub(super) struct Life {
    number: usize,
    sender: PortSender,
    tasks: Rc<Tasks>,
    /// Ends with the port.
    listening: JoinHandle<()>,
    /// The number of the last task, and of the last ask of a socket.
    last: u64,
    asks: u64,
}

impl Life {
    pub(super) async fn begin(
        place: &Place,
        number: usize,
        directory: &TempDir,
        dice: &mut Dice,
    ) -> Result<Self, Box<dyn Error>> {
        let files = DirectorySandbox::open(directory.path(), Policy::seed().files)?;
        fs::write(directory.path().join("usr/file"), vec![b'x'; FILE])?;
        let files = Shaky::new(files, dice.roll(1 << 16));
        let launched = place
            .network
            .launch(appnet::NewApp::new(config(place, number)?).files(Arc::new(files)));
        let (sender, events) = launched.await?.split();
        place.tally.did("launches");
        let tasks = Rc::new(Tasks {
            open: RefCell::default(),
            tally: Rc::clone(&place.tally),
        });
        Ok(Self {
            number,
            sender,
            listening: tokio::task::spawn_local(listen(events, Rc::clone(&tasks))),
            tasks,
            last: 0,
            asks: 0,
        })
    }

    pub(super) async fn go_on(
        mut self,
        place: &Place,
        dice: &mut Dice,
    ) -> Result<(), Box<dyn Error>> {
        for _ in 0..5 + dice.roll(60) {
            if Instant::now() >= place.until {
                break;
            }
            self.act(place, dice)?;
            tokio::time::sleep(Duration::from_millis(dice.roll(1_000))).await;
        }
        let report = place.network.close(&apps::app_id(self.number)).await?;
        place.tally.closed(&report);
        self.listening.await?;
        place.tally.wrong(self.tasks.open.borrow().len());
        Ok(())
    }

    fn act(&mut self, place: &Place, dice: &mut Dice) -> Result<(), Box<dyn Error>> {
        let (network, id) = (&place.network, apps::app_id(self.number));
        let what = match dice.roll(100) {
            0..60 => return self.call(place, dice),
            60..75 => return self.open_socket(place, dice),
            75..88 => return self.use_socket(place, dice),
            88..93 => {
                let task = self.any_task(dice);
                self.send(&format!(r#"{{"type":"abort","task":{task}}}"#));
                "aborts"
            }
            93..96 => {
                network.enter_background(&id, (dice.roll(8) == 0).into())?;
                "moves into the background"
            }
            96..99 => {
                network.enter_foreground(&id)?;
                "moves into the foreground"
            }
            _ => {
                self.start("request", &format!("https://{LOOKED_UP}/"), "");
                "crashes of the resolver"
            }
        };
        place.tally.did(what);
        Ok(())
    }

    fn call(&mut self, place: &Place, dice: &mut Dice) -> Result<(), Box<dyn Error>> {
        let api = dice.pick(&API);
        let port = dice.pick(&["", ":9443"]);
        let (path, mut more) = match api {
            "uploadFile" => (
                "/upload",
                r#","name":"file","filePath":"wxfile://usr/file""#.to_owned(),
            ),
            "downloadFile" => (dice.pick(&PATHS), String::new()),
            _ => (dice.pick(&PATHS), dice.pick(&OPTIONS).to_owned()),
        };
        if !port.is_empty() || path == "/never" {
            more.push_str(&format!(r#","timeout":{}"#, 100 + dice.roll(3_000)));
        }
        self.start(api, &format!("https://{HOST}{port}{path}"), &more);
        place.tally.did(api);
        Ok(())
    }

    fn open_socket(&mut self, place: &Place, dice: &mut Dice) -> Result<(), Box<dyn Error>> {
        let port = dice.pick(&[SOCKETS, SPOILT_SOCKETS]);
        let path = dice.pick(&["/", "/", "/flood", "/close"]);
        let timeout = format!(r#","timeout":{}"#, 500 + dice.roll(3_000));
        self.start(
            "connectSocket",
            &format!("wss://{HOST}:{port}{path}"),
            &timeout,
        );
        place.tally.did("connectSocket");
        Ok(())
    }

    /// Of any task: most are none of a socket, or not open any more, and the answer says so.
    fn use_socket(&mut self, place: &Place, dice: &mut Dice) -> Result<(), Box<dyn Error>> {
        self.asks += 1;
        let (task, ask) = (self.any_task(dice), self.asks);
        let message = if dice.roll(4) == 0 {
            format!(r#"{{"type":"closeSocket","task":{task},"id":{ask}}}"#)
        } else {
            let text = "m".repeat(dice.roll(20_000) as usize);
            format!(r#"{{"type":"send","task":{task},"id":{ask},"data":{{"text":"{text}"}}}}"#)
        };
        self.send(&message);
        place.tally.did("uses of a socket");
        Ok(())
    }

    fn any_task(&self, dice: &mut Dice) -> u64 {
        let open = self.tasks.open.borrow();
        let place = dice.roll(open.len().max(1) as u64) as usize;
        open.iter().nth(place).copied().unwrap_or(1)
    }

    fn start(&mut self, api: &str, url: &str, more: &str) {
        self.last += 1;
        let task = self.last;
        self.tasks.open.borrow_mut().insert(task);
        let sent = self.send(&format!(
            r#"{{"type":"call","task":{task},"api":"{api}","options":{{"url":"{url}"{more}}}}}"#
        ));
        if !sent {
            self.tasks.open.borrow_mut().remove(&task);
        }
    }

    /// Whether the port took it.
    fn send(&self, message: &str) -> bool {
        self.sender.send(message.to_owned()).is_ok()
    }
}

async fn listen(mut events: Events, tasks: Rc<Tasks>) {
    while let Some(delivery) = events.next_delivery().await {
        let Delivery::Event(Event { task, what }) = delivery else {
            continue;
        };
        let task = task.number();
        match &what {
            TaskEvent::Success(_) | TaskEvent::Socket(SocketEvent::Closed(_)) => {
                tasks.ended(task, None);
            }
            TaskEvent::Fail { failure, .. } => tasks.ended(task, Some(failure)),
            // Answers come behind the end of a socket too.
            TaskEvent::Socket(SocketEvent::Answered { .. }) => {}
            _ if tasks.open.borrow().contains(&task) => {}
            _ => tasks.tally.wrong(1),
        }
    }
}

impl Tasks {
    fn ended(&self, task: u64, failure: Option<&appnet::policy::Failure>) {
        if self.open.borrow_mut().remove(&task) {
            self.tally.ended(failure);
        } else {
            self.tally.wrong(1);
        }
    }
}

fn config(place: &Place, number: usize) -> Result<AppConfig, Box<dyn Error>> {
    let mut config = apps::config_at(number, place.ports.http)?;
    let https: Vec<_> = [
        format!("https://{HOST}"),
        format!("https://{HOST}:{SPOILT}"),
        format!("https://{LOOKED_UP}"),
    ]
    .into();
    config.domains.request.clone_from(&https);
    config.domains.upload_file.clone_from(&https);
    config.domains.download_file = https;
    config.domains.socket = [SOCKETS, SPOILT_SOCKETS]
        .map(|port| format!("wss://{HOST}:{port}"))
        .into();
    config.connect_to = [
        (SOCKETS, place.ports.sockets),
        (SPOILT, place.ports.spoilt_http),
        (SPOILT_SOCKETS, place.ports.spoilt_sockets),
        (443, place.ports.http),
    ]
    .into_iter()
    .map(|(port, to)| format!("{HOST}:{port}:127.0.0.1:{to}").parse())
    .collect::<Result<_, _>>()?;
    Ok(config)
}
