//! A call as a line of a table.

use appnet_policy::exchange::Method;
use std::time::Duration;

use appnet::CallRecord;
use appnet_policy::exchange::{Profile, Span};

const CALL: usize = 34;
const OUTCOME: usize = 12;

/// The table's first line.
pub(super) fn heading(colour: bool) -> String {
    let text = format!(
        "   {:>3}  {:CALL$}{:OUTCOME$}{:>7}{:>7}{:>7}{:>7}{:>8}{:>9}   milliseconds",
        "", "", "", "queue", "dns", "tcp", "tls", "wait", "receive"
    );
    dim(&text, colour)
}

/// A call: what, how it ended, where its time went; below it why it was refused.
pub(super) fn lines(record: &CallRecord, colour: bool) -> Vec<String> {
    let phases = phases(record)
        .map(|(phase, width)| {
            format!(
                "{:>width$}",
                phase.map_or_else(|| "·".to_owned(), milliseconds)
            )
        })
        .concat();
    let text = format!(
        "   {:>3}  {:CALL$}{:OUTCOME$}{phases}",
        record.task.to_string(),
        call(record),
        outcome(record)
    );
    let mut lines = vec![if record.outcome.is_ok() {
        text
    } else {
        red(&text, colour)
    }];
    if let Some(refusal) = &record.refusal {
        lines.push(dim(
            &format!("        {}: {}", refusal.rule, refusal.reason),
            colour,
        ));
        lines.extend(
            refusal
                .nearest
                .as_ref()
                .map(|nearest| dim(&format!("        nearest entry: {nearest}"), colour)),
        );
    }
    lines
}

fn call(record: &CallRecord) -> String {
    let method = record.method.map_or("", Method::as_str);
    let (kind, url) = match record.url.split_once("://") {
        Some(("wss", url)) => ("WSS", url), // its record comes when it is closed
        Some(("https", url)) => (method, url),
        Some(_) | None => (method, record.url.as_str()),
    };
    let text = format!("{kind:4} {url}");
    if text.chars().count() < CALL {
        text
    } else {
        text.chars().take(CALL - 2).chain(['…']).collect()
    }
}

fn outcome(record: &CallRecord) -> String {
    match &record.outcome {
        Ok(status) => status.to_string(),
        Err(failure) => {
            let text = failure.text_and_errno().0;
            if text.len() < OUTCOME {
                text.into_owned()
            } else {
                "refused".to_owned()
            }
        }
    }
}

/// With the width of its column. `None`: it did not happen, as nothing is looked up for an open connection.
fn phases(record: &CallRecord) -> [(Option<Duration>, usize); 6] {
    let none = Profile::default();
    let profile = record.profile.as_ref().unwrap_or(&none);
    let took = |span: Option<Span>| span.map(|span| span.end.saturating_sub(span.start));
    let (connect, tls) = (took(profile.connect), took(profile.ssl));
    let tcp = connect.map(|connect| connect.saturating_sub(tls.unwrap_or_default()));
    let wait = profile
        .request
        .zip(profile.response)
        .map(|(request, response)| response.start.saturating_sub(request.end));
    [
        (Some(record.queued), 7),
        (took(profile.domain_lookup), 7),
        (tcp, 7),
        (tls, 7),
        (wait, 8),
        (took(profile.response), 9),
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
