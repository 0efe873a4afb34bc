//! Random histories of uploads and downloads: whatever happens, the sandbox holds exactly the files of whose success the app heard.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use appnet::{
    DirectorySandbox, Network, NewApp, Pinned, Policy,
    policy::{
        domains::DomainLists,
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    },
};
use appnet_testkit::{Fault, FaultProxy, HttpOrigin, Reply};
use serde_json::{Value, json};

use super::names;
use crate::{leaving::sockets_to, world::App};

const HISTORIES: u64 = 1000;
/// So many run at once.
const LANES: u64 = 8;

/// What all histories share.
struct Stage {
    network: Network,
    _origin: HttpOrigin,
    /// Roads to the origin: the straight one, and some that break.
    ports: Vec<u16>,
    _proxies: Vec<FaultProxy>,
    root: PathBuf,
}

impl Stage {
    fn new(root: &Path) -> Self {
        let origin = HttpOrigin::plain().start(reply).unwrap();
        let faults = [
            Fault::CutAfter(0),
            Fault::CutAfter(20_000),
            Fault::ResetAfter(150),
            Fault::ResetAfter(50_000),
            Fault::BlackHole,
        ];
        let proxies: Vec<_> = faults
            .into_iter()
            .map(|fault| FaultProxy::start(origin.address(), fault).unwrap())
            .collect();
        let straight = std::iter::repeat_n(origin.port(), 5);
        let ports = straight.chain(proxies.iter().map(|proxy| proxy.address().port()));
        let network = Network::builder()
            .policy(Policy {
                grace: Duration::from_millis(2),
                ..Policy::seed()
            })
            .threads(2)
            .start()
            .unwrap();
        Self {
            network,
            ports: ports.collect(),
            _origin: origin,
            _proxies: proxies,
            root: root.to_owned(),
        }
    }
}

impl Stage {
    /// What this process still has open of all that the histories used; nothing where nobody can tell.
    fn left_open(&self) -> Vec<String> {
        let files = open_below(&self.root)
            .into_iter()
            .map(|path| path.display().to_string());
        let mut ports = self.ports.clone();
        ports.dedup();
        let sockets = ports
            .into_iter()
            .filter(|port| sockets_to(*port).is_some_and(|count| count > 0))
            .map(|port| format!("sockets of {port}"));
        files.chain(sockets).collect()
    }
}

/// `/<kind>/<length>`
fn reply(request: &appnet_testkit::Request<'_>) -> Reply {
    let mut parts = request.path()[1..].split('/');
    let kind = parts.next().unwrap_or_default();
    let length = parts
        .next()
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let file = Reply::status(200).filler(length);
    match kind {
        "chunked" => file.chunked(),
        "short" => file.cut_after(length / 2),
        "slow" => file.drip(
            length.div_ceil(4).try_into().unwrap(),
            Duration::from_micros(500),
        ),
        "missing" => file.with_status(404),
        "never" => Reply::never(),
        "again" => Reply::status(307).header("location", format!("/file/{length}")),
        _ => file,
    }
}

const KINDS: [&str; 8] = [
    "file", "file", "chunked", "short", "slow", "missing", "never", "again",
];

/// SplitMix64: the same history for the same seed, on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        (!choices.is_empty()).then(|| &choices[self.below(choices.len())])
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }
}

/// One app's life.
struct History<'a> {
    stage: &'a Stage,
    random: Random,
    id: AppId,
    app: App,
    directory: PathBuf,
    /// Length of the file that a task downloads; 0 for uploads.
    open: BTreeMap<u64, u64>,
    /// What the app heard of: names below the sandbox and lengths.
    files: BTreeMap<String, u64>,
}

impl<'a> History<'a> {
    async fn begin(stage: &'a Stage, seed: u64) -> Self {
        let id = AppId::new(format!("wx{seed}"));
        let directory = stage.root.join(seed.to_string());
        let sandbox = DirectorySandbox::open(&directory, Policy::seed().files).unwrap();
        fs::write(directory.join("usr/seed"), vec![7; 150_000]).unwrap();
        let identity = Identity {
            app_id: id.clone(),
            version: "1".to_owned(),
            env: Env::Devtools,
        };
        let mut config = AppConfig::new(identity, DomainLists::default());
        config.url_check = false; // plain http to any port
        let port = stage
            .network
            .launch(NewApp::new(config).files(Arc::new(sandbox)));
        Self {
            stage,
            random: Random(seed),
            id,
            app: App::new(port.await.unwrap()),
            directory,
            open: BTreeMap::new(),
            files: BTreeMap::from([("usr/seed".to_owned(), 150_000)]),
        }
    }

    async fn live(mut self) {
        for _ in 0..4 + self.random.below(12) {
            self.step().await;
        }
        if self.random.one_in(2) {
            self.end_all().await;
            self.assert_files(true);
        }
        self.stage.network.close(&self.id).await.unwrap();
        self.files.retain(|name, _| name.starts_with("usr/"));
        // Some successes are still on their way to the app, but nothing happens to its files any more.
        while let Some(message) = self.app.port.next().await {
            self.hear(&serde_json::from_str(&message.json).unwrap());
        }
        self.files.retain(|name, _| name.starts_with("usr/"));
        assert!(self.open.is_empty(), "no end of {:?}", self.open);
        self.assert_files(false);
        assert_eq!(names(&self.directory.join("part")), [""; 0]);
    }

