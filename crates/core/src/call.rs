//! A call as its port hands it over: checked against the rules in force, and described for its record.

use std::sync::Arc;

use appnet_policy::{
    Api, Rules,
    exchange::Method,
    prepare::{self, Call, PreparedCall},
    rules::Refusal,
};

use crate::record::without_secrets;

/// A call that was checked on the thread of its caller: what comes after costs the network's thread no more than its bookkeeping (I1).
#[derive(Debug)]
pub struct CheckedCall {
    pub(crate) facts: Arc<CallFacts>,
    pub(crate) outcome: Result<PreparedCall, Refusal>,
}

/// What a record says of a call whatever becomes of it.
#[derive(Debug)]
pub(crate) struct CallFacts {
    pub(crate) api: Api,
    /// `None`: the call was refused before its method was known.
    pub(crate) method: Option<Method>,
    pub(crate) url: String,
    /// Why a release would have refused it (U8).
    pub(crate) would_refuse: Option<Refusal>,
    pub(crate) wants_profile: bool,
    /// Bytes that it holds from here to its end (I2).
    pub(crate) cost: usize,
}

/// What a call costs beside its own bytes: its places in tables and queues.
const CALL_COST: usize = 1 << 10;

impl CheckedCall {
    /// Checks and encodes a call.
    #[must_use]
    pub fn new(rules: &Arc<Rules>, call: Call) -> Self {
        let (api, wants_profile) = (call.api(), call.wants_profile());
        let url = without_secrets(call.url());
        let outcome = prepare::call(rules, call);
        let prepared = outcome.as_ref().ok();
        let facts = CallFacts {
            api,
            method: prepared.map(PreparedCall::method),
            url,
            would_refuse: prepared.and_then(|call| call.target().would_refuse().cloned()),
            wants_profile,
            cost: CALL_COST + prepared.map_or(0, PreparedCall::bytes),
        };
        Self {
            facts: Arc::new(facts),
            outcome,
        }
    }

    /// A call whose options could not be read (R7).
    #[must_use]
    pub fn unreadable(api: Api, refusal: Refusal) -> Self {
        let facts = CallFacts {
            api,
            method: None,
            url: String::new(),
            would_refuse: None,
            wants_profile: false,
            cost: CALL_COST,
        };
        Self {
            facts: Arc::new(facts),
            outcome: Err(refusal),
        }
    }

    /// Which call it is.
    #[must_use]
    pub fn api(&self) -> Api {
        self.facts.api
    }
}
