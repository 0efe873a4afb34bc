//! One front end's commands and their answers.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    cdp::{
        emulation::{Conditions, Control, Emulation},
        event::{Domain, Event},
        target::{Outlet, Target},
    },
    log::{Body, Entry},
};

/// One front end.
#[derive(Debug)]
pub(crate) struct Session {
    target: Arc<Target>,
    outlet: Arc<Outlet>,
    emulation: Emulation,
}

/// What a command leads to.
#[derive(Debug)]
pub(crate) struct Answer {
    /// To be sent first.
    pub(crate) reply: Value,
    /// What happened before the domain was enabled, to be sent next.
    pub(crate) before: Vec<Event>,
    /// Whether the program may go on that waits for a front end.
    pub(crate) go_on: bool,
}

#[derive(Deserialize)]
struct Command {
    id: i64,
    method: String,
    #[serde(default)]
    params: Params,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Params {
    request_id: String,
    script_id: String,
    matched_network_conditions: Vec<Conditions>,
    #[serde(flatten)]
    conditions: Conditions,
}

/// JSON-RPC's numbers, as Chromium uses them.
const NOT_JSON: i32 = -32700;
const NOT_A_COMMAND: i32 = -32600;
const NO_SUCH_METHOD: i32 = -32601;
const FAILED: i32 = -32000;

impl Session {
    pub(crate) fn new(target: Arc<Target>, outlet: Arc<Outlet>, control: Control) -> Self {
        target.attach(Arc::clone(&outlet));
        Self {
            emulation: Emulation::new(target.app().clone(), control),
            target,
            outlet,
        }
    }

    pub(crate) fn answer(&self, text: &str) -> Answer {
        let command = match read(text) {
            Ok(command) => command,
            Err(reply) => return Answer::only(reply),
        };
        let Command { id, method, params } = command;
        let done = || json!({"id": id, "result": {}});
        match method.as_str() {
            "Network.enable" => Answer {
                go_on: true,
                ..self.enable(Domain::Network, done())
            },
            "Log.enable" => self.enable(Domain::Log, done()),
            "Runtime.enable" => self.enable(Domain::Runtime, done()),
            // Only so that a front end knows the files that calls are made in, and shows them.
            "Debugger.enable" => {
                let reply = json!({"id": id, "result": {"debuggerId": "appnet"}});
                self.enable(Domain::Debugger, reply)
            }
            "Debugger.getScriptSource" => Answer::of(
                id,
                self.target
                    .source(&params.script_id)
                    .ok_or_else(|| format!("the text of {:?} is not known", params.script_id)),
                |text| json!({"scriptSource": text}),
            ),
            "Runtime.runIfWaitingForDebugger" => Answer {
                go_on: true,
                ..Answer::only(done())
            },
            "Network.disable" => self.disable(Domain::Network, done()),
            "Log.disable" => self.disable(Domain::Log, done()),
            "Runtime.disable" => self.disable(Domain::Runtime, done()),
            "Debugger.disable" => self.disable(Domain::Debugger, done()),
            "Network.getResponseBody" => self.read(id, &params, response_body, |body| {
                let (text, encoding) = body.text();
                json!({"body": text, "base64Encoded": encoding.is_some()})
            }),
            "Network.getRequestPostData" => self.read(
                id,
                &params,
                post_data,
                |body| json!({"postData": body.text().0}),
            ),
            "Network.emulateNetworkConditions" => Answer::of(
                id,
                self.emulation.emulate(params.conditions),
                |()| json!({}),
            ),
            "Network.emulateNetworkConditionsByRule" => {
                let rules = params.matched_network_conditions;
                let emulated = self
                    .emulation
                    .emulate_by_rule(params.conditions.offline, &rules);
                Answer::of(
                    id,
                    emulated,
                    |rules| json!({"ruleIds": (1..=rules).map(|it| it.to_string()).collect::<Vec<_>>()}),
                )
            }
            "Network.overrideNetworkState" => {
                let told = self.emulation.override_state(&params.conditions);
                Answer::of(id, told, |()| json!({}))
            }
            "Page.getResourceTree" => {
                Answer::only(json!({"id": id, "result": {"frameTree": self.frame_tree()}}))
            }
            // These have nothing to tell: there are no scripts, pages and further targets.
            "Page.enable"
            | "Inspector.enable"
            | "Target.setAutoAttach"
            | "Target.setDiscoverTargets" => Answer::only(done()),
            _ => Answer::only(error(
                Some(id),
                NO_SUCH_METHOD,
                &format!("'{method}' wasn't found"),
            )),
        }
    }