    async fn step(&mut self) {
        match self.random.below(12) {
            0..=3 => self.download(),
            4 | 5 => self.upload(),
            6 => self.abort(),
            7 => self.move_app(),
            8 => tokio::time::sleep(Duration::from_micros(self.random.below(3000) as u64)).await,
            _ => self.listen(Duration::from_millis(5)).await,
        }
    }

    fn url(&mut self, length: u64) -> String {
        let kind = self.random.of(&KINDS).copied().unwrap_or_default();
        let port = self
            .random
            .of(&self.stage.ports)
            .copied()
            .unwrap_or_default();
        format!("http://127.0.0.1:{port}/{kind}/{length}")
    }

    /// Options with a timeout that may pass, or with the default, which is longer than any history.
    fn options(&mut self) -> Value {
        match self.random.below(4) {
            0 => json!({"timeout": 1 + self.random.below(10)}),
            _ => json!({}),
        }
    }

    fn download(&mut self) {
        let lengths = [0, 1, 1000, 64 << 10, 200_000];
        // Each a little different, so that a file tells which download it is.
        let length = self.random.of(&lengths).copied().unwrap_or_default() + self.app.next_task();
        let target = ["usr/a", "usr/b"].get(self.random.below(4));
        let mut options = self.options();
        if let Some(target) = target {
            options["filePath"] = format!("wxfile://{target}").into();
        }
        let url = self.url(length);
        let task = self.app.start_api("downloadFile", &url, options);
        self.open.insert(task, length);
    }

    fn upload(&mut self) {
        let there: Vec<_> = self
            .files
            .keys()
            .cloned()
            .chain(["usr/none".to_owned()])
            .collect();
        let file = self.random.of(&there).cloned().unwrap_or_default();
        let path = format!("wxfile://{}", file.replace("tmp/", ""));
        let mut options = self.options();
        (options["filePath"], options["name"]) = (path.into(), "file".into());
        let url = self.url(10);
        let task = self.app.start_api("uploadFile", &url, options);
        self.open.insert(task, 0);
    }

    fn abort(&mut self) {
        let open: Vec<_> = self.open.keys().copied().collect();
        if let Some(task) = self.random.of(&open) {
            self.app.abort(*task);
        }
    }

    fn move_app(&mut self) {
        let network = &self.stage.network;
        if self.random.one_in(2) {
            network.enter_background(&self.id, Pinned::No).unwrap();
        } else {
            network.enter_foreground(&self.id).unwrap();
        }
    }

    /// Takes events for a while.
    async fn listen(&mut self, time: Duration) {
        let until = tokio::time::Instant::now() + time;
        while let Ok(event) = tokio::time::timeout_at(until, self.app.event()).await {
            self.hear(&event);
        }
    }

    /// Lets every task end, by abort if need be.
    async fn end_all(&mut self) {
        self.listen(Duration::from_millis(3)).await;
        for task in self.open.keys() {
            self.app.abort(*task);
        }
        while !self.open.is_empty() {
            let event = self.app.event().await;
            self.hear(&event);
        }
    }

    fn hear(&mut self, event: &Value) {
        let kind = event["type"].as_str().unwrap();
        if !matches!(kind, "success" | "fail") {
            return;
        }
        let length = self
            .open
            .remove(&event["task"].as_u64().unwrap())
            .expect("one end");
        let result = &event["result"];
        let path = result["tempFilePath"]
            .as_str()
            .or(result["filePath"].as_str());
        if let Some(path) = path {
            let name = path.strip_prefix("wxfile://").unwrap();
            let place = if name.starts_with("tmp_") { "tmp/" } else { "" };
            self.files.insert(format!("{place}{name}"), length);
        }
    }

    /// Whether the sandbox holds what the app heard of, and nothing else.
    fn assert_files(&self, with_temporaries: bool) {
        let mut found = BTreeMap::new();
        for place in ["usr", "tmp"] {
            for name in names(&self.directory.join(place)) {
                let name = format!("{place}/{name}");
                let length = fs::metadata(self.directory.join(&name)).unwrap().len();
                found.insert(name, length);
            }
        }
        assert_eq!(found, self.files, "{} {with_temporaries}", self.id);
    }
}

#[tokio::test]
async fn f3_b7_after_any_history_the_sandbox_holds_exactly_the_files_whose_success_was_reported() {
    let root = tempfile::tempdir().unwrap();
    let stage = Stage::new(root.path());
    let lane = async |lane: u64| {
        for seed in (0..HISTORIES).filter(|seed| seed % LANES == lane) {
            History::begin(&stage, seed).await.live().await;
        }
    };
    tokio::join!(
        lane(0),
        lane(1),
        lane(2),
        lane(3),
        lane(4),
        lane(5),
        lane(6),
        lane(7)
    );
    // The actors of the last apps, and the proxies, may still be on their way out.
    let patience = Instant::now() + Duration::from_secs(20);
    while stage.left_open() != [""; 0] && Instant::now() < patience {
        tokio::task::yield_now().await;
    }
    assert_eq!(stage.left_open(), [""; 0]);
}

/// What this process has open below a directory; nothing where nobody can tell.
fn open_below(directory: &Path) -> Vec<PathBuf> {
    let Ok(descriptors) = fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    let links = descriptors.filter_map(|fd| fs::read_link(fd.ok()?.path()).ok());
    links.filter(|link| link.starts_with(directory)).collect()
}
