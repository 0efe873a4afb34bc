//! One run of a program: its engine, its surroundings, and the loop that gives it events, timers and lines.

use std::{
    path::Path,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use appnet::{CallRecord, DirectorySandbox, Events, LaunchError, Message, Network, NewApp};
use appnet_js::{Caller, Engine, EngineOptions, Level, ScriptError};
use appnet_platform::Project;
use appnet_policy::{identity::Env, rules::ConfigError};
use tokio::sync::mpsc;

use crate::{
    callers::CallSite,
    cli::ConsoleArg,
    connectivity,
    ending::{Ending, error_line, print_line},
    inspect::AppTools,
    load,
    modules::Modules,
    permissions::Permissions,
    platform::{Platform, Screen, Surroundings},
    stdin::Lines,
    stop::Stop,
};

/// Stack of the engine; the thread that it runs on has more (see `main`).
const ENGINE_STACK: usize = 16 << 20;

/// How long a network may take to end; less than a program has that is told to stop (`stop`).
const GOODBYE: Duration = Duration::from_millis(500);

/// What is run, and how.
pub(crate) struct Setup<'a> {
    pub(crate) project: Project,
    pub(crate) network: Network,
    pub(crate) data: &'a Path,
    pub(crate) args: Vec<String>,
    pub(crate) permissions: Permissions,
    /// `--polyfill text`
    pub(crate) text: bool,
    /// `--page`, `--modal` and `--fixture`
    pub(crate) people: People,
    pub(crate) stop: Stop,
    /// What the engine tells of the program.
    pub(crate) telling: Telling,
    /// Who is shown each call, if anybody is.
    pub(crate) witness: Option<Witness>,
}

/// What is told of a program, and where.
#[derive(Default)]
pub(crate) struct Telling {
    /// `--console`
    pub(crate) console: ConsoleArg,
    /// Hear where each call was made, if anybody wants to know.
    pub(crate) callers: Vec<Hears>,
    /// Shows what the program says to its console, too.
    pub(crate) devtools: Option<AppTools>,
}

/// Hears the number of a call's task, and where in the program it is made.
pub(crate) type Hears = Box<dyn Fn(u64, &Arc<CallSite>)>;

/// What a person would do, and what the platform would answer for one.
pub(crate) struct People {
    /// Of the page that is opened first (`--page`).
    pub(crate) query: String,
    pub(crate) modal: &'static str,
    /// JSON.
    pub(crate) fixture: String,
}

impl Default for People {
    fn default() -> Self {
        Self {
            query: String::new(),
            modal: "ok",
            fixture: "{}".to_owned(),
        }
    }
}

/// Is shown each call's record before the program hears how the call ended, so that both can print in order.
pub(crate) struct Witness {
    records: mpsc::UnboundedReceiver<CallRecord>,
    show: Box<dyn FnMut(&CallRecord)>,
}

impl Witness {
    /// `records` come from an observer of the network.
    pub(crate) fn new(
        records: mpsc::UnboundedReceiver<CallRecord>,
        show: impl FnMut(&CallRecord) + 'static,
    ) -> Self {
        Self {
            records,
            show: Box::new(show),
        }
    }

    /// There is one record for each terminal event; it may come a moment later than that.
    async fn see(&mut self, event: &Message) {
        if ends_a_call(event)
            && let Ok(Some(record)) = tokio::time::timeout(GOODBYE, self.records.recv()).await
        {
            (self.show)(&record);
        }
    }
}

/// Runs a program to its end, and ends the network.
pub(crate) fn run(setup: Setup<'_>) -> Ending {
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return Ending::Failed(format!("appnet: cannot start: {error}")),
    };
    let network = setup.network.clone();
    runtime.block_on(async {
        let ending = live(setup).await.unwrap_or_else(|ending| ending);
        // B7. A network that does not end in time ends with the process.
        drop(tokio::time::timeout(GOODBYE, network.shut_down()).await);
        ending
    })
}

