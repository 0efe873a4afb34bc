//! What an app hears of the device's network, and the answers to what needs no server.

use appnet_core::{
    TaskId,
    surroundings::{NetworkNews, Query, QueryAnswer},
};
use appnet_policy::{
    Failure,
    connectivity::{Connectivity, LocalAddress, NetworkType},
    failure::{AppFault, InternalFault, ParameterError},
};

use super::{SMALL, first, message, with};
use crate::{
    Message, errors,
    json::{self, Object},
};

/// Writes the answer to a question.
#[must_use]
pub fn write_answer(task: TaskId, answer: &QueryAnswer) -> Message {
    match answer {
        QueryAnswer::NetworkType { connectivity, weak } => success(task, NETWORK_TYPE, |it| {
            write_connectivity(it, connectivity, *weak);
        }),
        QueryAnswer::LocalAddress(Some(LocalAddress { ip, netmask })) => {
            success(task, LOCAL_ADDRESS, |it| {
                it.text("localip", &ip.to_string());
                it.text("netmask", &netmask.to_string());
            })
        }
        QueryAnswer::LocalAddress(None) => fail(task, LOCAL_ADDRESS, &UNKNOWN),
        QueryAnswer::RandomValues(Ok(bytes)) => {
            let json = success(task, RANDOM_VALUES, |it| it.object("randomValues", first));
            with(json, bytes)
        }
        QueryAnswer::RandomValues(Err(error)) => fail(task, RANDOM_VALUES, &wrong(error)),
    }
}

/// Writes what stands for the answer to a question that did not get through.
#[must_use]
pub fn write_unanswered(task: TaskId, query: &Query, failure: &Failure) -> Message {
    fail(task, name(query), failure)
}

/// Writes what has changed.
#[must_use]
pub fn write_news(news: NetworkNews) -> Message {
    let write = |kind, write: &dyn Fn(&mut Object<'_>)| {
        Message::new(json::object(SMALL, |it| {
            it.text("type", kind);
            write(it);
        }))
    };
    match news {
        NetworkNews::Status(network_type) => write("networkStatusChange", &|it| {
            it.boolean("isConnected", network_type.is_connected());
            write_type(it, network_type);
        }),
        NetworkNews::Weak { weak, network_type } => write("networkWeakChange", &|it| {
            it.boolean("weakNet", weak);
            write_type(it, network_type);
        }),
    }
}

/// The names of the functions, as they stand in `errMsg` and in a question.
pub(crate) const NETWORK_TYPE: &str = "getNetworkType";
pub(crate) const LOCAL_ADDRESS: &str = "getLocalIPAddress";
pub(crate) const RANDOM_VALUES: &str = "getRandomValues";

const UNKNOWN: Failure = Failure::Internal(InternalFault::Unknown);

const fn name(query: &Query) -> &'static str {
    match query {
        Query::NetworkType => NETWORK_TYPE,
        Query::LocalAddress => LOCAL_ADDRESS,
        Query::RandomValues(_) => RANDOM_VALUES,
    }
}

fn wrong(error: &ParameterError) -> Failure {
    Failure::App(AppFault::Parameters(vec![error.clone()]))
}

fn write_connectivity(it: &mut Object<'_>, connectivity: &Connectivity, weak: bool) {
    write_type(it, connectivity.network_type);
    if let Some(strength) = connectivity.signal_strength {
        it.signed("signalStrength", strength.into());
    }
    if let Some(proxy) = connectivity.system_proxy {
        it.boolean("hasSystemProxy", proxy);
    }
    it.boolean("weakNet", weak);
}

fn write_type(it: &mut Object<'_>, network_type: NetworkType) {
    it.text("networkType", network_type.as_str());
}

fn success(task: TaskId, name: &'static str, write: impl FnOnce(&mut Object<'_>)) -> Message {
    message("answer", task, SMALL, |it| {
        it.boolean("ok", true);
        it.object("result", |it| {
            write(it);
            it.text("errMsg", &errors::ok(name));
        });
    })
}

fn fail(task: TaskId, name: &'static str, failure: &Failure) -> Message {
    message("answer", task, SMALL, |it| {
        it.boolean("ok", false);
        it.object("result", |it| {
            it.text("errMsg", &errors::failed(name, failure));
            it.maybe("errno", failure.text_and_errno().1.map(u64::from));
        });
    })
}
