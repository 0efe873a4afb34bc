//! The one extension that is offered: permessage-deflate (RFC 7692 §7.1).

/// What is offered. `client_max_window_bits` lets the server say how much of our messages it can remember.
pub(crate) const OFFER: &str = "permessage-deflate; client_max_window_bits";

const NAME: &str = "permessage-deflate";

/// The compression that was agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PerMessageDeflate {
    /// The server compresses each message by itself.
    pub(crate) server_no_context_takeover: bool,
    /// We do.
    pub(crate) client_no_context_takeover: bool,
    /// How far back our compression may look, as a power of two: 8 to 15.
    pub(crate) client_window_bits: u8,
}

impl PerMessageDeflate {
    /// What an answer without parameters means.
    pub(crate) const PLAIN: Self = Self {
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        client_window_bits: 15,
    };
}

/// Reads the values of Sec-WebSocket-Extensions in a handshake's answer.
///
/// # Errors
/// What is wrong, for a sentence that begins with "the server": anything but our offer, once, with parameters that the RFC knows.
pub(crate) fn agreed<'a>(
    values: impl Iterator<Item = &'a str>,
    offered: bool,
) -> Result<Option<PerMessageDeflate>, &'static str> {
    let mut extensions = values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|extension| !extension.is_empty());
    let Some(extension) = extensions.next() else {
        return Ok(None);
    };
    if !offered || extensions.next().is_some() {
        return Err("agreed to an extension that was not asked for");
    }
    read(extension).map(Some)
}

fn read(extension: &str) -> Result<PerMessageDeflate, &'static str> {
    let mut parts = extension.split(';').map(str::trim);
    if !parts
        .next()
        .is_some_and(|name| name.eq_ignore_ascii_case(NAME))
    {
        return Err("agreed to an extension that was not asked for");
    }
    let mut found = Found::default();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim_end(), Some(unquoted(value.trim_start()))),
            None => (part, None),
        };
        found.take(&name.to_ascii_lowercase(), value)?;
    }
    let plain = PerMessageDeflate::PLAIN;
    Ok(PerMessageDeflate {
        server_no_context_takeover: found.server_forgets.is_some(),
        client_no_context_takeover: found.client_forgets.is_some(),
        client_window_bits: found.client_bits.unwrap_or(plain.client_window_bits),
    })
}

/// Each parameter at most once.
#[derive(Default)]
struct Found {
    server_forgets: Option<()>,
    client_forgets: Option<()>,
    server_bits: Option<u8>,
    client_bits: Option<u8>,
}

impl Found {
    fn take(&mut self, name: &str, value: Option<&str>) -> Result<(), &'static str> {
        let fresh = match name {
            "server_no_context_takeover" => self.server_forgets.replace(flag(value)?).is_none(),
            "client_no_context_takeover" => self.client_forgets.replace(flag(value)?).is_none(),
            "server_max_window_bits" => self.server_bits.replace(bits(value)?).is_none(),
            "client_max_window_bits" => self.client_bits.replace(bits(value)?).is_none(),
            _ => return Err("agreed to compression with a parameter that does not exist"),
        };
        fresh
            .then_some(())
            .ok_or("agreed to compression with a parameter twice")
    }
}

fn flag(value: Option<&str>) -> Result<(), &'static str> {
    value.map_or(Ok(()), |_| {
        Err("agreed to compression with a value where none belongs")
    })
}

/// 8 to 15, without leading zeros (§7.1.2.1).
fn bits(value: Option<&str>) -> Result<u8, &'static str> {
    const WRONG: &str = "agreed to compression with a window size that does not exist";
    let value = value.ok_or(WRONG)?;
    let number = value.parse().map_err(|_| WRONG)?;
    let canonical = value.starts_with(|first: char| ('1'..='9').contains(&first));
    (canonical && (8..=15).contains(&number))
        .then_some(number)
        .ok_or(WRONG)
}

fn unquoted(value: &str) -> &str {
    value
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(value: &str) -> Result<Option<PerMessageDeflate>, &'static str> {
        agreed([value].into_iter(), true)
    }

    #[test]
    fn w4_all_four_parameters_are_read() {
        assert_eq!(
            answer("permessage-deflate"),
            Ok(Some(PerMessageDeflate::PLAIN))
        );
        assert_eq!(
            answer(
                "Permessage-Deflate; server_no_context_takeover ;client_max_window_bits = \"9\"; server_max_window_bits=10"
            ),
            Ok(Some(PerMessageDeflate {
                server_no_context_takeover: true,
                client_window_bits: 9,
                ..PerMessageDeflate::PLAIN
            })),
        );
        assert_eq!(
            answer("permessage-deflate; client_no_context_takeover; client_max_window_bits=8"),
            Ok(Some(PerMessageDeflate {
                client_no_context_takeover: true,
                client_window_bits: 8,
                ..PerMessageDeflate::PLAIN
            })),
        );
    }

    #[test]
    fn w4_what_was_not_asked_for_is_refused() {
        let refused = Err("agreed to an extension that was not asked for");
        assert_eq!(agreed(["permessage-deflate"].into_iter(), false), refused);
        assert_eq!(answer("x-webkit-deflate-frame"), refused);
        assert_eq!(answer("permessage-deflate, permessage-deflate"), refused);
        assert_eq!(
            agreed(["permessage-deflate", "foo"].into_iter(), true),
            refused
        );
    }

    #[test]
    fn w4_parameters_that_are_wrong_are_refused() {
        for wrong in [
            "unknown=1",
            "client_max_window_bits",
            "client_max_window_bits=7",
            "client_max_window_bits=16",
            "server_max_window_bits=08",
            "server_max_window_bits=+9",
            "server_max_window_bits=",
            "server_no_context_takeover=1",
            "server_no_context_takeover; server_no_context_takeover",
            "client_max_window_bits=9; client_max_window_bits=9",
            "",
        ] {
            assert!(
                answer(&format!("permessage-deflate; {wrong}")).is_err(),
                "{wrong}"
            );
        }
    }

    #[test]
    fn no_extension_is_an_answer_to_any_offer() {
        assert_eq!(agreed(std::iter::empty(), true), Ok(None));
        assert_eq!(answer(""), Ok(None));
        assert_eq!(agreed([" , "].into_iter(), false), Ok(None));
    }
}
