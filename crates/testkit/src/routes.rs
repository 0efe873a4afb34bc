//! Ready answers for the demo and for black-box tests; [`INDEX`] lists them.

mod charsets;
mod codings;
mod echo;
mod events;
mod form;
#[cfg(test)]
mod tests;

use std::time::Duration;

use url::form_urlencoded;

pub use charsets::GBK_TEXT;
pub use codings::CODED_TEXT;
pub use events::event;

use crate::{Gate, Reply, Request};

/// What there is, as `/` answers it.
pub const INDEX: &str = "\
/json                    a small JSON object
/echo                    the request, as JSON
/status/NNN              that status (200 to 599), with a JSON body
/bytes/N                 N bytes, byte i is i % 251
/chunked/N               the same, in chunks
/drip/N/MS               N bytes, one each MS milliseconds
/paced/N/MS              N bytes, 64 KiB each MS milliseconds
/sse/N/MS                N server-sent events, five bytes each MS milliseconds: cut inside characters
/upload                  what a posted form was made of, as JSON
/cut/N                   announces N + 1 bytes, sends N and breaks off
/fresh/N                 a small JSON object that may be kept for N seconds
/delay/MS                answers after MS milliseconds
/gbk, /gbk-undeclared    a page in GBK, with and without its charset
/bom, /two-boms          JSON in UTF-8 behind one byte order mark, or two
/redirect?to=URL&code=NNN  to URL, by default with 302
/cookies                 three Set-Cookie, one with a comma inside
/gzip, /gzip-members, /deflate, /deflate-raw, /br, /zstd   the same JSON, in that coding
/hold                    answers when the origin's gate opens
/never                   accepts and never answers
";

/// A handler with all of them. `hold` is the gate of `/hold`.
pub fn demo_routes(hold: &Gate) -> impl Fn(&Request<'_>) -> Reply + Send + Sync + 'static + use<> {
    let hold = hold.clone();
    move |request| answer(request, &hold)
}

fn answer(request: &Request<'_>, hold: &Gate) -> Reply {
    let mut words = request.path().split('/').skip(1);
    let route = words.next().unwrap_or_default();
    let reply = match (route, words.next(), words.next()) {
        (route, None, _) => Some(plain(route, request, hold)),
        (route, Some(number), Some(time)) => timed(route, number, time),
        (route, Some(number), None) => numbered(route, number),
    };
    reply.unwrap_or_else(|| refuse(404, "no such route; / lists them"))
}

/// Routes without a number.
fn plain(route: &str, request: &Request<'_>, hold: &Gate) -> Reply {
    match route {
        "" => Reply::text(INDEX),
        "json" => Reply::json(r#"{"ok":true,"text":"你好","list":[1,2,3]}"#),
        "echo" => echo::reply(request),
        "gbk" => charsets::gbk(),
        "gbk-undeclared" => charsets::gbk_undeclared(),
        "bom" => charsets::boms(1),
        "two-boms" => charsets::boms(2),
        "upload" => form::reply(request)
            .unwrap_or_else(|| refuse(400, "wanted: a form of multipart/form-data")),
        "redirect" => redirect(request.query()),
        "cookies" => cookies(),
        "gzip" => codings::gzip(),
        "gzip-members" => codings::gzip_members(),
        "deflate" => codings::deflate(),
        "deflate-raw" => codings::deflate_raw(),
        "br" => codings::br(),
        "zstd" => codings::zstd(),
        "hold" => Reply::json(r#"{"held":true}"#).hold(hold),
        "never" => Reply::never(),
        _ => refuse(404, "no such route; / lists them"),
    }
}

/// Routes with a number; `None` if it is none, or out of range.
fn numbered(route: &str, number: &str) -> Option<Reply> {
    let number: u64 = number.parse().ok()?;
    match route {
        "status" => status(number),
        "bytes" => Some(filler(number)),
        "chunked" => Some(filler(number).chunked()),
        "cut" => Some(filler(number.checked_add(1)?).cut_after(number)),
        "fresh" => Some(
            Reply::json(format!(r#"{{"fresh":{number}}}"#))
                .header("cache-control", format!("max-age={number}")),
        ),
        "delay" => Some(
            Reply::json(format!(r#"{{"delay":{number}}}"#)).delay(Duration::from_millis(number)),
        ),
        _ => None,
    }
}

fn filler(length: u64) -> Reply {
    Reply::status(200)
        .header("content-type", "application/octet-stream")
        .filler(length)
}

/// Routes with a number and milliseconds.
fn timed(route: &str, number: &str, time: &str) -> Option<Reply> {
    let (number, pause) = (
        number.parse().ok()?,
        Duration::from_millis(time.parse().ok()?),
    );
    match route {
        "drip" => Some(filler(number).drip(1, pause)),
        "paced" => Some(filler(number).drip(64 << 10, pause)),
        "sse" => Some(events::reply(number, pause)),
        _ => None,
    }
}

fn status(code: u64) -> Option<Reply> {
    let code = u16::try_from(code)
        .ok()
        .filter(|code| (200..600).contains(code))?;
    Some(
        Reply::status(code)
            .header("content-type", "application/json")
            .body(format!(r#"{{"status":{code}}}"#)),
    )
}

fn redirect(query: &str) -> Reply {
    let value = |name| {
        form_urlencoded::parse(query.as_bytes())
            .find(|(n, _)| n == name)
            .map(|(_, value)| value)
    };
    let code = value("code")
        .map_or(Some(302), |code| code.parse().ok())
        .filter(|code| (300..400).contains(code));
    match (value("to"), code) {
        // A line break would write a field of its own.
        (Some(to), Some(code)) if !to.contains(char::is_control) => {
            Reply::status(code).header("location", to.into_owned())
        }
        _ => refuse(
            400,
            "wanted: /redirect?to=URL&code=300 to 399, without control characters",
        ),
    }
}

fn cookies() -> Reply {
    Reply::json(r#"{"cookies":3}"#)
        .header("set-cookie", "a=1; Path=/; HttpOnly")
        .header("set-cookie", "b=2; Expires=Wed, 21 Oct 2099 07:28:00 GMT")
        .header("set-cookie", "c=3; Secure; SameSite=Lax")
}

fn refuse(status: u16, why: &'static str) -> Reply {
    Reply::text(why).with_status(status)
}
