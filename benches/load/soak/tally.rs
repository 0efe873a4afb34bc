//! What happened, of all apps.

use std::{cell::RefCell, collections::BTreeMap};

use appnet::{CloseReport, policy::Failure};

/// Counts.
#[derive(Debug, Default)]
pub(super) struct Tally(RefCell<Counts>);

#[derive(Debug, Default)]
struct Counts {
    done: BTreeMap<&'static str, u64>,
    ends: BTreeMap<&'static str, u64>,
    /// Tasks that ended twice or not at all, and events of none.
    wrong: u64,
    cut: u64,
}

impl Tally {
    /// An app did this.
    pub(super) fn did(&self, what: &'static str) {
        *self.0.borrow_mut().done.entry(what).or_default() += 1;
    }

    /// A task ended; `None` is success.
    pub(super) fn ended(&self, failure: Option<&Failure>) {
        let how = match failure {
            None => "success",
            Some(Failure::App(_)) => "the app's own fault",
            Some(Failure::Server(_)) => "the server's fault",
            Some(Failure::Network(_)) => "the network's fault",
            Some(Failure::Host(_)) => "by the host",
            Some(Failure::Internal(_)) => "crashed",
            Some(_) => "otherwise",
        };
        *self.0.borrow_mut().ends.entry(how).or_default() += 1;
    }

    pub(super) fn wrong(&self, tasks: usize) {
        self.0.borrow_mut().wrong += tasks as u64;
    }

    /// An app was closed with so much under way.
    pub(super) fn closed(&self, report: &CloseReport) {
        let CloseReport {
            running,
            queued,
            sockets,
            ..
        } = report;
        self.0.borrow_mut().cut += (running.len() + queued.len() + sockets.len()) as u64;
    }

    pub(super) fn print(&self) {
        let counts = self.0.borrow();
        println!("| what | |\n|---|---|");
        println!("| done | {} |", listed(&counts.done));
        println!("| tasks ended | {} |", listed(&counts.ends));
        println!("| tasks ended by closing their app | {} |", counts.cut);
        println!("| tasks without exactly one end | {} |", counts.wrong);
    }
}

fn listed(counts: &BTreeMap<&'static str, u64>) -> String {
    let each = counts.iter().map(|(what, count)| format!("{what} {count}"));
    each.collect::<Vec<_>>().join(", ")
}
