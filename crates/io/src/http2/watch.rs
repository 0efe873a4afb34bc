//! What a connection of HTTP/2 shows of its calls: what came for which, and what a server does that h2 lets pass.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use super::{
    allowance::Allowance,
    call::{Call, Fault},
    frames::{Frame, FrameReader, Kind},
    names::names,
    pulse::{Beat, Pulse, SilenceLimits},
    streams::Streams,
};
use crate::journal::Traffic;

/// Looks at every frame of a connection.
#[derive(Debug)]
pub(super) struct Watch {
    sent: FrameReader,
    received: FrameReader,
    state: State,
}

/// What is known of a connection and its calls.
#[derive(Debug)]
pub(super) struct State {
    calls: BTreeMap<u32, Call>,
    streams: Streams,
    allowance: Allowance,
    /// The header block under way, in pieces: CONTINUATION follows HEADERS directly.
    block: Vec<u8>,
    /// The largest header block that is kept, in bytes.
    largest_block: usize,
    /// GOAWAY: the last stream that the server may have acted on.
    last_stream: Option<u32>,
    /// Why the connection is not read any further.
    fault: Option<Fault>,
    /// Frames of bodies that came and were not taken, of all calls.
    untaken: usize,
    /// Whether the server's SETTINGS came.
    settled: bool,
    pulse: Pulse,
    /// Whether the server was not there any more, and we closed the connection.
    silent: bool,
    /// Whether the connection may be dead without knowing.
    suspect: bool,
}

/// A server that says nothing at all for so long after a request may not be there any more.
const SILENCE: Duration = Duration::from_secs(1);

/// So many frames of bodies may wait to be taken; over it nothing is read, and the servers wait. h2 keeps about 260 bytes for each,
/// whatever it carries, so that a window of a megabyte could be filled with a quarter of a gigabyte.
const MOST_UNTAKEN: usize = 8 << 10;

impl Watch {
    pub(super) fn new(largest_list: usize, silence: SilenceLimits, now: Instant) -> Self {
        Self {
            sent: FrameReader::of_client(),
            received: FrameReader::of_server(),
            state: State {
                calls: BTreeMap::new(),
                streams: Streams::new(),
                allowance: Allowance::new(now),
                block: Vec::new(),
                largest_block: largest_list,
                last_stream: None,
                fault: None,
                untaken: 0,
                settled: false,
                pulse: Pulse::new(silence, now),
                silent: false,
                suspect: false,
            },
        }
    }

    /// Looks at bytes that came.
    ///
    /// # Errors
    /// The server floods the connection: it is not to be read any further.
    pub(super) fn receive(&mut self, bytes: &[u8], now: Instant) -> Result<(), Fault> {
        let state = &mut self.state;
        if !bytes.is_empty() {
            state.pulse.hear(now);
        }
        self.received.pass(bytes, |frame| state.receive(frame, now));
        self.state.fault.map_or(Ok(()), Err)
    }

    /// Looks at bytes that were sent.
    pub(super) fn send(&mut self, bytes: &[u8], now: Instant) {
        let state = &mut self.state;
        state.pulse.send(bytes.len());
        self.sent.pass(bytes, |frame| state.send(frame, now));
    }

    pub(super) const fn state(&mut self) -> &mut State {
        &mut self.state
    }
}

impl State {
    pub(super) fn begin(&mut self, stream: u32) {
        self.allowance.begin_call();
        self.pulse.begin();
        self.calls.insert(stream, Call::default());
    }

    /// A call is over, or given up.
    pub(super) fn end(&mut self, stream: u32, now: Instant) {
        if let Some(call) = self.calls.remove(&stream) {
            self.untaken -= call.untaken;
            let sent = call.traffic.moments.last_sent;
            self.suspect |= sent.is_some_and(|sent| {
                self.pulse.last_heard() <= sent && now.saturating_duration_since(sent) >= SILENCE
            });
        }
        if self.calls.is_empty() {
            self.allowance.rest();
            self.pulse.rest();
        }
    }

    /// When the server is to be asked for a sign of life, or is gone, if nothing comes until then. Nobody cares while no call waits, and nothing is heard while
    /// nothing is read.
    pub(super) fn due(&self) -> Option<Instant> {
        let is_listening = !self.calls.is_empty() && !self.is_full() && !self.silent;
        self.pulse.due().filter(|_| is_listening)
    }

    /// What is due now.
    pub(super) fn beat(&mut self, now: Instant) -> Option<Beat> {
        self.due()?;
        self.pulse.beat(now)
    }

    /// The server is not there any more.
    pub(super) const fn fall_silent(&mut self) {
        self.silent = true;
    }

    /// If so, what it was given to answer.
    pub(super) fn silence(&self) -> Option<Duration> {
        self.silent.then(|| self.pulse.answer_within())
    }

    /// A frame of a call's body was taken.
    pub(super) fn take(&mut self, stream: u32) {
        if let Some(call) = self.calls.get_mut(&stream)
            && call.untaken > 0
        {
            call.untaken -= 1;
            self.untaken -= 1;
        }
    }

    /// Where calls wait for a stream.
    pub(super) fn streams(&self) -> Streams {
        self.streams.clone()
    }