async fn live(setup: Setup<'_>) -> Result<Ending, Ending> {
    let stop = setup.stop.clone();
    let mut program = Program::launch(setup).await?;
    match program.finish().await {
        Ok(()) if program.engine.failed_callbacks() > 0 => Ok(Ending::DoneWithErrors),
        Ok(()) => Ok(Ending::Done),
        Err(error) => Err(match ending_of(error, &stop) {
            Ending::TimedOut(_) => Ending::TimedOut(program.still_open()),
            ending => ending,
        }),
    }
}

struct Program {
    // In this order: the entrances into the engine go before it.
    platform: Platform,
    engine: Engine,
    around: Rc<Surroundings>,
    entry: String,
    events: Events,
    lines: Lines,
    witness: Option<Witness>,
}

impl Program {
    async fn launch(setup: Setup<'_>) -> Result<Self, Ending> {
        let Setup {
            project,
            network,
            data,
            args,
            permissions,
            text,
            people,
            stop,
            telling,
            witness,
        } = setup;
        network.set_connectivity(connectivity::of_this_machine());
        let modules = Modules::of(&project).map_err(Ending::Misused)?;
        let screen = Screen {
            pages: project.pages.clone(),
            query: people.query,
            game: project.game,
            modal: people.modal,
            fixture: people.fixture,
        };
        let identity = project.config.identity.clone();
        let hints = identity.env == Env::Devtools;
        let files = network.open_files(data);
        let files = files.map_err(|error| Ending::Misused(error.to_string()))?;
        let port = network
            .launch(
                NewApp::new(project.config.clone()).files(Arc::<DirectorySandbox>::clone(&files)),
            )
            .await
            .map_err(|error| refused(&project, &error))?;
        let (sender, events) = port.split();
        let around = Rc::new(
            Surroundings::new(
                network,
                identity,
                modules,
                permissions,
                stop.clone(),
                screen,
                files,
            )
            .map_err(|why| Ending::Misused(format!("cannot use {}: {why}", data.display())))?,
        );
        let post = move |message| sender.send(message).map_err(|refused| refused.answer);
        let broken = |error: ScriptError| ending_of(error, &stop);
        let options = EngineOptions {
            hints,
            ..engine_options(stop.clone(), &around, telling)
        };
        let engine = Engine::new(post, options).map_err(broken)?;
        let platform = Platform::install(&engine, &around, &args, text).map_err(broken)?;
        let entry = format!("/{}", project.entry);
        Ok(Self {
            platform,
            engine,
            around,
            entry,
            events,
            lines: Lines::default(),
            witness,
        })
    }

    async fn finish(&mut self) -> Result<(), ScriptError> {
        self.check_entry()?;
        unless_handled(self.platform.start(&self.engine, &self.entry))?;
        loop {
            self.engine.drain_jobs()?;
            self.engine.fire_timers(Instant::now())?;
            if !self.has_work() {
                return Ok(());
            }
            self.next().await?;
        }
    }

    /// The first file is configuration as much as program: if it does not parse, nothing runs.
    fn check_entry(&self) -> Result<(), ScriptError> {
        let modules = &self.around.modules;
        modules.source(&self.entry).map_err(ScriptError::Syntax)?;
        let checked = self
            .engine
            .with(|ctx| load::function(ctx, modules, &self.entry).map(drop));
        checked.map_err(ScriptError::into_syntax)
    }

    fn has_work(&self) -> bool {
        self.engine.open_tasks() > 0 || self.engine.next_timer().is_some() || self.hears_lines()
    }

    fn hears_lines(&self) -> bool {
        self.around.listening() && self.lines.open()
    }

    /// What a person would want to know of a program that was stopped.
    fn still_open(&self) -> String {
        let count = |number: usize, what: &str| match number {
            0 => None,
            1 => Some(format!("1 {what}")),
            number => Some(format!("{number} {what}s")),
        };
        let others = [
            count(self.engine.open_timers(), "timer"),
            self.hears_lines().then(|| "standard input".to_owned()),
        ];
        let mut open = self.engine.still_open();
        open.extend(others.into_iter().flatten());
        if open.is_empty() {
            "; nothing was open, the program was busy".to_owned()
        } else {
            format!("; still open: {}", open.join(", "))
        }
    }

