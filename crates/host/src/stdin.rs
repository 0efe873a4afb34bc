//! Lines of standard input.

use std::{io, io::BufRead as _};

use tokio::sync::mpsc;

/// Lines that wait for a program that is busy; then the reader waits too.
const WAITING: usize = 64;

/// Standard input, read from the first time somebody asks.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Unread,
    Open(mpsc::Receiver<String>),
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
    pub(crate) async fn next(&mut self) -> Option<String> {
        if matches!(self.state, State::Unread) {
            self.state = start().map_or(State::Ended, State::Open);
        }
        let State::Open(lines) = &mut self.state else {
            return None;
        };
        let line = lines.recv().await;
        if line.is_none() {
            self.state = State::Ended;
        }
        line
    }
}

/// The thread is not waited for: it may sit in a read that never returns.
fn start() -> io::Result<mpsc::Receiver<String>> {
    let (sender, receiver) = mpsc::channel(WAITING);
    std::thread::Builder::new()
        .name("stdin".to_owned())
        .spawn(move || {
            let mut input = io::stdin().lock();
            let mut line = Vec::new();
            while input
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&line);
                if sender
                    .blocking_send(text.trim_end_matches(['\n', '\r']).to_owned())
                    .is_err()
                {
                    return;
                }
                line.clear();
            }
        })?;
    Ok(receiver)
}
