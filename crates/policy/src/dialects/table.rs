//! The table of `docs/dialects.md`, made from the values.

use super::Dialect;
use crate::{
    Api, Policy,
    lan::{LanReach, LanRule},
    matching::{HostRule, PortRule},
    method::Methods,
    preset::{
        BackgroundCalls, CookieRule, Interruption, Permits, Priority, QueueOrder, Resend,
        TimeoutRule,
    },
};

/// A rule, and what a policy makes of it.
type Row = (&'static str, fn(&Policy) -> String);

const ROWS: [Row; 19] = [
    ("entries a list", |policy| {
        policy.domains_per_list.to_string()
    }),
    ("port, `https`", |policy| {
        [Api::Request, Api::UploadFile, Api::DownloadFile]
            .map(|api| port(policy.ports.of(api)))
            .one()
    }),
    ("port, `wss`", |policy| {
        port(policy.ports.connect_socket).to_owned()
    }),
    ("host", |policy| host(policy.hosts).to_owned()),
    ("local network", |policy| lan(policy.lan)),
    ("reserved hosts", |policy| {
        policy.reserved_hosts.join(", ").code()
    }),
    ("timeout, `request`", |policy| {
        timeout(policy.timeouts.request)
    }),
    ("timeout, others", |policy| {
        [Api::UploadFile, Api::DownloadFile, Api::ConnectSocket]
            .map(|api| timeout(policy.timeouts.of(api)))
            .one()
    }),
    ("at once", |policy| permits(policy.permits)),
    ("at once to a host", |policy| {
        let of = |api: Api| {
            policy
                .host_permits
                .of(api)
                .map(|most| format!("{api} {most}"))
        };
        let found: Vec<_> = Api::ALL.into_iter().filter_map(of).collect();
        if found.is_empty() {
            "as many".to_owned()
        } else {
            found.join(", ")
        }
    }),
    ("queue", |policy| queue(policy.queue_order)),
    ("sockets", |policy| policy.socket_limit.to_string()),
    ("background", |policy| {
        let calls = match policy.background_calls {
            BackgroundCalls::Refused => "at once",
            BackgroundCalls::DuringGrace => "after the grace",
        };
        let grace = policy.grace.as_secs();
        let words = policy.interruption;
        let (task, call) = (words_of(words.task), words_of(words.call));
        format!("{grace} s, then `{task}`; calls refused {calls}, `{call}`")
    }),
    ("`Referer`", |policy| policy.referer.to_string().code()),
    ("`User-Agent`", |policy| {
        let agent = policy.user_agent.to_string();
        agent
            .replace(env!("CARGO_PKG_VERSION"), "(its version)")
            .code()
    }),
    ("methods", |policy| {
        if policy.methods == Methods::ALL {
            "all of R3".to_owned()
        } else {
            policy.methods.to_string()
        }
    }),
    ("`useHighPerformanceMode`", |policy| {
        if policy.high_performance_mode {
            "on"
        } else {
            "off"
        }
        .to_owned()
    }),
    ("cookies", |policy| match policy.cookies {
        CookieRule::Never => "no jar".to_owned(),
        CookieRule::WhenEnabled(limits) => format!(
            "a jar if the app asks: {} cookies, {} KiB",
            limits.count,
            limits.bytes >> 10
        ),
    }),
    ("redirects, sent again", |policy| {
        let resend = match policy.resend {
            Resend::Any => "any",
            Resend::Idempotent => "idempotent",
        };
        format!("{}, {resend}", policy.max_redirects)
    }),
];

/// What a test of the document expects: a line for each rule, a column for each dialect; what is as in the seed is left out.
pub(super) fn table() -> String {
    let head: String = Dialect::ALL
        .iter()
        .map(|dialect| format!(" {dialect} |"))
        .collect();
    let line = "---|".repeat(Dialect::ALL.len() + 1);
    let rows = ROWS.map(|(rule, of)| {
        let seed = of(&Policy::seed());
        let cells: String = Dialect::ALL
            .iter()
            .map(|dialect| match of(&dialect.policy()) {
                cell if cell == seed && dialect.name() != Dialect::SEED.name() => "  |".to_owned(),
                cell => format!(" {cell} |"),
            })
            .collect();
        format!("| {rule} |{cells}\n")
    });
    format!("| rule |{head}\n|{line}\n{}", rows.concat())
}

/// A policy with all that the table shows taken from the seed: what is left must be the seed, or the table hides a difference.
pub(super) fn without_what_is_shown(policy: Policy) -> Policy {
    let seed = Policy::seed();
    Policy {
        domains_per_list: seed.domains_per_list,
        ports: seed.ports,
        hosts: seed.hosts,
        lan: seed.lan,
        reserved_hosts: seed.reserved_hosts,
        timeouts: seed.timeouts,
        permits: seed.permits,
        host_permits: seed.host_permits,
        queue_order: seed.queue_order,
        socket_limit: seed.socket_limit,
        grace: seed.grace,
        background_calls: seed.background_calls,
        interruption: seed.interruption,
        referer: seed.referer,
        user_agent: seed.user_agent,
        methods: seed.methods,
        high_performance_mode: seed.high_performance_mode,
        cookies: seed.cookies,
        max_redirects: seed.max_redirects,
        resend: seed.resend,
        ..policy
    }
}

const fn port(rule: PortRule) -> &'static str {
    match rule {
        PortRule::Exact => "exact",
        PortRule::Any => "any",
        PortRule::NoneAllowed => "none allowed",
        PortRule::NoneInEntryAnyInUrl => "none in an entry, any in a URL",
    }
}