    /// Waits for one thing to happen and gives it to the program.
    async fn next(&mut self) -> Result<(), ScriptError> {
        let (timer, hears_lines) = (self.engine.next_timer(), self.hears_lines());
        tokio::select! {
            () = self.around.stop.wait() => Err(ScriptError::Stopped),
            event = self.events.next() => match event {
                Some(event) => unless_handled(self.hear(event).await),
                None => Err(ScriptError::Engine("the network has closed the app".to_owned())),
            },
            () = until(timer) => Ok(()),
            line = self.lines.next(), if hears_lines => match line {
                Ok(Some(line)) => unless_handled(self.platform.line(&self.engine, line)),
                Ok(None) => Ok(()),
                Err(too_long) => {
                    self.around.stop.set(Ending::Failed(format!("appnet: {too_long}")));
                    Err(ScriptError::Stopped)
                }
            },
        }
    }

    async fn hear(&mut self, event: Message) -> Result<(), ScriptError> {
        if let Some(witness) = &mut self.witness {
            witness.see(&event).await;
        }
        self.engine.deliver(event)
    }
}

/// The `success` of a socket is no end: its `close` is (W1).
fn ends_a_call(event: &Message) -> bool {
    let starts = |words: &str| event.json.starts_with(words);
    let accepted = event.json.ends_with(r#""errMsg":"connectSocket:ok"}}"#);
    starts(r#"{"type":"fail""#)
        || starts(r#"{"type":"close""#)
        || (starts(r#"{"type":"success""#) && !accepted)
}

async fn until(timer: Option<Instant>) {
    match timer {
        Some(due) => tokio::time::sleep_until(due.into()).await,
        None => std::future::pending().await,
    }
}

/// What the program's own handler has taken is no reason to end.
fn unless_handled(result: Result<(), ScriptError>) -> Result<(), ScriptError> {
    match result {
        Err(ScriptError::Handled) => Ok(()),
        other => other,
    }
}

fn engine_options(stop: Stop, around: &Rc<Surroundings>, telling: Telling) -> EngineOptions {
    let loaded = Arc::clone(around.modules.loaded());
    let traced = Arc::clone(&loaded);
    let Telling {
        console,
        callers,
        devtools,
    } = telling;
    let unread = stop.clone();
    EngineOptions {
        trace: Box::new(move |head, stack| traced.trace(head, stack)),
        stack: ENGINE_STACK,
        interrupt: Box::new(move || stop.is_set()),
        console: Box::new(move |level, text| {
            if let Some(devtools) = &devtools {
                devtools.say(level, text);
            }
            print(console, level, text, &unread);
        }),
        caller: (!callers.is_empty()).then(|| -> Caller {
            Box::new(move |task, stack| {
                let site = Arc::new(CallSite::new(stack, &loaded));
                callers.iter().for_each(|hears| hears(task, &site));
            })
        }),
        ..EngineOptions::default()
    }
}

/// What `console` says.
fn print(to: ConsoleArg, level: Level, text: &str, stop: &Stop) {
    match (to, level) {
        (ConsoleArg::Stderr, _) | (ConsoleArg::Stdout, Level::Warn | Level::Error) => {
            error_line(text);
        }
        (ConsoleArg::Stdout, Level::Debug | Level::Log | Level::Info) => {
            if print_line(text).is_err() {
                stop.set(Ending::Unread);
            }
        }
    }
}

fn ending_of(error: ScriptError, stop: &Stop) -> Ending {
    match error {
        ScriptError::Stopped => stop.why().unwrap_or(Ending::Crashed),
        ScriptError::Syntax(text) => Ending::Misused(text),
        ScriptError::Uncaught(_)
        | ScriptError::UnhandledRejection(_)
        | ScriptError::Handled
        | ScriptError::Engine(_) => Ending::Failed(error.to_string()),
    }
}

/// A configuration that the network refuses: all of the report (D7).
fn refused(project: &Project, error: &LaunchError) -> Ending {
    Ending::Misused(match error {
        LaunchError::Config(ConfigError::Domains(report)) => project.domain_report(report),
        LaunchError::Config(ConfigError::Identity(error)) => error.to_string(),
        _ => error.to_string(),
    })
}
