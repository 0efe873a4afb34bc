//! U7 against whoever answers for a name: it says one thing first and another next, or both at once. Every API, and each hop of a redirect.
//!
//! Of loopback, 127.0.0.1 stands for the public addresses ([`AddressRule::Only`]) and ::1 for all that may not be reached: the server listens on both.

use std::{net::IpAddr, rc::Rc, sync::Arc, time::Duration};

use appnet_io::{ClientOptions, DirectorySandbox, FileSandbox, HttpClient, IoFailure, Resolved};
use appnet_policy::{
    Api, Failure, Policy,
    addresses::AddressRule,
    failure::{AppFault, ServerFault},
    files::FileName,
    prepare::{self, DownloadOptions, UploadOptions},
    rules::Rule,
    socket::{SocketLimits, SocketRequest},
};
use appnet_testkit::{Ca, RawOrigin, Script};
use tempfile::TempDir;

use crate::{
    scripted::{Scripted, forever, lasting},
    support::{App, HOST, options, run, trust},
};

const PUBLIC: &str = "127.0.0.1";
const INSIDE: &str = "::1";
const ELSEWHERE: &str = "inside.example.test";
const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
const REDIRECT: &str = "HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: https://inside.example.test/\r\n\r\n";

/// A server on both addresses, and an app that looks its names up.
struct World {
    origin: RawOrigin,
    app: App,
    resolver: Scripted,
    directory: TempDir,
}

impl World {
    /// The server answers each connection with this, and closes.
    fn new(answer: &'static str, answers: impl IntoIterator<Item = Resolved>) -> Self {
        let ca = Ca::new();
        let origin = RawOrigin::tls(ca.issue(&[HOST, ELSEWHERE]).http1())
            .ipv6()
            .script(Script::reply(answer).close())
            .start();
        let directory = tempfile::tempdir().unwrap();
        let sandbox = DirectorySandbox::open(directory.path(), Policy::seed().files).unwrap();
        let a = FileName::User(vec!["a".to_owned()]);
        sandbox.write(&a, b"content").unwrap();
        let resolver = Scripted::in_turn(answers);
        let app = App::with(&ca, origin.port(), Policy::seed(), |config| {
            config.addresses = AddressRule::Only(PUBLIC.parse().unwrap());
            config.connect_to = vec![format!(":::{}", origin.port()).parse().unwrap()];
            let hosts = [HOST, ELSEWHERE];
            config.domains.request = hosts.map(|host| format!("https://{host}")).into();
            config.domains.upload_file = config.domains.request.clone();
            config.domains.download_file = config.domains.request.clone();
            config.domains.socket = hosts.map(|host| format!("wss://{host}")).into();
        });
        let client = HttpClient::with_options(
            &trust(&ca),
            ClientOptions {
                resolver: Rc::new(resolver.clone()),
                files: Some(Arc::new(sandbox) as Arc<dyn FileSandbox>),
                ..ClientOptions::default()
            },
        );
        Self {
            origin,
            app: App { client, ..app },
            resolver,
            directory,
        }
    }

    /// One call by this API; a socket whose handshake the server answers with something else counts as a call that went out.
    async fn call(&self, api: Api) -> Result<Option<IpAddr>, IoFailure> {
        let url = format!("{}://{HOST}/", api.list_scheme());
        let prepared = match api {
            Api::Request => prepare::request(&self.app.rules, options(&url)),
            Api::UploadFile => prepare::upload(&self.app.rules, upload(url)),
            Api::DownloadFile => prepare::download(&self.app.rules, download(url)),
            Api::ConnectSocket => return self.open(&url).await,
        };
        let prepared = prepared.unwrap();
        let (request, receive) = (prepared.request, prepared.receive);
        let exchanged = self.app.client.exchange(request, receive, &mut ()).await;
        let peer = exchanged.profile.peer.map(|peer| peer.ip());
        exchanged.outcome.map(|_| peer)
    }

    async fn open(&self, url: &str) -> Result<Option<IpAddr>, IoFailure> {
        let request = Box::new(SocketRequest {
            target: self.app.rules.permit(Api::ConnectSocket, url).unwrap(),
            headers: Vec::new(),
            protocols: Vec::new(),
            tcp_no_delay: true,
            per_message_deflate: false,
            force_cellular: false,
        });
        let limits = SocketLimits::seed();
        match self.app.client.connect_socket(request, limits).await {
            Err(failure) if failure.refusal.is_none() => Ok(None),
            other => other.map(|_| None),
        }
    }

