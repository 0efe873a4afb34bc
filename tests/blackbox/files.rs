//! Uploads, downloads and chunks as an app sees them (section 7).

mod histories;

use std::{fs, path::Path, sync::Arc};

use appnet::{DirectorySandbox, NewApp, Policy, files::OpenError, policy::identity::AppId};
use appnet_testkit::{Gate, HttpOrigin, RawOrigin, Reply, Script, http::filler};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::world::{App, HOST, World};

/// An app with files, in a world whose origin is replaced by one of the test's own.
struct Files {
    world: World,
    directory: TempDir,
    app: App,
}

impl Files {
    async fn at(port: u16) -> Self {
        Self::with(port, Policy::seed()).await
    }

    async fn with(port: u16, policy: Policy) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let sandbox = DirectorySandbox::open(directory.path(), policy.files).unwrap();
        let world = World::with(policy, |ca| ca.issue(&[HOST]));
        let mut config = world.config("wx1");
        config.identity.env = appnet::policy::identity::Env::Devtools; // plain http
        config.url_check = false;
        config.connect_to = vec![format!("::127.0.0.1:{port}").parse().unwrap()];
        let port = world
            .network
            .launch(NewApp::new(config).files(Arc::new(sandbox)));
        let app = App::new(port.await.unwrap());
        Self {
            world,
            directory,
            app,
        }
    }

    fn names(&self, place: &str) -> Vec<String> {
        names(&self.directory.path().join(place))
    }

    /// The next event but warnings and progress.
    async fn event(&mut self) -> Value {
        loop {
            let event = self.app.event().await;
            if event["type"] != "progressUpdate" {
                return event;
            }
        }
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Bytes of a message's chunk.
fn length_in(message: &appnet::Message) -> usize {
    message.attachments.iter().map(|chunk| chunk.len()).sum()
}

fn plain(reply: Reply) -> HttpOrigin {
    HttpOrigin::plain().start(move |_| reply.clone()).unwrap()
}

fn url(path: &str) -> String {
    format!("http://{HOST}{path}")
}

#[tokio::test]
async fn f1_an_upload_is_answered_with_text_after_progress_to_the_end() {
    let origin = HttpOrigin::plain()
        .start(|request| Reply::json(format!(r#"{{"length":{}}}"#, request.body.len())))
        .unwrap();
    let mut files = Files::at(origin.port()).await;
    fs::write(
        files.directory.path().join("usr/图.png"),
        filler::bytes(500_000),
    )
    .unwrap();
    let options = json!({"filePath": "wxfile://usr/图.png", "name": "file", "formData": {"n": 7}});
    files.app.start_api("uploadFile", &url("/up"), options);
    let mut last = Value::Null;
    let result = loop {
        let event = files.app.event().await;
        match event["type"].as_str().unwrap() {
            "progressUpdate" => last = event["progress"].clone(),
            "success" => break event["result"].clone(),
            _ => {}
        }
    };
    let total = last["totalBytesExpectedToSend"].as_u64().unwrap();
    assert_eq!(
        (last["progress"].as_u64(), last["totalBytesSent"].as_u64()),
        (Some(100), Some(total))
    );
    assert_eq!(result["data"]["text"], format!(r#"{{"length":{total}}}"#)); // a string, never parsed
    assert_eq!(result["errMsg"], "uploadFile:ok");
}

#[tokio::test]
async fn f3_a_download_is_a_file_of_exactly_one_name() {
    let origin = plain(Reply::ok("text/css", "body {}"));
    let mut files = Files::at(origin.port()).await;
    for target in [None, Some("wxfile://usr/a.css")] {
        let options = target.map_or(json!({}), |path| json!({"filePath": path}));
        files.app.start_api("downloadFile", &url("/"), options);
        let (_, result) = files.app.end().await;
        assert_eq!(result["errMsg"], "downloadFile:ok");
        let (temporary, user) = (result["tempFilePath"].as_str(), result["filePath"].as_str());
        assert_eq!(user, target);
        let place = match temporary {
            Some(name) => name.replace("wxfile://", "tmp/"),
            None => "usr/a.css".to_owned(),
        };
        assert!(place.ends_with(".css"), "{place}");
        assert_eq!(
            fs::read(files.directory.path().join(place)).unwrap(),
            b"body {}"
        );
        assert_ne!(temporary.is_some(), user.is_some());
    }
}

#[tokio::test]
async fn f2_what_is_not_the_apps_is_refused_before_any_connection() {
    let origin = plain(Reply::text(""));
    let mut files = Files::at(origin.port()).await;
    for (path, message, errno) in [
        ("wxfile://usr/none", "file not found", 1_300_002),
        (
            "wxfile://usr/../../etc/passwd",
            "permission denied",
            603_303,
        ),
        ("/etc/passwd", "permission denied", 603_303),
        ("wxfile://usr//etc/passwd", "permission denied", 603_303),
        ("wxfile://usr/a\u{0}b", "permission denied", 603_303),
        ("wxfile://usr/a\nb", "permission denied", 603_303),
        ("wxfile://tmp_/../../x", "permission denied", 603_303),
        (
            &format!("wxfile://usr/{}", "x".repeat(4000)),
            "permission denied",
            603_303,
        ),
    ] {
        let options = json!({"filePath": path, "name": "file"});
        files.app.start_api("uploadFile", &url("/"), options);
        let (_, result) = files.app.end().await;
        assert_eq!(
            result,
            json!({"errMsg": format!("uploadFile:fail {message}"), "errno": errno})
        );
        if message == "permission denied" {
            files
                .app
                .start_api("downloadFile", &url("/"), json!({"filePath": path}));
            let (_, result) = files.app.end().await;
            assert_eq!(result["errno"], errno, "{path:?}");
        }
    }
    assert_eq!(origin.counts().connections, 0);
}

#[tokio::test]
async fn f2_an_app_launched_without_files_is_told_so_in_the_record() {
    let world = World::new();
    let mut config = world.config("wx1");
    config
        .domains
        .download_file
        .clone_from(&config.domains.request);
    let mut app = App::new(world.network.launch(config).await.unwrap());
    app.start_api("downloadFile", &format!("https://{HOST}/json"), json!({}));
    let (_, result) = app.end().await;
    assert_eq!(
        result,
        json!({"errMsg": "downloadFile:fail download save file error", "errno": 603_300})
    );
    let reason = world.record().await.reason.unwrap();
    assert!(reason.contains("gives this app no files"), "{reason}");
}

#[tokio::test]
async fn f4_a_length_of_10_gb_is_refused_at_once_and_leaves_nothing() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 10737418240\r\n\r\n";
    let origin = RawOrigin::plain().script(Script::reply(head)).start();
    let mut files = Files::at(origin.port()).await;
    files.app.start_api("downloadFile", &url("/"), json!({}));
    let (_, result) = files.app.end().await;
    assert_eq!(
        result,
        json!({"errMsg": "downloadFile:fail exceed max file size", "errno": 603_301})
    );
    origin.closed(0).await;
    files.world.network.close(&AppId::new("wx1")).await.unwrap();
    assert_eq!(files.names("part"), [""; 0]);
}

#[tokio::test]
async fn b7_500_parallel_downloads_are_ended_by_a_close_and_leave_nothing() {
    let origin = plain(
        Reply::status(200)
            .filler(10_000_000)
            .drip(1000, std::time::Duration::from_millis(1)),
    );
    let mut files = Files::at(origin.port()).await;
    for _ in 0..500 {
        files.app.start_api("downloadFile", &url("/"), json!({}));
    }
    origin.until(|counts| counts.in_flight == 10).await;
    let path = files.directory.path().to_owned();
    let open = || DirectorySandbox::open(&path, Policy::seed().files);
    assert_eq!(open().unwrap_err(), OpenError::InUse(path.clone())); // I3
    let report = files.world.network.close(&AppId::new("wx1")).await.unwrap();
    assert_eq!((report.running.len(), report.queued.len()), (10, 490));
    // At this very moment, not some time later.
    assert_eq!((files.names("part"), files.names("tmp")), (vec![], vec![]));
    open().unwrap(); // the network holds nothing of it
    for _ in 0..500 {
        assert_eq!(
            files.app.end().await.1["errMsg"],
            "downloadFile:fail app is closed"
        );
    }
    assert!(files.app.port.next().await.is_none());
    origin.until(|counts| counts.open == 0).await;
}

#[tokio::test]
async fn b7_temporary_files_end_with_the_app_and_its_own_stay() {
    let origin = plain(Reply::text("x"));
    let mut files = Files::at(origin.port()).await;
    for options in [json!({}), json!({"filePath": "wxfile://usr/mine"})] {
        files.app.start_api("downloadFile", &url("/"), options);
        files.app.end().await;
    }
    assert_eq!(files.names("tmp").len(), 1);
    files.world.network.close(&AppId::new("wx1")).await.unwrap();
    assert_eq!(
        (files.names("tmp"), files.names("usr")),
        (vec![], vec!["mine".to_owned()])
    );
}

#[tokio::test]
async fn chunks_come_between_the_headers_and_a_success_without_a_body() {
    let gate = Gate::new();
    let script = Script::reply(
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n\u{5c0f}"
            .as_bytes()
            .to_vec(),
    )
    .wait(&gate)
    .send("def");
    let origin = RawOrigin::plain().script(script).start();
    let mut files = Files::at(origin.port()).await;
    files
        .app
        .start_api("request", &url("/"), json!({"enableChunked": true}));
    assert_eq!(files.event().await["type"], "headersReceived");
    let message = files.app.port.next().await.unwrap();
    assert!(message.json.contains("chunkReceived"), "{}", message.json);
    assert_eq!(message.attachments[0], "小");
    gate.open();
    assert_eq!(files.app.port.next().await.unwrap().attachments[0], "def");
    let end = files.event().await;
    assert_eq!(
        (&end["type"], &end["result"]["data"]),
        (&json!("success"), &json!({"text": ""}))
    );
}

#[tokio::test]
async fn an_app_that_takes_no_chunks_slows_its_own_response_and_nothing_else() {
    let origin = HttpOrigin::plain()
        .start(|request| match request.path() {
            "/short" => Reply::text("short"),
            _ => Reply::status(200).filler(20_000_000),
        })
        .unwrap();
    let policy = Policy {
        chunk_backlog_bytes: 100_000,
        ..Policy::seed()
    };
    let mut files = Files::with(origin.port(), policy).await;
    files
        .app
        .start_api("request", &url("/long"), json!({"enableChunked": true}));
    let mut held = Vec::new();
    files.event().await; // headers
    while held.iter().map(length_in).sum::<usize>() < 50_000 {
        held.push(files.app.port.next().await.unwrap());
    }
    // While its chunks are held, the app's other calls are served.
    let short = files.app.start_api("request", &url("/short"), json!({}));
    let mut length = 0;
    loop {
        let message = files.app.port.next().await.unwrap();
        length += length_in(&message);
        if message.json.contains("\"success\"") {
            let event: Value = serde_json::from_str(&message.json).unwrap();
            assert_eq!(event["task"], short);
            break;
        }
        held.push(message);
    }
    assert!(length <= 100_000, "{length}");
    let mut total: usize = held.iter().map(length_in).sum();
    drop(held);
    loop {
        let message = files.app.port.next().await.unwrap();
        total += length_in(&message);
        if message.json.contains("\"success\"") {
            break;
        }
    }
    assert_eq!(total, 20_000_000);
}