    fn enable(&self, domain: Domain, reply: Value) -> Answer {
        Answer {
            before: self.target.enable(&self.outlet, domain),
            ..Answer::only(reply)
        }
    }

    fn disable(&self, domain: Domain, reply: Value) -> Answer {
        self.outlet.disable(domain);
        Answer::only(reply)
    }

    fn read(
        &self,
        id: i64,
        params: &Params,
        find: fn(&Entry) -> Result<Body, String>,
        shape: fn(&Body) -> Value,
    ) -> Answer {
        // Copied first and encoded then, so that the network does not wait for it.
        let found = self.target.read(&params.request_id, find);
        Answer::only(match found {
            Some(Ok(body)) => json!({"id": id, "result": shape(&body)}),
            Some(Err(words)) => error(Some(id), FAILED, &words),
            None => error(Some(id), FAILED, "No resource with given identifier found"),
        })
    }

    /// The front end wants a page: it is the app.
    fn frame_tree(&self) -> Value {
        let url = format!("appnet://{}/", self.target.app());
        let frame = json!({
            "id": "app",
            "loaderId": "",
            "url": url,
            "domainAndRegistry": "",
            "securityOrigin": url,
            "mimeType": "text/javascript",
        });
        json!({"frame": frame, "resources": []})
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.target.detach(&self.outlet);
    }
}

impl Answer {
    fn of<T>(id: i64, done: Result<T, String>, result: impl FnOnce(T) -> Value) -> Self {
        Self::only(match done {
            Ok(done) => json!({"id": id, "result": result(done)}),
            Err(words) => error(Some(id), FAILED, &words),
        })
    }

    const fn only(reply: Value) -> Self {
        Self {
            reply,
            before: Vec::new(),
            go_on: false,
        }
    }
}

fn read(text: &str) -> Result<Command, Value> {
    let command: Value =
        serde_json::from_str(text).map_err(|why| error(None, NOT_JSON, &why.to_string()))?;
    let id = command["id"].as_i64();
    if command.get("sessionId").is_some() {
        let words = "there are no sessions within this one: leave sessionId out";
        return Err(error(id, NOT_A_COMMAND, words));
    }
    serde_json::from_value(command).map_err(|why| error(id, NOT_A_COMMAND, &why.to_string()))
}

fn error(id: Option<i64>, code: i32, words: &str) -> Value {
    let mut reply = json!({"error": {"code": code, "message": words}});
    if let Some(id) = id {
        reply["id"] = id.into();
    }
    reply
}

fn response_body(entry: &Entry) -> Result<Body, String> {
    if entry.head.is_none() {
        return Err("there is no answer yet".to_owned());
    }
    whole(&entry.body)
}

fn post_data(entry: &Entry) -> Result<Body, String> {
    let body = entry.request.as_ref().map(|request| &request.body);
    match body.filter(|body| body.length > 0) {
        Some(body) => whole(body),
        None => Err("No post data available for the request".to_owned()),
    }
}

fn whole(body: &Body) -> Result<Body, String> {
    if body.is_whole() {
        return Ok(body.clone());
    }
    let (kept, all) = (body.bytes.len(), body.length);
    Err(format!("{kept} of {all} bytes were kept"))
}
