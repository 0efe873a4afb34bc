//! Three apps in one host: their lists, files, roots, resolver, observer, background and close. `docs/embedding.md` explains it piece by piece.
//!
//! `cargo run -p appnet --example three_apps` runs it against an origin on loopback.

use std::{
    error::Error,
    path::Path,
    rc::Rc,
    sync::{Arc, Mutex},
    time::Duration,
};

use appnet::{
    AppConfig, AppId, Connectivity, DomainLists, Env, Identity, Lookup, Network, NetworkType,
    NewApp, Pinned, Policy, Port, Proxy, Resolved, Resolver, SystemRoots,
};

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// An app's id and its lists of server domains.
fn app(id: &str, domains: DomainLists) -> AppConfig {
    let identity = Identity {
        app_id: AppId::new(id),
        version: "1".to_owned(),
        env: Env::Release,
    };
    AppConfig::new(identity, domains)
}

/// Knows where our test server is, and nothing else.
struct Loopback;

impl Resolver for Loopback {
    fn resolve<'a>(&'a self, _name: &'a str) -> Lookup<'a> {
        let resolved = Resolved {
            addresses: vec![[127, 0, 0, 1].into()],
            ttl: Duration::from_secs(60),
        };
        Box::pin(async { Ok(resolved) })
    }
}

