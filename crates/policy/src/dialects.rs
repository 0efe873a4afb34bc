//! The rules of other platforms, as data: the same engine under other values of [`Policy`].
//!
//! A dialect is [`Policy::seed`] with what public pages of its platform say otherwise (read in November 2026). What they do not say stays
//! as the seed has it. The table of all of them is in `docs/dialects.md`, which a test holds against the values here.
//!
//! Nothing asks which dialect it is in: what two platforms differ in is a field of `Policy`.

#[cfg(test)]
mod table;
#[cfg(test)]
mod tests;

use std::{fmt, num::NonZeroUsize, str::FromStr, time::Duration};

use crate::{
    Policy,
    api::PerApi,
    lan::{LanReach, LanRule},
    matching::{HostRule, PortRule},
    method::{Method, Methods},
    preset::{
        BackgroundCalls, CookieLimits, CookieRule, Interruption, InterruptionWords, Permits,
        TimeoutRule,
    },
    template::Template,
};

/// A named set of rules.
#[derive(Clone, Copy)]
pub struct Dialect {
    name: &'static str,
    policy: fn() -> Policy,
}

/// A name that no dialect has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no dialect {name:?}; it should be one of {}", Dialect::names().join(", "))]
pub struct UnknownDialect {
    /// What was given.
    pub name: String,
}

impl Dialect {
    /// The text that this project was founded on; the default.
    pub const SEED: Self = Self::new("seed", Policy::seed);

    /// Every dialect, the default first.
    pub const ALL: [Self; 9] = [
        Self::SEED,
        Self::new("weixin", weixin),
        Self::new("weixin-minigame", weixin_minigame),
        Self::new("douyin", douyin),
        Self::new("douyin-minigame", douyin_minigame),
        Self::new("qq", qq),
        Self::new("baidu", baidu),
        Self::new("mpaas", mpaas),
        Self::new("tcmpp", tcmpp),
    ];

    const fn new(name: &'static str, policy: fn() -> Policy) -> Self {
        Self { name, policy }
    }

    /// The names of all of them.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        Self::ALL.iter().map(Self::name).collect()
    }

    /// Its name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its rules.
    #[must_use]
    pub fn policy(&self) -> Policy {
        (self.policy)()
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::SEED
    }
}

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|dialect| dialect.name == name);
        found.ok_or_else(|| UnknownDialect {
            name: name.to_owned(),
        })
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Debug for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dialect({})", self.name)
    }
}

/// Entries of a list where a platform states no number. Ours: a configuration stays bounded.
const UNSTATED_ENTRIES: usize = 1_000;

/// The longest timeout where a platform states none. Ours: every task ends.
const UNSTATED_MAXIMUM: Duration = Duration::from_secs(60 * 60);

/// developers.weixin.qq.com, "framework/ability/network" and "mDNS"; `useHighPerformanceMode` is on since base library 3.5.0.
fn weixin() -> Policy {
    Policy {
        domains_per_list: UNSTATED_ENTRIES,
        timeouts: PerApi::all(TimeoutRule {
            default: Duration::from_secs(60),
            maximum: UNSTATED_MAXIMUM,
        }),
        high_performance_mode: true,
        ..weixin_minigame()
    }
}

/// developers.weixin.qq.com, minigame "base-ability/network".
fn weixin_minigame() -> Policy {
    Policy {
        ports: PerApi {
            connect_socket: PortRule::Any,
            ..PerApi::all(PortRule::Exact)
        },
        lan: LanRule::Allowed {
            reach: LanReach::SameSegment,
            plain: true,
        },
        ..Policy::seed()
    }
}

/// developer.open-douyin.com, "api/network/network" and "network/cookie". A call in the background is refused when the five seconds are
/// over, and not before.
fn douyin() -> Policy {
    Policy {
        lan: TLS_ON_THE_LAN,
        background_calls: BackgroundCalls::DuringGrace,
        interruption: InterruptionWords {
            call: Interruption::AppInBackground,
            task: Interruption::Interrupted,
        },
        referer: Template::known(
            "https://tmaservice.developer.toutiao.com/?appid={appid}&version={version}",
        ),
        cookies: CookieRule::WhenEnabled(CookieLimits::seed()),
        ..Policy::seed()
    }
}

/// developer.open-douyin.com, mini-game "basic-function/network" and "tt-request".
fn douyin_minigame() -> Policy {
    Policy {
        ports: PerApi::all(PortRule::NoneInEntryAnyInUrl),
        lan: TLS_ON_THE_LAN,
        permits: Permits::PerApi {
            request: permits(15),
            upload_file: permits(5),
            download_file: permits(5),
        },
        referer: Template::known(
            "https://tmaservice.developer.toutiao.com?appid={appid}&version={version}",
        ),
        ..Policy::seed()
    }
}

/// q.qq.com, wiki "basic_network" and "frame/ability/network".
fn qq() -> Policy {
    Policy {
        reserved_hosts: vec!["api.q.qq.com".to_owned()],
        referer: Template::known("https://appservice.qq.com/{appid}/{version}/page-frame.html"),
        ..Policy::seed()
    }
}

/// Baidu smart programs, by a public mirror of March 2021. The numbers of `request` are those of Android; iOS has six. Those of uploads and
/// downloads are not stated.
fn baidu() -> Policy {
    Policy {
        reserved_hosts: vec!["openapi.baidu.com".to_owned()],
        ports: PerApi::all(PortRule::NoneAllowed),
        timeouts: PerApi {
            request: TimeoutRule::seconds(10, 60),
            ..PerApi::all(TimeoutRule::seconds(60, 60))
        },
        permits: Permits::PerApi {
            request: permits(64),
            upload_file: permits(10),
            download_file: permits(10),
        },
        host_permits: PerApi {
            request: Some(permits(5)),
            ..PerApi::all(None)
        },
        referer: Template::known("https://smartapps.cn/{appid}/{version}/page-frame.html"),
        ..Policy::seed()
    }
}

/// opendocs.alipay.com and help.aliyun.com for mPaaS. That an entry opens its registrable domain is second hand.
fn mpaas() -> Policy {
    Policy {
        hosts: HostRule::RegistrableDomain,
        timeouts: PerApi::all(TimeoutRule::seconds(30, 60)),
        methods: Methods::of(&[Method::Get, Method::Post, Method::Delete]),
        ..Policy::seed()
    }
}

/// tencentcloud.com, documents 1219/61745 and 1219/68066.
fn tcmpp() -> Policy {
    Policy {
        ports: PerApi {
            connect_socket: PortRule::Exact,
            ..PerApi::all(PortRule::NoneInEntryAnyInUrl)
        },
        lan: TLS_ON_THE_LAN,
        ..Policy::seed()
    }
}

/// Where plain text is not mentioned, it is not spoken.
const TLS_ON_THE_LAN: LanRule = LanRule::Allowed {
    reach: LanReach::Private,
    plain: false,
};

const fn permits(number: usize) -> NonZeroUsize {
    NonZeroUsize::new(number).expect("a number of permits above 0 stands here")
}
