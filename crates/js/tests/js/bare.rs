//! `wx.js` in an engine that has nothing but the language: no console, no timers, nothing of this crate's binding.

use appnet_js::WX_SOURCE;
use rquickjs::{CatchResultExt, Context, Runtime};

/// The scripted bridge, in JavaScript: `sent` is what was posted, `answer` what `post` says next, `give(event)` an event from the port,
/// `heard` what callbacks noted with `note(name)`, `reported` what threw.
const BRIDGE: &str = r"
    const sent = [], heard = [], reported = []
    let answer
    const bridge = {
      post(json, attachments) { sent.push(Object.assign(JSON.parse(json), { attachments })); return answer },
      report(error) { reported.push(error.message) },
    }
    const give = (event, ...attachments) => bridge.receive(JSON.stringify(event), attachments)
    const note = (name) => (result) => { heard.push([name, result]) }
    const all = { success: note('success'), fail: note('fail'), complete: note('complete') }
    const ok = (task, data) => ({ type: 'success', task, result: { data, statusCode: 200, header: {}, cookies: [], errMsg: 'request:ok' } })
    const url = 'https://api.example.com/'
";

pub(crate) struct Bare {
    context: Context,
    runtime: Runtime,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let runtime = Runtime::new().unwrap();
        let context = Context::full(&runtime).unwrap();
        let bare = Self { context, runtime };
        bare.run(BRIDGE);
        bare.run(&format!("const wx = ({WX_SOURCE})(bridge)"));
        bare
    }

    /// Runs one turn: the script, then all that promises have pending.
    pub(crate) fn run(&self, script: &str) {
        self.context
            .with(|ctx| {
                ctx.eval::<(), _>(script)
                    .catch(&ctx)
                    .map_err(|e| e.to_string())
            })
            .unwrap();
        while self.runtime.execute_pending_job().unwrap() {}
    }

    /// An expression's value as JSON.
    pub(crate) fn json(&self, expression: &str) -> String {
        self.context
            .with(|ctx| {
                ctx.eval::<String, _>(format!("String(JSON.stringify({expression}))"))
                    .catch(&ctx)
                    .map_err(|e| e.to_string())
            })
            .unwrap()
    }
}

/// The options of one call as they were posted.
pub(crate) fn posted(options: &str) -> String {
    let bare = Bare::new();
    bare.run(&format!("wx.request({options})"));
    bare.json("sent[0].options")
}