/// Waits for the event that ends this task, and gives its JSON.
async fn end(port: &mut Port, task: u64) -> Done<String> {
    let is_end = |json: &str| {
        ["success", "fail"]
            .map(|kind| format!(r#"{{"type":"{kind}","task":{task},"#))
            .iter()
            .any(|start| json.starts_with(start))
    };
    while let Some(event) = port.next().await {
        if is_end(&event.json) {
            return Ok(event.json);
        }
    }
    Err("the app was closed".into())
}

/// `server` is our test server, such as `api.example.com:8443`; `root` its certificate authority, in PEM; a certificate and a key of our own are in
/// PEM, too; the apps' files are in `folder`.
pub(crate) async fn three_apps(
    server: &str,
    root: &str,
    [certificate, key]: [&str; 2],
    folder: &Path,
) -> Done<Vec<String>> {
    let origin = format!("https://{server}");

    let records = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&records);
    let network = Network::builder()
        .policy(Policy {
            queue_limit: 100,
            ..Policy::seed()
        })
        .extra_roots_pem(root.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .resolver(|| Rc::new(Loopback))
        .observer(move |call| {
            let outcome = match &call.outcome {
                Ok(status) => status.to_string(),
                Err(failure) => failure.text_and_errno().0.into_owned(),
            };
            let line = format!("{} {} {outcome}", call.app, call.api);
            seen.lock().unwrap_or_else(|it| it.into_inner()).push(line);
        })
        .start()?;
    network.set_connectivity(Connectivity {
        network_type: NetworkType::Wifi,
        ..Connectivity::default()
    });

    let proxy: Proxy = "http://user:secret@proxy.example.com:3128".parse()?;
    let behind_proxy = Network::builder()
        .extra_roots_pem(root.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .proxy(proxy.direct_for([".intranet.example.com"]))
        .start()?;
    behind_proxy.shut_down().await;

    let known = Network::builder()
        .extra_roots_pem(root.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .client_certificate("pay.example.com", certificate.as_bytes(), key.as_bytes())?
        .pin_keys(
            "api.example.com:8443",
            ["sha256/Smfy09aBR+ifze/7lZrwg04Aqys79kNHnEauSG9CUpg="],
        )?
        .start()?;
    known.shut_down().await;

    let wrong = DomainLists {
        request: vec!["http://api.example.com/path".to_owned()],
        ..DomainLists::default()
    };
    let refused = network.launch(app("wx0", wrong)).await;
    assert!(refused.is_err_and(|why| why.to_string().contains("http://api.example.com/path")));

    let reads = DomainLists {
        request: vec![origin.clone()],
        ..DomainLists::default()
    };
    let mut config = app("wx1", reads);
    config.addresses = appnet::AddressRule::Any; // our test server is on loopback, which no app may reach otherwise
    let mut first = network.launch(config.clone()).await?;

    let call = format!(
        r#"{{"type": "call", "task": 1, "api": "request", "options": {{"url": "{origin}/json"}}}}"#
    );
    first.send(call.as_str())?;
    let event = end(&mut first, 1).await?;
    assert!(event.contains(r#""statusCode":200"#));

    let keeps = DomainLists {
        download_file: vec![origin.clone()],
        ..DomainLists::default()
    };
    let mut with_files = app("wx2", keeps);
    with_files.addresses = appnet::AddressRule::Any;
    let files = network.open_files(&folder.join("wx2"))?;
    let mut second = network.launch(NewApp::new(with_files).files(files)).await?;
    second.send(format!(
        r#"{{"type": "call", "task": 1, "api": "downloadFile", "options": {{"url": "{origin}/bytes/1000", "filePath": "wxfile://usr/a.bin"}}}}"#
    ))?;
    assert!(end(&mut second, 1).await?.contains("wxfile://usr/a.bin"));
    assert_eq!(std::fs::metadata(folder.join("wx2/usr/a.bin"))?.len(), 1000);

    second.send(call.as_str())?; // task 1 again: a mistake of the UI layer, which is told
    let told = second.next().await.ok_or("the app was closed")?;
    assert!(told.json.contains("task should be greater"));
    second.send(call.replace(r#""task": 1"#, r#""task": 2"#))?; // it may download, and not call
    assert!(
        end(&mut second, 2)
            .await?
            .contains("url not in domain list")
    );

    let (tell, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut driven = app("wx3", DomainLists::default());
    driven.domains.request = vec![origin.clone()];
    driven.addresses = appnet::AddressRule::Any;
    let theirs = call.clone();
    network
        .launch_driven(driven, move |mut port| async move {
            let event = match port.send(theirs) {
                Ok(()) => end(&mut port, 1).await.unwrap_or_default(),
                Err(refused) => refused.answer.json,
            };
            let _ = tell.send(event);
        })
        .await?;
    let event = heard.recv().await.ok_or("nobody drove the app")?;
    assert!(event.contains(r#""statusCode":200"#));

    let apps = network.apps();
    assert_eq!(apps.len(), 3);
    assert!(
        apps.iter()
            .all(|app| app.running + app.queued + app.sockets == 0)
    );

    let wx1 = AppId::new("wx1");
    network.enter_background(&wx1, Pinned::No)?;
    first.send(call.replace(r#""task": 1"#, r#""task": 2"#))?;
    assert!(end(&mut first, 2).await?.contains("fail interrupted"));
    network.enter_foreground(&wx1)?;

    config.domains.request.clear();
    network.configure(config)?;
    first.send(call.replace(r#""task": 1"#, r#""task": 3"#))?;
    assert!(end(&mut first, 3).await?.contains("url not in domain list"));

    drop(first);
    let mut first = network.attach(&wx1)?;
    let next = first.next_task();
    first.send(call.replace(r#""task": 1"#, &format!(r#""task": {next}"#)))?;
    assert!(
        end(&mut first, next)
            .await?
            .contains("url not in domain list")
    );

    let ended = network.close(&wx1).await?;
    assert!(ended.running.is_empty() && ended.queued.is_empty());
    network.shut_down().await; // closes the other two, and ends all threads
    let records = records.lock().unwrap_or_else(|it| it.into_inner());
    Ok(records.clone())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Done {
    let ca = appnet_testkit::Ca::new();
    let server = appnet_testkit::HttpOrigin::tls(ca.issue(&["api.example.com"]).http2())
        .start(appnet_testkit::demo_routes(&appnet_testkit::Gate::new()))?;
    let folder = std::env::temp_dir().join(format!("appnet-three-apps-{}", std::process::id()));
    let address = format!("api.example.com:{}", server.port());
    let client = ca.issue_flawed(&["host.example.com"], appnet_testkit::Flaw::ForClients);
    let own = [client.chain_pem(), client.key_pem()];
    let own = own.each_ref().map(String::as_str);
    let done = three_apps(&address, &ca.pem(), own, &folder).await;
    std::fs::remove_dir_all(&folder)?;
    for record in done? {
        eprintln_line(&record);
    }
    Ok(())
}

#[expect(clippy::print_stderr, reason = "it is what the example shows")]
fn eprintln_line(line: &str) {
    eprintln!("{line}");
}