    /// The connection is over.
    pub(super) fn close(&self) {
        self.streams.close();
    }

    /// Whether so much waits to be taken that nothing more is read.
    pub(super) const fn is_full(&self) -> bool {
        self.untaken >= MOST_UNTAKEN
    }

    pub(super) fn traffic(&self, stream: u32) -> Traffic {
        self.calls
            .get(&stream)
            .map(|call| call.traffic)
            .unwrap_or_default()
    }

    /// What makes the answer to a call unusable, as far as it came.
    pub(super) fn fault_of(&self, stream: u32) -> Option<Fault> {
        self.fault.or_else(|| self.calls.get(&stream)?.fault)
    }

    /// Whether a header list of a call may have been larger than we allow.
    pub(super) fn is_oversized(&self, stream: u32) -> bool {
        self.calls.get(&stream).is_some_and(|call| call.oversized)
    }

    /// Whether a byte of the answer to a call came.
    pub(super) fn is_heard(&self, stream: u32) -> bool {
        self.traffic(stream).received > 0
    }

    /// Whether the server said that it has not acted on a call (RFC 9113 §6.8).
    pub(super) fn is_above_last(&self, stream: u32) -> bool {
        self.last_stream.is_some_and(|last| stream > last)
    }

    /// Whether no more calls should begin: the server takes none, or is not there any more.
    pub(super) const fn is_closing(&self) -> bool {
        self.last_stream.is_some() || self.suspect
    }

    fn send(&mut self, frame: &Frame<'_>, now: Instant) {
        if frame.kind == Kind::Data {
            self.allowance.pass(frame.size());
        }
        let Some(call) = self.calls.get_mut(&frame.stream) else {
            return;
        };
        if matches!(frame.kind, Kind::Headers | Kind::Continuation | Kind::Data) {
            call.traffic.sent += frame.size();
            call.traffic.moments.note_sent(now);
        }
    }

    fn receive(&mut self, frame: &Frame<'_>, now: Instant) {
        match frame.kind {
            Kind::Data if frame.length > 0 => self.allowance.pass(frame.size()),
            Kind::GoAway => self.go_away(frame),
            Kind::Settings if !frame.is_ack() => self.settings(frame, now),
            Kind::Data
            | Kind::Headers
            | Kind::Continuation
            | Kind::Reset
            | Kind::Settings
            | Kind::Ping
            | Kind::WindowUpdate
            | Kind::Other => self.spend(now),
        }
        self.receive_for_call(frame, now);
    }

    fn spend(&mut self, now: Instant) {
        if !self.allowance.spend(now) {
            self.fault = Some(Fault::Malformed(
                "the server floods the connection with frames that carry nothing",
            ));
        }
    }

    /// SETTINGS_MAX_CONCURRENT_STREAMS; a server that has never named it sets no limit.
    fn settings(&mut self, frame: &Frame<'_>, now: Instant) {
        const MAX_CONCURRENT_STREAMS: u32 = 3;
        let most = frame
            .settings()
            .filter(|(id, _)| *id == MAX_CONCURRENT_STREAMS)
            .last();
        match most {
            Some((_, most)) => self.streams.allow(most as usize),
            None if !self.settled => self.streams.allow(usize::MAX),
            None => {}
        }
        self.settled = true;
        self.spend(now);
    }

    fn receive_for_call(&mut self, frame: &Frame<'_>, now: Instant) {
        match frame.kind {
            Kind::Headers => self.block(frame, frame.header_block()),
            Kind::Continuation => self.block(frame, frame.payload),
            Kind::Data
            | Kind::Reset
            | Kind::Settings
            | Kind::Ping
            | Kind::GoAway
            | Kind::WindowUpdate
            | Kind::Other => {}
        }
        let Some(call) = self.calls.get_mut(&frame.stream) else {
            return;
        };
        if matches!(frame.kind, Kind::Headers | Kind::Continuation | Kind::Data) {
            call.traffic.received += frame.size();
            call.traffic.moments.note_received(now);
        }
        // h2 keeps an event for each but empty ones that end nothing.
        if frame.kind == Kind::Data && (frame.length > 0 || frame.ends_stream()) {
            call.untaken += 1;
            self.untaken += 1;
        }
    }

    fn go_away(&mut self, frame: &Frame<'_>) {
        if let Some(last) = frame.payload.first_chunk() {
            self.last_stream = Some(u32::from_be_bytes(*last) & 0x7fff_ffff);
            self.streams.close();
        }
    }

    fn block(&mut self, frame: &Frame<'_>, piece: &[u8]) {
        if frame.kind == Kind::Headers {
            self.block.clear();
        }
        self.block.extend_from_slice(piece);
        if self.block.len() > self.largest_block {
            // Reading it to its end would cost more than the connection is worth.
            self.fault = Some(Fault::TooLarge);
            self.block = Vec::new();
        } else if frame.ends_headers() {
            let found = names(&self.block);
            let largest = self.largest_block;
            if let Some(call) = self.calls.get_mut(&frame.stream) {
                call.heads(found, largest);
            }
        }
    }
}

#[cfg(test)]
mod tests;
