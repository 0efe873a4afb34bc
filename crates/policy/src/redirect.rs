//! Where a redirect goes, hop by hop (U6).

use crate::{
    exchange::{OutgoingRequest, ResponseHead},
    rules::Refusal,
};

/// What follows a response.
#[derive(Debug, Clone)]
pub enum Next {
    /// It is the answer.
    Final,
    /// The request of the next hop, checked like a first call.
    Follow(Box<OutgoingRequest>),
}

/// Decides what follows `head`, the answer to `request`, after `hops` redirects were followed (U6; RFC 9110 §15.4).
///
/// 301 and 302 turn a POST into a GET, 303 turns all but HEAD into a GET; with the body go the headers that describe it. A hop to another
/// origin loses `Authorization`, `Cookie` and `Proxy-*`. A 3xx without a Location is final.
///
/// # Errors
/// The [`Refusal`] of the hop: [`Failure::RedirectNotInDomainList`](crate::Failure::RedirectNotInDomainList) or
/// [`Failure::TooManyRedirects`](crate::Failure::TooManyRedirects).
pub fn next(request: &OutgoingRequest, head: &ResponseHead, hops: u32) -> Result<Next, Refusal> {
    let _ = (request, head, hops);
    todo!()
}
