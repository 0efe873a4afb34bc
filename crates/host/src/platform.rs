//! What a program finds beside the network functions: files, storage, system information, modules, App and Page, and `host`.
//!
//! The shapes are JavaScript, in `platform/js`; what touches the world is in `native`, and in the crate `platform`. Nothing of it is more than
//! published network libraries and tests need.

mod native;

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    sync::Arc,
    time::Instant,
};

use appnet::{DirectorySandbox, Network};
use appnet_js::{
    Engine, ScriptError,
    rquickjs::{self, Ctx, Function, Object, Persistent, Value},
    script,
};
use appnet_platform::{Files, Pages, Storage, USER_DATA_PATH};
use appnet_policy::identity::{Env, Identity};

use crate::{fixture, modules::Modules, permissions::Permissions, stop::Stop};

/// What the functions of the platform act on.
pub(crate) struct Surroundings {
    pub(crate) network: Network,
    pub(crate) identity: Identity,
    pub(crate) modules: Modules,
    pub(crate) permissions: Permissions,
    pub(crate) stop: Stop,
    pub(crate) screen: Screen,
    files: Files,
    storage: RefCell<Storage>,
    listening: Cell<bool>,
    started: Instant,
}

/// What a program finds of pages and people.
#[derive(Debug, Default)]
pub(crate) struct Screen {
    pub(crate) pages: Pages,
    /// Of the first page.
    pub(crate) query: String,
    pub(crate) game: bool,
    /// `--modal`
    pub(crate) modal: &'static str,
    /// `--fixture`, as JSON.
    pub(crate) fixture: String,
}

impl Surroundings {
    /// `files` are those that the network has too.
    ///
    /// # Errors
    /// The app's storage cannot be read.
    pub(crate) fn new(
        network: Network,
        identity: Identity,
        modules: Modules,
        permissions: Permissions,
        stop: Stop,
        screen: Screen,
        files: Arc<DirectorySandbox>,
    ) -> Result<Self, String> {
        let storage = Storage::open(Arc::clone(&files)).map_err(|error| error.to_string())?;
        let files = Files::new(files);
        Ok(Self {
            network,
            identity,
            modules,
            permissions,
            stop,
            screen,
            files,
            storage: RefCell::new(storage),
            listening: Cell::new(false),
            started: Instant::now(),
        })
    }

    /// Whether the program listens to standard input.
    pub(crate) fn listening(&self) -> bool {
        self.listening.get()
    }
}

/// The platform's entrances into a program. To be dropped before its engine.
pub(crate) struct Platform {
    start: Persistent<Function<'static>>,
    launched: Persistent<Function<'static>>,
    line: Persistent<Function<'static>>,
}

impl Platform {
    /// Gives a program all of it; `args` are its `host.args`.
    ///
    /// # Errors
    /// [`ScriptError::Engine`] when the engine has no memory.
    pub(crate) fn install(
        engine: &Engine,
        around: &Rc<Surroundings>,
        args: &[String],
        text: bool,
    ) -> Result<Self, ScriptError> {
        engine.with(|ctx| {
            let given = Given {
                builtins: engine.builtins(ctx)?,
                report: engine.reporter(ctx)?,
                set_handler: engine.error_handler(ctx)?,
            };
            install(ctx, given, around, args, text)
        })
    }

    /// Runs the program's first file, and launches the app if that made one.
    ///
    /// # Errors
    /// What the program throws.
    pub(crate) fn start(&self, engine: &Engine, entry: &str) -> Result<(), ScriptError> {
        engine.with(|ctx| {
            self.start.clone().restore(ctx)?.call::<_, ()>((entry,))?;
            self.launched.clone().restore(ctx)?.call(())
        })
    }

    /// Gives the program a line of standard input.
    ///
    /// # Errors
    /// What the program throws.
    pub(crate) fn line(&self, engine: &Engine, line: String) -> Result<(), ScriptError> {
        engine.with(|ctx| self.line.clone().restore(ctx)?.call((line,)))
    }
}

