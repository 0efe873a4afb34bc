//! Messages of the bus on a stream of bytes: a line of JSON each; one that has attachments comes behind a line with their lengths, and they
//! follow it (docs/bus.md, "Over a pipe").

use std::io;

use appnet::Message;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _};

/// Attachments of one message.
const MOST_ATTACHMENTS: usize = 16;

/// Bytes of a line that says how long attachments are.
const LENGTHS_LINE: usize = 1 << 10;

/// Reads messages. After an error nothing more can be read: where the next message begins is not known.
pub(super) struct FrameReader<R> {
    input: R,
    /// Bytes of a line, and of the attachments of one message.
    limit: usize,
}

/// Why a stream is none of messages.
#[derive(Debug, thiserror::Error)]
pub(super) enum FrameError {
    #[error("the stream broke: {0}")]
    Broken(#[from] io::Error),
    #[error("the stream ended inside a message")]
    Cut,
    #[error("a line is longer than {0} bytes")]
    TooLong(usize),
    #[error("a line is not UTF-8")]
    NotText,
    #[error(
        "{0}: a line that begins with [ should have the lengths of the attachments of the message behind it, as [12,3], at most {MOST_ATTACHMENTS}"
    )]
    Lengths(String),
    #[error("the attachments of one message should have at most {0} bytes together")]
    TooMany(usize),
}

impl<R: AsyncBufRead + Unpin> FrameReader<R> {
    pub(super) const fn new(input: R, limit: usize) -> Self {
        Self { input, limit }
    }

    /// The next message; `None` when the stream has ended between two.
    ///
    /// # Errors
    /// [`FrameError`]
    pub(super) async fn next(&mut self) -> Result<Option<Message>, FrameError> {
        let Some(first) = self.line().await? else {
            return Ok(None);
        };
        if !first.starts_with('[') {
            return Ok(Some(first.into()));
        }
        let lengths = self.lengths(&first)?;
        let json = self.line().await?.ok_or(FrameError::Cut)?;
        let mut attachments = Vec::with_capacity(lengths.len());
        for length in lengths {
            let mut attachment = vec![0; length];
            self.input
                .read_exact(&mut attachment)
                .await
                .map_err(|error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => FrameError::Cut,
                    _ => FrameError::Broken(error),
                })?;
            attachments.push(attachment.into());
        }
        Ok(Some(Message { json, attachments }))
    }

    fn lengths(&self, line: &str) -> Result<Vec<usize>, FrameError> {
        let shown = || FrameError::Lengths(line.chars().take(80).collect());
        if line.len() > LENGTHS_LINE {
            return Err(shown());
        }
        let lengths: Vec<usize> = serde_json::from_str(line).map_err(|_| shown())?;
        if lengths.len() > MOST_ATTACHMENTS {
            return Err(shown());
        }
        let all = lengths
            .iter()
            .try_fold(0_usize, |all, it| all.checked_add(*it));
        if all.is_none_or(|all| all > self.limit) {
            return Err(FrameError::TooMany(self.limit));
        }
        Ok(lengths)
    }

    /// The next line that is not empty, without its end.
    async fn line(&mut self) -> Result<Option<String>, FrameError> {
        loop {
            let mut line = Vec::new();
            let mut limited = (&mut self.input).take(self.limit as u64 + 1);
            limited.read_until(b'\n', &mut line).await?;
            if line.is_empty() {
                return Ok(None);
            }
            if line.pop() != Some(b'\n') {
                let too_long = line.len() >= self.limit;
                return Err(if too_long {
                    FrameError::TooLong(self.limit)
                } else {
                    FrameError::Cut
                });
            }
            let line = String::from_utf8(line).map_err(|_| FrameError::NotText)?;
            if !line.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }
}

/// A message as it is written. The JSON of this crate has no line end in it.
pub(super) fn write(message: &Message) -> Vec<u8> {
    let mut frame = Vec::with_capacity(message.json.len() + 1);
    if !message.attachments.is_empty() {
        let lengths: Vec<_> = message
            .attachments
            .iter()
            .map(|it| it.len().to_string())
            .collect();
        frame.extend_from_slice(format!("[{}]\n", lengths.join(",")).as_bytes());
    }
    frame.extend_from_slice(message.json.as_bytes());
    frame.push(b'\n');
    for attachment in &message.attachments {
        frame.extend_from_slice(attachment);
    }
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(bytes: &[u8]) -> Result<Vec<Message>, String> {
        let mut reader = FrameReader::new(bytes, 40);
        let mut messages = Vec::new();
        loop {
            match reader.next().await {
                Ok(Some(message)) => messages.push(message),
                Ok(None) => return Ok(messages),
                Err(error) => return Err(error.to_string()),
            }
        }
    }

    fn message(json: &str, attachments: &[&'static [u8]]) -> Message {
        Message {
            json: json.to_owned(),
            attachments: attachments
                .iter()
                .map(|it| bytes::Bytes::from_static(it))
                .collect(),
        }
    }

    #[tokio::test]
    async fn what_was_written_is_read_again() {
        let messages = [
            message("{}", &[]),
            message(r#"{"a":"小"}"#, &[b"one\n[1]\n", b"", b"\x00\xff"]),
            message("{\"b\":1}", &[b"{"]),
        ];
        let written: Vec<u8> = messages.iter().flat_map(write).collect();
        assert_eq!(read(&written).await.unwrap(), messages);
        for cut in 1..written.len() {
            let read = read(&written[..cut]).await;
            let whole = |read: &[Message]| messages.starts_with(read);
            assert!(
                read.as_ref()
                    .map_or_else(|error| error.contains("inside"), |it| whole(it))
            );
        }
    }

    #[tokio::test]
    async fn a_person_may_leave_lines_empty() {
        assert_eq!(read(b"\n\r\n{}\n\n").await.unwrap(), [message("{}", &[])]);
    }

    #[tokio::test]
    async fn a_stream_of_something_else_ends_with_what_would_be_right() {
        for (stream, said) in [
            (
                &b"{\"a\":\"0000000000000000000000000000000000000000\"}\n"[..],
                "longer than 40",
            ),
            (b"\xff\n", "not UTF-8"),
            (b"[x]\n{}\n", "[12,3]"),
            (b"[-1]\n{}\n", "[12,3]"),
            (b"[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n", "[12,3]"),
            (b"[41]\n{}\n", "at most 40 bytes"),
            (b"[18446744073709551615,1]\n", "at most 40 bytes"),
            (b"[2]\n{}\nx", "inside a message"),
            (b"{}", "inside a message"),
        ] {
            let error = read(stream).await.unwrap_err();
            assert!(error.contains(said), "{error}");
        }
    }
}
