//! Where a redirect goes, hop by hop (U6).

#[cfg(test)]
mod tests;

use crate::failure::{AppFault, ServerFault};
use crate::rules::Rule;
use crate::{
    Failure, Permitted, Target,
    exchange::{Body, Header, Method, OutgoingRequest, RedirectMode, ResponseHead},
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
/// origin loses `Authorization`, `Cookie` and `Proxy-*`. A 3xx without a Location, or with an empty one, is final.
///
/// # Errors
/// The [`Refusal`] of the hop: [`ServerFault::RedirectNotInDomainList`], [`ServerFault::TooManyRedirects`], or [`AppFault::InvalidUrl`] with a
/// Location that is no URL for this call.
pub fn next(request: &OutgoingRequest, head: &ResponseHead, hops: u32) -> Result<Next, Refusal> {
    let Some(location) = location(request.redirect, head) else {
        return Ok(Next::Final);
    };
    let limit = request.target.rules().policy().max_redirects;
    if hops >= limit {
        return Err(too_many(limit));
    }
    let target = permitted(&request.target, location)?;
    Ok(Next::Follow(Box::new(hop(request, target, head.status))))
}

fn location(mode: RedirectMode, head: &ResponseHead) -> Option<&str> {
    match (mode, head.status) {
        (RedirectMode::Follow, 301 | 302 | 303 | 307 | 308) => head
            .header("location")
            .filter(|location| !location.trim_ascii().is_empty()),
        (RedirectMode::Follow | RedirectMode::Manual, _) => None,
    }
}

/// U6: the target of the next hop, checked like a first call by the rules of the first.
fn permitted(from: &Permitted<Target>, location: &str) -> Result<Permitted<Target>, Refusal> {
    let target = from.resolve(location).map_err(|problem| Refusal {
        failure: Failure::App(AppFault::InvalidUrl(location.to_owned())),
        rule: Rule::U6,
        reason: format!("the Location of a redirect cannot be followed: {problem}"),
        nearest: None,
    })?;
    let host = target.host().to_owned();
    from.rules()
        .permit_hop(from, target)
        .map_err(|refusal| refusal.on_redirect_to(&host))
        .map(|target| target.on_redirect_to(&host))
}

fn hop(from: &OutgoingRequest, target: Permitted<Target>, status: u16) -> OutgoingRequest {
    let method = method_after(status, from.method);
    let loses_body = method != from.method;
    let loses_secrets = !from.target.same_origin(&target);
    let is_kept = |header: &&Header| {
        !(loses_body && describes_body(&header.name) || loses_secrets && is_secret(&header.name))
    };
    OutgoingRequest {
        target,
        method,
        headers: from.headers.iter().filter(is_kept).cloned().collect(),
        body: if loses_body {
            Body::NONE
        } else {
            from.body.clone()
        },
        http2: from.http2,
        high_performance: from.high_performance,
        cache: from.cache,
        measured: from.measured,
        http3: from.http3,
        redirect: from.redirect,
        http_dns: from.http_dns.clone(),
        force_cellular: from.force_cellular,
    }
}

/// RFC 9110 §15.4.2–15.4.4: what browsers always did is allowed for 301 and 302, and asked for by 303.
fn method_after(status: u16, method: Method) -> Method {
    match (status, method) {
        (301 | 302, Method::Post) => Method::Get,
        (303, Method::Head) => Method::Head,
        (303, _) => Method::Get,
        (_, method) => method,
    }
}

fn describes_body(name: &str) -> bool {
    starts_with_ignore_case(name, "content-")
}

/// What is meant for one origin only (U6).
fn is_secret(name: &str) -> bool {
    name.eq_ignore_ascii_case("authorization")
        || name.eq_ignore_ascii_case("cookie")
        || starts_with_ignore_case(name, "proxy-")
}

fn starts_with_ignore_case(name: &str, prefix: &str) -> bool {
    name.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

fn too_many(limit: u32) -> Refusal {
    Refusal {
        failure: Failure::Server(ServerFault::TooManyRedirects),
        rule: Rule::U6,
        reason: format!("more than {limit} redirects in a row"),
        nearest: None,
    }
}
