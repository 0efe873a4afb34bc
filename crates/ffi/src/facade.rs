//! Everything that the bindings offer, in safe Rust: handles, JSON, codes. All of it may be called from any thread, and blocks where it says so.

use std::{
    path::Path,
    sync::{Arc, Mutex, TryLockError},
    time::Duration,
};

use appnet::{
    AppId, CallRecord, Events, LaunchError, Message, Network, NewApp, Pinned, PortSender, Refused,
    RefusedCause, UnknownApp,
};

use crate::{
    config,
    fault::{AppnetCode, Fault},
    handles::Table,
    listeners::{Listener, Listeners},
    record,
    wait::{wait, wait_for},
};

static NETWORKS: Table<Running> = Table::new();
static APPS: Table<App> = Table::new();

/// A network that was started.
struct Running {
    network: Network,
    listeners: Listeners,
}

/// An app that was launched.
struct App {
    on: Arc<Running>,
    network: u64,
    id: AppId,
    sender: PortSender,
    /// `None`: they go to a callback.
    events: Option<Mutex<Events>>,
}

/// Is shown the record of each call when it ends, as JSON, on a thread of the network.
pub type Observer = Box<dyn Fn(String) + Send + Sync>;

/// Where an app's events go.
pub enum Deliver {
    /// They wait until they are asked for.
    Wait,
    /// To this function, on the network's thread for callbacks, in order; at the end `None`, once. It gets the app's handle with it.
    Call(Box<dyn FnMut(u64, Option<Message>) + Send>),
}

/// What asking for an event gives.
#[derive(Debug)]
pub enum Next {
    /// The next one.
    Event(Message),
    /// None came in time.
    TimedOut,
    /// The app is closed and all was taken; its handle is gone.
    Ended,
}

/// A command that was not taken, with the event that the app should get in its place.
#[derive(Debug)]
pub struct NotSent {
    /// Why.
    pub fault: Fault,
    /// The event.
    pub answer: Option<Message>,
}

/// Starts a network, and gives its handle.
///
/// # Errors
/// [`AppnetCode::InvalidConfig`], [`AppnetCode::NotStarted`]
pub fn start(config: &str, observer: Option<Observer>) -> Result<u64, Fault> {
    let mut builder = config::network(config)?;
    if let Some(observer) = observer {
        builder = builder.observer(move |call: &CallRecord| observer(record::of_call(call)));
    }
    let network = builder
        .start()
        .map_err(|error| Fault::new(AppnetCode::NotStarted, error))?;
    let handle = Table::<Running>::fresh();
    let running = Running {
        network,
        listeners: Listeners::default(),
    };
    NETWORKS.put(handle, Arc::new(running));
    Ok(handle)
}

/// Launches an app in the foreground, and gives its handle. Its files are in `directory`; without one it has none. It blocks for the moment
/// that this takes.
///
/// # Errors
/// [`AppnetCode::UnknownHandle`], [`AppnetCode::InvalidConfig`], [`AppnetCode::AlreadyRunning`], [`AppnetCode::DirectoryUnusable`],
/// [`AppnetCode::Closed`]: the network was shut down.
pub fn launch(
    network: u64,
    config: &str,
    directory: Option<&Path>,
    deliver: Deliver,
) -> Result<u64, Fault> {
    let running = find_network(network)?;
    let config = config::app(config)?;
    let id = config.identity.app_id.clone();
    let mut app = NewApp::new(config);
    if let Some(directory) = directory {
        let files = running.network.open_files(directory);
        app = app.files(files.map_err(|error| Fault::new(AppnetCode::DirectoryUnusable, error))?);
    }
    let port = wait(running.network.launch(app)).map_err(|error| not_launched(&error))?;
    let (sender, events) = port.split();
    let handle = Table::<App>::fresh();
    let put = |events| {
        let app = App {
            on: Arc::clone(&running),
            network,
            id: id.clone(),
            sender,
            events,
        };
        APPS.put(handle, Arc::new(app));
    };
    match deliver {
        Deliver::Wait => put(Some(Mutex::new(events))),
        Deliver::Call(mut call) => {
            put(None); // before its first event: the callback may use the handle
            let tell: Listener = Box::new(move |event| {
                if event.is_none() {
                    drop(APPS.take(handle));
                }
                call(handle, event);
            });
            if let Err(error) = running.listeners.listen(events, tell) {
                drop(APPS.take(handle));
                let _ = wait(running.network.close(&id)); // it was launched a moment ago
                return Err(Fault::new(AppnetCode::NotStarted, error));
            }
        }
    }
    Ok(handle)
}

/// Hands over one message of the bus and returns at once. A message that is not a command is answered by an `error` event.
///
/// # Errors
/// [`NotSent`]: [`AppnetCode::Closed`], [`AppnetCode::Busy`], [`AppnetCode::Full`], [`AppnetCode::Restarting`],
/// [`AppnetCode::UnknownHandle`].
pub fn send(app: u64, message: Message) -> Result<(), NotSent> {
    let app = find_app(app).map_err(|fault| NotSent {
        fault,
        answer: None,
    })?;
    app.sender.send(message).map_err(|refused| {
        let fault = Fault::new(code_of(refused.cause), &refused);
        let Refused { answer, .. } = refused;
        NotSent {
            fault,
            answer: Some(answer),
        }
    })
}

