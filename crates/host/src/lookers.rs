//! Who looks at a run's calls: a HAR file, DevTools, a recording, the terminal.

use std::sync::Arc;

use appnet::{Inspector, NetworkBuilder, TaskId};
use appnet_inspect::{DevTools, Replay};
use appnet_policy::identity::AppId;

use crate::{
    callers::{CallSite, Callers},
    cli::{HostArgs, LogLevel, RecordArgs},
    ending::Ending,
    har::HarFile,
    inspect::{self, AppTools},
    program::{Hears, Telling},
    record::Tapes,
    stop::Stop,
    verbose::Verbose,
};

/// Those that the flags ask for.
pub(crate) struct Lookers {
    har: Option<Arc<HarFile>>,
    devtools: Option<Arc<DevTools>>,
    tapes: Tapes,
    callers: Option<Arc<Callers>>,
    verbose: bool,
}

impl Lookers {
    /// Opens their files and ports. The files are written at the end of the process, whatever that is.
    ///
    /// # Errors
    /// A text that says which flag cannot be followed, and why.
    pub(crate) fn open(host: &HostArgs, record: &RecordArgs, stop: &Stop) -> Result<Self, String> {
        let har = host.har.as_deref().map(HarFile::create).transpose()?;
        let har = har.map(Arc::new);
        if let Some(har) = &har {
            let har = Arc::clone(har);
            stop.at_end(move || har.write());
        }
        let tapes = Tapes::of(record)?;
        if let Some(recorder) = tapes.recorder.clone() {
            stop.at_end(move || recorder.finish());
        }
        Ok(Self {
            har,
            devtools: host.inspect.map(inspect::listen).transpose()?,
            tapes,
            callers: (host.log != LogLevel::Off).then(Arc::default),
            verbose: host.verbose,
        })
    }

    /// What is to see the calls while they go on.
    pub(crate) fn inspectors(&self) -> Vec<Arc<dyn Inspector>> {
        let mut inspectors: Vec<Arc<dyn Inspector>> = Vec::new();
        if let Some(har) = &self.har {
            inspectors.push(har.log());
        }
        if let Some(devtools) = &self.devtools {
            inspectors.push(Arc::clone(devtools) as _);
        }
        if let Some(recorder) = &self.tapes.recorder {
            inspectors.push(Arc::clone(recorder) as _);
        }
        if self.verbose {
            inspectors.push(Arc::new(Verbose::default()));
        }
        inspectors
    }

    /// With what is to see their records.
    pub(crate) fn observe(&self, builder: NetworkBuilder) -> NetworkBuilder {
        match self.callers.clone() {
            Some(callers) => builder.observer(move |record| callers.ended(record)),
            None => builder,
        }
    }

    /// What answers in the place of servers.
    pub(crate) fn replay(&self) -> Option<Arc<Replay>> {
        self.tapes.replay.clone()
    }

    pub(crate) const fn devtools(&self) -> Option<&Arc<DevTools>> {
        self.devtools.as_ref()
    }

    /// What the program of this app has for them beside its calls.
    pub(crate) fn telling(&self, host: &HostArgs, app: &AppId) -> Telling {
        let mut callers: Vec<Hears> = Vec::new();
        if let Some(hears) = self.callers.clone() {
            callers.push(Box::new(move |task, site| {
                hears.called(task, Arc::clone(site))
            }));
        }
        if let Some(har) = &self.har {
            let log = har.log();
            callers.push(of_app(app, move |app, task, stack| {
                log.called_from(app, task, stack);
            }));
        }
        if let Some(devtools) = self.devtools.clone() {
            callers.push(of_app(app, move |app, task, stack| {
                devtools.called_from(app, task, stack);
            }));
        }
        let devtools = self.devtools.clone();
        Telling {
            console: host.console,
            callers,
            devtools: devtools.map(|devtools| AppTools::new(devtools, app)),
        }
    }

    /// The program has ended. A person who looks at it may go on to do so.
    pub(crate) fn end(self, stop: &Stop, ending: Ending) -> Ending {
        if let Some(har) = self.har {
            har.write();
        }
        if let Some(recorder) = self.tapes.recorder {
            recorder.finish();
        }
        match self.devtools {
            Some(devtools) => inspect::linger(&devtools, stop, ending),
            None => ending,
        }
    }
}

/// Tells an inspector where this app makes its calls.
fn of_app(app: &AppId, called_from: impl Fn(&AppId, TaskId, Arc<CallSite>) + 'static) -> Hears {
    let app = app.clone();
    Box::new(move |task, site| {
        if let Some(task) = TaskId::new(task) {
            called_from(&app, task, Arc::clone(site));
        }
    })
}
