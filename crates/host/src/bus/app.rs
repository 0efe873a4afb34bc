//! One app's bus on a stream: what comes in goes to the app's port, what its port says goes out.

use std::{future::ready, sync::Arc};

use appnet::{DirectorySandbox, Events, Message, Port, PortSender, files::FileError};
use appnet_policy::files::FileName;
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _, BufWriter},
    sync::mpsc,
};

use super::frame::{self, FrameError, FrameReader};

/// How a stream ended.
#[derive(Debug)]
pub(super) enum End {
    /// The other side has closed its half, or the app was closed.
    Closed,
    /// Nobody reads what the app says.
    Unread,
    /// What came was not the bus.
    Broken(FrameError),
}

/// Answers that wait to be written; beyond it nothing is read.
const WAITING: usize = 64;

/// What the other side asks of one of the app's files: the host's own, for no app has them by the bus.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileCommand {
    #[serde(rename = "type")]
    what: FileWork,
    id: u64,
    path: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
enum FileWork {
    /// Its content is the message's attachment.
    WriteFile,
    ReadFile,
}

/// Serves one app until one of the two ends.
pub(super) async fn serve(
    input: impl AsyncBufRead + Unpin,
    output: impl AsyncWrite + Unpin,
    limit: usize,
    port: Port,
    files: Arc<DirectorySandbox>,
) -> End {
    let (sender, events) = port.split();
    let (answers, answered) = mpsc::channel(WAITING);
    let frames = FrameReader::new(input, limit);
    tokio::select! {
        end = read(frames, sender, files, answers) => end,
        end = write(output, events, answered) => end,
    }
}

async fn read(
    mut frames: FrameReader<impl AsyncBufRead + Unpin>,
    port: PortSender,
    files: Arc<DirectorySandbox>,
    answers: mpsc::Sender<Message>,
) -> End {
    loop {
        let message = match frames.next().await {
            Ok(Some(message)) => message,
            Ok(None) => return End::Closed,
            Err(error) => return End::Broken(error),
        };
        let answer = match file_command(&message) {
            Some(command) => Some(filed(command, message, &files).await),
            None => port.send(message).err().map(|refused| refused.answer),
        };
        if let Some(answer) = answer
            && answers.send(answer).await.is_err()
        {
            return End::Closed;
        }
    }
}

/// Writes events as they come, and flushes when no more is there.
async fn write(
    output: impl AsyncWrite + Unpin,
    mut events: Events,
    mut answers: mpsc::Receiver<Message>,
) -> End {
    let mut output = BufWriter::new(output);
    let mut unflushed = false;
    loop {
        let message = tokio::select! {
            biased;
            event = events.next() => event,
            Some(answer) = answers.recv() => Some(answer),
            () = ready(()), if unflushed => {
                unflushed = false;
                match output.flush().await {
                    Ok(()) => continue,
                    Err(_) => return End::Unread,
                }
            }
        };
        let Some(message) = message else {
            return match output.flush().await {
                Ok(()) => End::Closed,
                Err(_) => End::Unread,
            };
        };
        if output.write_all(&frame::write(&message)).await.is_err() {
            return End::Unread;
        }
        unflushed = true;
    }
}

/// `None`: it is for the app's port, which reads it whole.
fn file_command(message: &Message) -> Option<FileCommand> {
    /// None of them is longer: a path has at most 4096 bytes, and JSON may write each as six.
    const LONGEST: usize = 32 << 10;
    let json = &message.json;
    let may_be_one =
        json.len() <= LONGEST && (json.contains("readFile") || json.contains("writeFile"));
    may_be_one
        .then(|| serde_json::from_str(json).ok())
        .flatten()
}

async fn filed(command: FileCommand, message: Message, files: &Arc<DirectorySandbox>) -> Message {
    let FileCommand { what, id, path } = command;
    let files = Arc::clone(files);
    let work = move || {
        let name = named(&path)?;
        match what {
            FileWork::WriteFile => {
                let data = message.attachments.first().cloned().unwrap_or_default();
                files.write(&name, &data).map(|()| None)
            }
            FileWork::ReadFile => files.read(&name, 0, None).map(Some),
        }
    };
    let worked = tokio::task::spawn_blocking(work).await;
    let (answer, data) = match worked.unwrap_or(Err(FileError::Crashed)) {
        Ok(None) => (json!({"type": "done", "id": id, "ok": true}), None),
        Ok(data) => (
            json!({"type": "done", "id": id, "ok": true, "data": {"bytes": 0}}),
            data,
        ),
        Err(error) => (
            json!({"type": "done", "id": id, "ok": false, "reason": error.to_string()}),
            None,
        ),
    };
    Message {
        json: answer.to_string(),
        attachments: data.into_iter().map(Into::into).collect(),
    }
}

fn named(path: &str) -> Result<FileName, FileError> {
    FileName::parse(path).map_err(|_| FileError::Denied("path should be like wxfile://usr/a.png"))
}