/// What the engine gives for a host's own JavaScript.
struct Given<'js> {
    builtins: Object<'js>,
    report: Function<'js>,
    set_handler: Function<'js>,
}

fn install<'js>(
    ctx: &Ctx<'js>,
    given: Given<'js>,
    around: &Rc<Surroundings>,
    args: &[String],
    text: bool,
) -> rquickjs::Result<Platform> {
    let wx: Value<'js> = ctx.globals().get("wx")?;
    let kit: Value<'js> = part(ctx, "kit.js", include_str!("platform/js/kit.js"))?.call((
        native::functions(ctx, around)?,
        wx,
        given.report,
        given.set_handler,
        given.builtins,
    ))?;
    let options = options(ctx, around, args)?;
    for (name, source) in [
        ("storage.js", include_str!("platform/js/storage.js")),
        ("system.js", include_str!("platform/js/system.js")),
        ("files.js", include_str!("platform/js/files.js")),
    ] {
        part(ctx, name, source)?.call::<_, ()>((kit.clone(), options.clone()))?;
    }
    if text {
        part(ctx, "text.js", include_str!("platform/js/text.js"))?.call::<_, ()>((kit.clone(),))?;
    }
    let start: Function<'js> =
        part(ctx, "modules.js", include_str!("platform/js/modules.js"))?.call((kit.clone(),))?;
    // The longest of them: a program without pages starts sooner without it.
    let components: Option<Object<'js>> = if around.screen.pages.all.is_empty() {
        None
    } else {
        let source = include_str!("platform/js/components.js");
        part(ctx, "components.js", source)?.call((kit.clone(), start.clone()))?
    };
    let pages: Object<'js> = part(ctx, "pages.js", include_str!("platform/js/pages.js"))?
        .call((kit.clone(), options.clone(), components))?;
    let entrances: Object<'js> = part(ctx, "globals.js", include_str!("platform/js/globals.js"))?
        .call((kit.clone(), options.clone(), pages))?;
    // The last one: it fills in what the others have not.
    part(
        ctx,
        "elsewhere.js",
        include_str!("platform/js/elsewhere.js"),
    )?
    .call::<_, ()>((kit, options))?;
    Ok(Platform {
        start: Persistent::save(ctx, start),
        launched: entrances.get("launched")?,
        line: entrances.get("line")?,
    })
}

fn part<'js>(ctx: &Ctx<'js>, name: &str, source: &str) -> rquickjs::Result<Function<'js>> {
    script(ctx, &format!("appnet:{name}"), source)
}

fn options<'js>(
    ctx: &Ctx<'js>,
    around: &Surroundings,
    args: &[String],
) -> rquickjs::Result<Object<'js>> {
    let Surroundings {
        identity, screen, ..
    } = around;
    let options = Object::new(ctx.clone())?;
    options.set("args", args.to_vec())?;
    options.set("appId", identity.app_id.as_str())?;
    options.set("appVersion", identity.version.as_str())?;
    options.set("envVersion", env_version(identity.env))?;
    options.set("userDataPath", USER_DATA_PATH)?;
    let json = |list: &[String]| serde_json::Value::from(list.to_vec()).to_string();
    options.set("pages", json(&screen.pages.all))?;
    options.set("tabs", json(&screen.pages.tabs))?;
    options.set("path", screen.pages.first.as_deref().unwrap_or_default())?;
    options.set("query", screen.query.as_str())?;
    options.set("game", screen.game)?;
    options.set("modal", screen.modal)?;
    options.set("fixture", screen.fixture.as_str())?;
    options.set("official", fixture::OFFICIAL)?;
    Ok(options)
}

/// As `wx.getAccountInfoSync()` says it: the developer tools run a developer's version.
const fn env_version(env: Env) -> &'static str {
    match env {
        Env::Release => "release",
        Env::Trial => "trial",
        Env::Develop | Env::Devtools => "develop",
    }
}