/// Waits for the next event of an app without a callback: for so long, or without a limit. One thread at a time may wait for an app.
///
/// # Errors
/// [`AppnetCode::UnknownHandle`], [`AppnetCode::EventsTaken`]
pub fn next_event(app: u64, limit: Option<Duration>) -> Result<Next, Fault> {
    let handle = app;
    let app = find_app(handle)?;
    let taken = |why: &str| Fault::new(AppnetCode::EventsTaken, why);
    let events = app.events.as_ref();
    let events = events.ok_or_else(|| taken("the app's events go to its callback"))?;
    let mut events = match events.try_lock() {
        Ok(events) => events,
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
        Err(TryLockError::WouldBlock) => {
            return Err(taken("another thread waits for this app's events"));
        }
    };
    Ok(match wait_for(events.next(), limit) {
        None => Next::TimedOut,
        Some(Some(event)) => Next::Event(event),
        Some(None) => {
            drop(APPS.take(handle));
            Next::Ended
        }
    })
}

/// Tells that an app left the screen (B1), pinned or not (B5).
///
/// # Errors
/// [`AppnetCode::UnknownHandle`], [`AppnetCode::Closed`]
pub fn enter_background(app: u64, pinned: bool) -> Result<(), Fault> {
    let app = find_app(app)?;
    let moved = app
        .on
        .network
        .enter_background(&app.id, Pinned::from(pinned));
    moved.map_err(|error| closed(&error))
}

/// Tells that an app is on the screen again (B4).
///
/// # Errors
/// As [`enter_background`].
pub fn enter_foreground(app: u64) -> Result<(), Fault> {
    let app = find_app(app)?;
    let moved = app.on.network.enter_foreground(&app.id);
    moved.map_err(|error| closed(&error))
}

/// Changes a running app's configuration (D7); `appId` must be the same.
///
/// # Errors
/// [`AppnetCode::UnknownHandle`], [`AppnetCode::InvalidConfig`], [`AppnetCode::Closed`]
pub fn configure(app: u64, config: &str) -> Result<(), Fault> {
    let app = find_app(app)?;
    let config = config::app(config)?;
    if config.identity.app_id != app.id {
        let text = format!(
            "appId should be {} as at the launch instead of {}",
            app.id, config.identity.app_id
        );
        return Err(Fault::new(AppnetCode::InvalidConfig, text));
    }
    let configured = app.on.network.configure(config);
    configured.map_err(|error| not_launched(&error))
}

/// Says what the host knows of the device's network.
///
/// # Errors
/// [`AppnetCode::UnknownHandle`], [`AppnetCode::InvalidConfig`]
pub fn set_connectivity(network: u64, connectivity: &str) -> Result<(), Fault> {
    let running = find_network(network)?;
    let connectivity = config::connectivity(connectivity)?;
    running.network.set_connectivity(connectivity);
    Ok(())
}

/// The apps that run, with what each has, as JSON.
///
/// # Errors
/// [`AppnetCode::UnknownHandle`]
pub fn apps(network: u64) -> Result<String, Fault> {
    let running = find_network(network)?;
    Ok(record::of_apps(&running.network.apps()))
}

/// Ends an app and everything it has (B7); blocks until nothing of it is left, and gives the tasks that it ended, as JSON. The events that
/// nobody has taken can still be taken, to [`Next::Ended`].
///
/// # Errors
/// [`AppnetCode::UnknownHandle`], [`AppnetCode::Closed`]
pub fn close(app: u64) -> Result<String, Fault> {
    let app = find_app(app)?;
    let report = wait(app.on.network.close(&app.id)).map_err(|error| closed(&error))?;
    Ok(record::of_close(&report))
}

/// Closes every app of a network and ends its threads; blocks until they have ended and every callback has heard its end. Its handles are gone
/// then. In a callback it does not wait for the callbacks, of which it is one.
///
/// # Errors
/// [`AppnetCode::UnknownHandle`]
pub fn shut_down(network: u64) -> Result<(), Fault> {
    let running = NETWORKS
        .take(network)
        .ok_or_else(|| unknown("network", network))?;
    wait(running.network.clone().shut_down());
    running.listeners.end();
    APPS.retain(|app| app.network != network);
    Ok(())
}

fn find_network(handle: u64) -> Result<Arc<Running>, Fault> {
    NETWORKS
        .find(handle)
        .ok_or_else(|| unknown("network", handle))
}

fn find_app(handle: u64) -> Result<Arc<App>, Fault> {
    APPS.find(handle).ok_or_else(|| unknown("app", handle))
}

fn unknown(what: &str, handle: u64) -> Fault {
    Fault::new(
        AppnetCode::UnknownHandle,
        format!("no {what} has the handle {handle}: it was closed, or there never was one"),
    )
}

fn closed(error: &UnknownApp) -> Fault {
    Fault::new(AppnetCode::Closed, error)
}

fn not_launched(error: &LaunchError) -> Fault {
    let code = match error {
        LaunchError::Config(_) => AppnetCode::InvalidConfig,
        LaunchError::AlreadyRunning(_) => AppnetCode::AlreadyRunning,
        _ => AppnetCode::Closed,
    };
    Fault::new(code, error)
}

const fn code_of(cause: RefusedCause) -> AppnetCode {
    match cause {
        RefusedCause::Busy => AppnetCode::Busy,
        RefusedCause::Full => AppnetCode::Full,
        RefusedCause::Restarting => AppnetCode::Restarting,
        _ => AppnetCode::Closed,
    }
}