const fn host(rule: HostRule) -> &'static str {
    match rule {
        HostRule::Exact => "exact",
        HostRule::RegistrableDomain => "registrable domain",
    }
}

fn lan(rule: LanRule) -> String {
    match rule {
        LanRule::Refused => "refused".to_owned(),
        LanRule::Allowed { reach, plain } => {
            let reach = match reach {
                LanReach::Private => "private addresses",
                LanReach::SameSegment => "the device's segments",
            };
            let schemes = if plain {
                "`http` and `ws` too"
            } else {
                "`https` and `wss` only"
            };
            format!("{reach}, not the device's own; {schemes}")
        }
    }
}

fn timeout(rule: TimeoutRule) -> String {
    let [default, maximum] = [rule.default, rule.maximum].map(|time| time.as_secs());
    format!("{default} s, at most {maximum} s")
}

fn permits(permits: Permits) -> String {
    match permits {
        Permits::Shared(all) => format!("{all}, shared"),
        Permits::PerApi {
            request,
            upload_file,
            download_file,
        } => {
            format!("request {request}, uploadFile {upload_file}, downloadFile {download_file}")
        }
    }
}

fn queue(order: QueueOrder) -> String {
    match order {
        QueueOrder::Fifo => "first in, first out".to_owned(),
        QueueOrder::ByPriority { of, head_start } => {
            let level = |api| match of.of(api) {
                Priority::High => "high",
                Priority::Normal => "normal",
                Priority::Low => "low",
            };
            let levels = Api::ALL.map(|api| format!("{api} {}", level(api)));
            format!("{}; at most {head_start} places", levels.join(", "))
        }
    }
}

fn words_of(words: Interruption) -> String {
    let failure = crate::Failure::Host(words.fault());
    format!("fail {}", failure.text_and_errno().0)
}

/// Words that are all the same, said once.
trait One {
    fn one(self) -> String;
}

impl<T: PartialEq + ToString, const N: usize> One for [T; N] {
    fn one(self) -> String {
        let [first, ..] = &self[..] else {
            return String::new();
        };
        assert!(
            self.iter().all(|other| other == first),
            "the table needs a line for each of them"
        );
        first.to_string()
    }
}

/// In the type of a machine.
trait Code {
    fn code(self) -> String;
}

impl Code for String {
    fn code(self) -> String {
        format!("`{self}`")
    }
}
