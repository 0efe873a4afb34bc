//! Lines of standard input.

use std::{
    io,
    io::{BufRead, Read as _},
};

use tokio::sync::mpsc;

/// Lines that wait for a program that is busy; then the reader waits too.
const WAITING: usize = 4;

/// Bytes of a line, its end not counted.
pub(crate) const LONGEST: usize = 16 << 20;

/// A line longer than [`LONGEST`]; what follows is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line of standard input is longer than {LONGEST} bytes")]
pub(crate) struct TooLong;

type Line = Result<String, TooLong>;

/// Standard input, read from the first time somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Unread,
    Open(mpsc::Receiver<Line>),
    Ended,
}

impl Lines {
    /// Whether there may be more lines.
    pub(crate) const fn open(&self) -> bool {
        match self.state {
            State::Unread | State::Open(_) => true,
            State::Ended => false,
        }
    }

    /// The next line, without its end; `None` when there are no more.
    ///
    /// # Errors
    /// [`TooLong`]; it is the last.
    pub(crate) async fn next(&mut self) -> Result<Option<String>, TooLong> {
        if matches!(self.state, State::Unread) {
            self.state = start().map_or(State::Ended, State::Open);
        }
        let State::Open(lines) = &mut self.state else {
            return Ok(None);
        };
        let line = lines.recv().await;
        if line.is_none() {
            self.state = State::Ended;
        }
        line.transpose()
    }
}

/// The thread is not waited for: it may sit in a read that never returns.
fn start() -> io::Result<mpsc::Receiver<Line>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut input = io::stdin().lock();
            while let Some(line) = read_line(&mut input) {
                let last = line.is_err();
                if sender.blocking_send(line).is_err() || last {
                    return;
                }
            }
        })?;
    Ok(receiver)
}

/// `None` at the end, or where it cannot be read.
fn read_line(input: &mut impl BufRead) -> Option<Line> {
    let mut line = Vec::new();
    // One byte for a carriage return, and one for the line feed.
    let most = LONGEST as u64 + 2;
    if input.take(most).read_until(b'\n', &mut line).ok()? == 0 {
        return None;
    }
    let end = line.iter().rposition(|byte| !b"\r\n".contains(byte));
    line.truncate(end.map_or(0, |last| last + 1));
    Some(if line.len() > LONGEST {
        Err(TooLong)
    } else {
        Ok(String::from_utf8_lossy(&line).into_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, TooLong, read_line};

    #[test]
    fn i4_a_line_may_have_so_many_bytes_and_no_more() {
        for end in ["", "\n", "\r\n"] {
            let longest = "x".repeat(LONGEST) + end;
            assert_eq!(
                read_line(&mut longest.as_bytes()).unwrap().unwrap().len(),
                LONGEST
            );
            let longer = "x".repeat(LONGEST + 1) + end;
            assert_eq!(read_line(&mut longer.as_bytes()), Some(Err(TooLong)));
        }
    }

    #[test]
    fn i4_a_line_that_never_ends_is_not_read_to_its_end() {
        let mut endless = std::io::BufReader::new(std::io::repeat(b'x'));
        assert_eq!(read_line(&mut endless), Some(Err(TooLong)));
    }

    #[test]
    fn lines_end_with_a_line_feed_with_or_without_a_carriage_return() {
        let mut input = &b"one\r\n\n\xff\nlast"[..];
        let lines: Vec<_> = std::iter::from_fn(|| read_line(&mut input)).collect();
        assert_eq!(
            lines.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
            ["one", "", "\u{fffd}", "last"]
        );
    }
}