    /// What is in the app's directory but the file it had.
    fn leftovers(&self) -> usize {
        ["tmp", "part"]
            .into_iter()
            .map(|place| {
                std::fs::read_dir(self.directory.path().join(place))
                    .unwrap()
                    .count()
            })
            .sum()
    }
}

fn upload(url: String) -> UploadOptions {
    UploadOptions {
        url,
        file_path: "wxfile://usr/a".to_owned(),
        name: "file".to_owned(),
        ..UploadOptions::default()
    }
}

fn download(url: String) -> DownloadOptions {
    DownloadOptions {
        url,
        file_path: None,
        ..DownloadOptions::default()
    }
}

/// An answer that holds for no time: each connection looks the name up.
fn once(addresses: &[&str]) -> Resolved {
    lasting(addresses, Duration::ZERO)
}

#[track_caller]
fn assert_refused(outcome: Result<Option<IpAddr>, IoFailure>, failure: Failure, api: Api) {
    let found = outcome.expect_err(api.list_scheme());
    assert_eq!(found.failure, failure, "{api}: {}", found.reason);
    assert!(found.reason.contains(INSIDE), "{api}: {}", found.reason);
    assert_eq!(found.refusal.unwrap().rule, Rule::U7, "{api}");
}

#[test]
fn u7_a_name_that_is_public_first_and_private_next_is_refused_next() {
    run(async {
        for api in Api::ALL {
            let world = World::new(OK, [once(&[PUBLIC]), once(&[INSIDE])]);
            world.call(api).await.unwrap();
            let refused = Failure::App(AppFault::NotInDomainList);
            assert_refused(world.call(api).await, refused, api);
            assert_eq!(world.origin.connections(), 1, "{api}");
            // The connection goes to what was checked: nothing is looked up between the check and the connect.
            assert_eq!(world.resolver.asked(), [HOST, HOST], "{api}");
        }
    });
}

#[test]
fn u7_of_a_public_and_a_private_address_only_the_public_one_is_connected_to() {
    run(async {
        for api in Api::ALL {
            for addresses in [[INSIDE, PUBLIC], [PUBLIC, INSIDE]] {
                let world = World::new(OK, [once(&addresses)]);
                let peer = world.call(api).await.unwrap();
                assert!(
                    peer.is_none_or(|ip| ip.to_string() == PUBLIC),
                    "{api} {peer:?}"
                );
                assert_eq!(world.origin.connections(), 1, "{api}");
            }
        }
    });
}

#[test]
fn u7_a_public_address_that_does_not_answer_makes_way_for_no_private_one() {
    run(async {
        for api in Api::ALL {
            let mut world = World::new(OK, [once(&["127.0.0.2", INSIDE])]);
            world.app.rules = crate::support::rules(1, Policy::seed(), |config| {
                config.addresses = AddressRule::Only("127.0.0.2".parse().unwrap());
                config.connect_to = vec![format!(":::{}", world.origin.port()).parse().unwrap()];
                config.domains.upload_file = config.domains.request.clone();
                config.domains.download_file = config.domains.request.clone();
                config.domains.socket = vec![format!("wss://{HOST}")];
            });
            let outcome = world.call(api).await;
            assert!(api == Api::ConnectSocket || outcome.is_err(), "{api}");
            assert_eq!(world.origin.connections(), 0, "{api}");
        }
    });
}

#[test]
fn u6_u7_a_redirect_to_a_name_that_turned_private_is_refused_as_a_redirect() {
    run(async {
        for api in [Api::Request, Api::UploadFile, Api::DownloadFile] {
            for answers in [
                vec![once(&[PUBLIC]), once(&[INSIDE])],
                vec![forever(&[PUBLIC]), forever(&[INSIDE])],
            ] {
                let world = World::new(REDIRECT, answers);
                let refused = ServerFault::RedirectNotInDomainList(ELSEWHERE.to_owned());
                assert_refused(world.call(api).await, Failure::Server(refused), api);
                assert_eq!(world.origin.connections(), 1, "{api}");
                assert_eq!(world.resolver.asked(), [HOST, ELSEWHERE], "{api}");
                // A file that was begun is removed on a thread of its own.
                while world.leftovers() > 0 {
                    tokio::task::yield_now().await;
                }
            }
        }
    });
}

#[test]
fn u6_a_socket_follows_no_redirect() {
    run(async {
        let world = World::new(REDIRECT, [forever(&[PUBLIC])]);
        world.call(Api::ConnectSocket).await.unwrap();
        assert_eq!(world.resolver.asked(), [HOST]);
        assert_eq!(world.origin.connections(), 1);
    });
}
