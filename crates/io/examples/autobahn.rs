//! The client that the Autobahn|Testsuite's fuzzing server wants: it echoes every message of every case.
//!
//! Run by `tests/autobahn.sh`, which starts the server: `autobahn ws://127.0.0.1:9001 AGENT`.

#![expect(clippy::print_stderr, reason = "a tool that tells where it is")]

use std::{error::Error, sync::Arc};

use appnet_io::{ClientOptions, HttpClient, Socket, SocketEvent, SystemRoots, TlsTrust};
use appnet_policy::{
    Api, Policy, Rules,
    domains::DomainLists,
    identity::{AppId, Env, Identity},
    rules::AppConfig,
    socket::{SocketLimits, SocketMessage, SocketRequest},
};

type Outcome<T> = Result<T, Box<dyn Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(base), Some(agent)) = (arguments.next(), arguments.next()) else {
        return Err("usage: autobahn URL AGENT".into());
    };
    let client = Client::new()?;
    tokio::task::LocalSet::new()
        .run_until(run(&client, &base, &agent))
        .await
}

async fn run(client: &Client, base: &str, agent: &str) -> Outcome<()> {
    let count: u32 = client.ask(&format!("{base}/getCaseCount")).await?.parse()?;
    for case in 1..=count {
        if case % 50 == 1 {
            eprintln!("case {case} of {count}");
        }
        let url = format!("{base}/runCase?case={case}&agent={agent}");
        echo(client.open(&url).await?).await;
    }
    let url = format!("{base}/updateReports?agent={agent}");
    echo(client.open(&url).await?).await;
    Ok(())
}

/// Until the server closes. What goes wrong is the server's to judge: its reports say so.
async fn echo(mut socket: Socket) {
    let sender = socket.sender();
    while let Some(event) = socket.next().await {
        match event {
            // Not waited for: a server that stops reading to send more would wait for us as well.
            SocketEvent::Message(message) => drop(sender.send(message)),
            SocketEvent::Closed(_) | SocketEvent::Failed(_) => {}
        }
    }
}

/// A developer's session: it may speak `ws:` to loopback (U8).
struct Client {
    http: HttpClient,
    rules: Arc<Rules>,
}

impl Client {
    fn new() -> Outcome<Self> {
        let identity = Identity {
            app_id: AppId::new("wx1"),
            version: "1".to_owned(),
            env: Env::Devtools,
        };
        let mut config = AppConfig::new(identity, DomainLists::default());
        config.url_check = false;
        let trust = TlsTrust::new(Vec::new(), SystemRoots::Use)?;
        Ok(Self {
            http: HttpClient::with_options(&trust, ClientOptions::default()),
            rules: Arc::new(Rules::new(Arc::new(Policy::seed()), config, None)?),
        })
    }

    async fn open(&self, url: &str) -> Outcome<Socket> {
        let target = self.rules.permit(Api::ConnectSocket, url);
        let request = Box::new(SocketRequest {
            target: target.map_err(|refusal| refusal.to_string())?,
            headers: Vec::new(),
            protocols: Vec::new(),
            tcp_no_delay: true,
            per_message_deflate: true,
            force_cellular: false,
        });
        let (socket, _) = self
            .http
            .connect_socket(request, SocketLimits::seed())
            .await?;
        Ok(socket)
    }

    /// The first message, as text.
    async fn ask(&self, url: &str) -> Outcome<String> {
        match self.open(url).await?.next().await {
            Some(SocketEvent::Message(SocketMessage::Text(text))) => Ok(text.into_string()),
            other => Err(format!("expected a text message, got {other:?}").into()),
        }
    }
}
