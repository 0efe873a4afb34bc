//! What a bare client does with its answers, the same for all.

use std::{fs::File, rc::Rc};

use bytes::Bytes;
use serde_json::value::RawValue;
use tempfile::TempDir;

use super::{Order, outgoing::Outgoing};
use crate::{
    turn::{Failure, Lane},
    work::What,
};

/// A client that can be asked by hand.
pub(crate) trait HttpClient: 'static {
    /// Reads a body whole.
    async fn get(&self) -> Result<Bytes, Failure>;
    /// Writes a body to a file as it comes.
    async fn download(&self, to: &mut File) -> Result<(), Failure>;
    /// Sends a body as it is read.
    async fn upload(&self, body: Outgoing) -> Result<(), Failure>;
}

/// One call after another of one client.
#[derive(Debug)]
pub(crate) struct Job<C> {
    client: Rc<C>,
    files: Rc<Files>,
    what: What,
}

impl<C: HttpClient> Job<C> {
    /// As many as there are calls under way at once.
    pub(crate) fn all(client: C, order: Order<'_>) -> Result<Vec<Self>, Failure> {
        let (client, files) = (Rc::new(client), Rc::new(Files::new(order.transfer)?));
        let jobs = (0..order.what.lanes()).map(|_| Self {
            client: Rc::clone(&client),
            files: Rc::clone(&files),
            what: order.what,
        });
        Ok(jobs.collect())
    }
}

impl<C: HttpClient> Lane for Job<C> {
    async fn call(&mut self) -> Result<(), Failure> {
        let Self {
            client,
            files,
            what,
        } = self;
        match what {
            What::Small => check(&client.get().await?, 200),
            What::Bytes => check(&client.get().await?, 1 << 20),
            What::Json => check_json(&client.get().await?),
            What::Download => {
                let mut file = files.target()?;
                client.download(&mut file).await?;
                files.check(&file)
            }
            What::Upload => client.upload(files.source()?).await,
        }
    }
}

fn check(body: &[u8], length: usize) -> Result<(), Failure> {
    if body.len() == length {
        Ok(())
    } else {
        Err(format!("{} bytes instead of {length}", body.len()).into())
    }
}

/// Reads it once, as far as is needed to know that it is JSON.
pub(crate) fn check_json(body: &[u8]) -> Result<(), Failure> {
    let json: &RawValue = serde_json::from_slice(body)?;
    std::hint::black_box(json);
    Ok(())
}

/// A file to send and one to receive.
#[derive(Debug)]
pub(crate) struct Files {
    directory: TempDir,
    length: u64,
}

impl Files {
    pub(crate) fn new(length: u64) -> Result<Self, Failure> {
        let directory = tempfile::tempdir()?;
        File::create(directory.path().join("source"))?.set_len(length)?;
        Ok(Self { directory, length })
    }

    pub(crate) fn source(&self) -> Result<Outgoing, Failure> {
        Ok(Outgoing::file(self.source_file()?, self.length))
    }

    pub(crate) fn source_file(&self) -> Result<File, Failure> {
        Ok(File::open(self.directory.path().join("source"))?)
    }

    pub(crate) fn target(&self) -> Result<File, Failure> {
        Ok(File::create(self.directory.path().join("target"))?)
    }

    /// Whether all of it came.
    pub(crate) fn check(&self, received: &File) -> Result<(), Failure> {
        let length = received.metadata()?.len();
        if length == self.length {
            Ok(())
        } else {
            Err(format!("{length} bytes in the file instead of {}", self.length).into())
        }
    }
}
