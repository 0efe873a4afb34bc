//! libcurl by its multi interface, in a loop of its own as it has no runtime.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    time::{Duration, Instant},
};

use curl::{
    easy::{Easy2, Handler, HttpVersion, List, ReadError, WriteError},
    multi::{Easy2Handle, Multi},
};
use futures_util::future::{FutureExt as _, LocalBoxFuture};

use super::{
    Order,
    job::{Files, check_json},
};
use crate::{
    headers::HEADERS,
    origin::HOST,
    turn::{self, Failure, Latencies, Peer},
    work::{Version, What},
};

/// How long it waits for the network at most; it is never that long.
const PATIENCE: Duration = Duration::from_secs(10);

/// Handles that share their connections.
pub(crate) struct Libcurl {
    multi: Multi,
    free: Vec<Easy2<Transfer>>,
    files: Files,
    what: What,
}

/// What a handle receives, and where from it sends.
#[derive(Default)]
struct Transfer {
    body: Vec<u8>,
    target: Option<File>,
    source: Option<File>,
}

impl Handler for Transfer {
    fn write(&mut self, data: &[u8]) -> Result<usize, WriteError> {
        let written = match &mut self.target {
            Some(file) => file.write_all(data),
            None => self.body.write_all(data),
        };
        // What is less than came tells libcurl to give up.
        Ok(written.map_or(0, |()| data.len()))
    }

    fn read(&mut self, into: &mut [u8]) -> Result<usize, ReadError> {
        let read = self.source.as_mut().map(|file| file.read(into));
        read.unwrap_or(Ok(0)).map_err(|_| ReadError::Abort)
    }
}

/// A call under way.
struct Running {
    handle: Easy2Handle<Transfer>,
    began: Instant,
}

impl Libcurl {
    pub(crate) fn new(order: Order<'_>) -> Result<Self, Failure> {
        let mut multi = Multi::new();
        multi.pipelining(false, true)?;
        let free = (0..order.what.lanes()).map(|_| handle(order));
        Ok(Self {
            free: free.collect::<Result<_, _>>()?,
            multi,
            files: Files::new(order.transfer)?,
            what: order.what,
        })
    }

    fn start(&self, mut easy: Easy2<Transfer>, token: usize) -> Result<Running, Failure> {
        let transfer = easy.get_mut();
        transfer.body.clear();
        match self.what {
            What::Small | What::Json | What::Bytes => {}
            What::Download => transfer.target = Some(self.files.target()?),
            What::Upload => transfer.source = Some(self.files.source_file()?),
        }
        let began = Instant::now();
        let mut handle = self.multi.add2(easy)?;
        handle.set_token(token)?;
        Ok(Running { handle, began })
    }

    /// Takes what a call gave, and frees its handle.
    fn finish(&self, running: Running) -> Result<Easy2<Transfer>, Failure> {
        let mut easy = self.multi.remove2(running.handle)?;
        if easy.response_code()? != 200 {
            return Err("not the answer that is expected".into());
        }
        let transfer = easy.get_mut();
        match self.what {
            What::Small | What::Bytes | What::Upload => {}
            What::Json => check_json(&transfer.body)?,
            What::Download => {
                let file = transfer.target.take().ok_or("a download has a file")?;
                self.files.check(&file)?;
            }
        }
        Ok(easy)
    }

    fn run(&mut self, until: Instant) -> Result<Latencies, Failure> {
        let mut latencies = turn::latencies();
        let free = std::mem::take(&mut self.free).into_iter().enumerate();
        let running = free.map(|(token, easy)| self.start(easy, token).map(Some));
        let mut running = running.collect::<Result<Vec<_>, _>>()?;
        while self.free.len() < running.len() {
            self.multi.perform()?;
            for token in self.ended()? {
                let ended = running[token].take().ok_or("a call ends once")?;
                let began = ended.began;
                let easy = self.finish(ended)?;
                let now = Instant::now();
                turn::note(&mut latencies, now - began);
                if now < until {
                    running[token] = Some(self.start(easy, token)?);
                } else {
                    self.free.push(easy);
                }
            }
            if self.free.len() < running.len() {
                self.multi.wait(&mut [], PATIENCE)?;
            }
        }
        Ok(latencies)
    }

    /// The tokens of the calls that have ended.
    fn ended(&self) -> Result<Vec<usize>, Failure> {
        let mut tokens = Vec::new();
        let mut failed = None;
        self.multi
            .messages(|message| match (message.token(), message.result()) {
                (Ok(token), Some(Ok(()))) => tokens.push(token),
                (Err(error), _) | (_, Some(Err(error))) => failed = Some(error),
                (Ok(_), None) => {}
            });
        failed.map_or(Ok(tokens), |error| Err(error.into()))
    }
}

impl Peer for Libcurl {
    /// Blocks: nothing else runs on this thread meanwhile.
    fn work(&mut self, until: Instant) -> LocalBoxFuture<'_, Result<Latencies, Failure>> {
        async move { self.run(until) }.boxed_local()
    }
}

fn handle(order: Order<'_>) -> Result<Easy2<Transfer>, Failure> {
    let mut easy = Easy2::new(Transfer::default());
    let port = order.origin.port(order.version);
    let path = order.what.path(order.transfer);
    easy.url(&format!("https://{HOST}:{port}{path}"))?;
    let mut resolve = List::new();
    resolve.append(&format!("{HOST}:{port}:127.0.0.1"))?;
    easy.resolve(resolve)?;
    easy.ssl_cainfo_blob(order.origin.ca_pem.as_bytes())?;
    let mut headers = List::new();
    for (name, value) in HEADERS {
        headers.append(&format!("{name}: {value}"))?;
    }
    match order.version {
        Version::One => easy.http_version(HttpVersion::V11)?,
        Version::Two => {
            easy.http_version(HttpVersion::V2TLS)?;
            easy.pipewait(true)?;
        }
    }
    match order.what {
        What::Small | What::Json | What::Bytes | What::Download => easy.get(true)?,
        What::Upload => {
            headers.append("Expect:")?; // none of the others asks first
            easy.post(true)?;
            easy.post_field_size(order.transfer)?;
        }
    }
    easy.http_headers(headers)?;
    Ok(easy)
}
