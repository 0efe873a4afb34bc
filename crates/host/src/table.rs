//! A call as a line of a table.

use std::time::Duration;

use appnet::CallRecord;
use appnet_policy::exchange::{Method, Profile, Span};

const CALL: usize = 34;
const OUTCOME: usize = 12;

/// A call to be shown.
pub(crate) struct Row {
    /// The number of its task.
    pub(crate) task: String,
    /// Its method; of a socket, WSS.
    pub(crate) method: String,
    /// Without the scheme that nearly all have.
    pub(crate) url: String,
    /// The status, or what went wrong.
    pub(crate) outcome: Result<String, String>,
    /// Waiting in the queue, looking up, connecting, TLS, waiting for the answer, receiving it. `None`: it did not happen, as nothing is looked up
    /// for an open connection.
    pub(crate) phases: [Option<Duration>; 6],
    /// What is to be said of it beside, a line each.
    pub(crate) below: Vec<String>,
}

/// How wide the columns of the phases are.
const WIDTHS: [usize; 6] = [7, 7, 7, 7, 8, 9];

/// The table's first line.
pub(crate) fn heading(colour: bool) -> String {
    let text = format!(
        "   {:>3}  {:CALL$}{:OUTCOME$}{:>7}{:>7}{:>7}{:>7}{:>8}{:>9}   milliseconds",
        "", "", "", "queue", "dns", "tcp", "tls", "wait", "receive"
    );
    dim(&text, colour)
}

impl Row {
    /// Of a call that has ended.
    pub(crate) fn of(record: &CallRecord) -> Self {
        let method = record.method.map_or("", Method::as_str);
        let (method, url) = match record.url.split_once("://") {
            Some(("wss", url)) => ("WSS", url), // its record comes when it is closed
            Some(("https", url)) => (method, url),
            Some(_) | None => (method, record.url.as_str()),
        };
        let outcome = match &record.outcome {
            Ok(status) => Ok(status.to_string()),
            Err(failure) => Err(failure.text_and_errno().0.into_owned()),
        };
        let refusal = record.refusal.iter().flat_map(|refusal| {
            let nearest = refusal.nearest.as_ref();
            let nearest = nearest.map(|nearest| format!("nearest entry: {nearest}"));
            [format!("{}: {}", refusal.rule, refusal.reason)]
                .into_iter()
                .chain(nearest)
        });
        Self {
            task: record.task.to_string(),
            method: method.to_owned(),
            url: url.to_owned(),
            outcome,
            phases: phases(record),
            below: refusal.collect(),
        }
    }

    /// What, how it ended, where its time went; below it why it was refused.
    pub(crate) fn lines(&self, colour: bool) -> Vec<String> {
        let phases = self.phases.iter().zip(WIDTHS).map(|(phase, width)| {
            let text = phase.map_or_else(|| "·".to_owned(), milliseconds);
            format!("{text:>width$}")
        });
        let text = format!(
            "   {:>3}  {:CALL$}{:OUTCOME$}{}",
            self.task,
            self.call(),
            self.ended(),
            phases.collect::<String>()
        );
        let first = match self.outcome {
            Ok(_) => text,
            Err(_) => red(&text, colour),
        };
        let below = self.below.iter();
        let below = below.map(|line| dim(&format!("        {line}"), colour));
        [first].into_iter().chain(below).collect()
    }

    fn call(&self) -> String {
        let text = format!("{:4} {}", self.method, self.url);
        if text.chars().count() < CALL {
            text
        } else {
            text.chars().take(CALL - 2).chain(['…']).collect()
        }
    }

    fn ended(&self) -> &str {
        match &self.outcome {
            Ok(text) => text,
            Err(text) if text.len() < OUTCOME => text,
            Err(_) => "refused",
        }
    }
}

fn phases(record: &CallRecord) -> [Option<Duration>; 6] {
    let none = Profile::default();
    let profile = record.profile.as_deref().unwrap_or(&none);
    let took = |span: Option<Span>| span.map(|span| span.end.saturating_sub(span.start));
    let (connect, tls) = (took(profile.connect), took(profile.ssl));
    let tcp = connect.map(|connect| connect.saturating_sub(tls.unwrap_or_default()));
    let wait = profile
        .request
        .zip(profile.response)
        .map(|(request, response)| response.start.saturating_sub(request.end));
    [
        Some(record.queued),
        took(profile.domain_lookup),
        tcp,
        tls,
        wait,
        took(profile.response),
    ]
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

fn dim(text: &str, colour: bool) -> String {
    painted("2", text, colour)
}

fn red(text: &str, colour: bool) -> String {
    painted("31", text, colour)
}

fn painted(code: &str, text: &str, colour: bool) -> String {
    if colour {
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}
