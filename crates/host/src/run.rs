//! `appnet run`: from the command line to a program that runs.

use std::{fs, path::Path, sync::Arc};

use appnet::{Inspector, Network, NetworkBuilder};
use appnet_inspect::{Each, Replay};

#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{
    callers::Callers,
    cli::{HttpDnsArg, LogLevel, NetworkArgs, Polyfill, RunArgs, WayArgs},
    config_file::unreadable,
    ending::Ending,
    fixture,
    har::HarFile,
    inspect, log,
    permissions::Permissions,
    program,
    program::{People, Setup, Telling},
    project::Project,
    record::Tapes,
    stop::Stop,
    verbose::Verbose,
    watch,
};

/// Runs it.
pub(crate) fn run(args: RunArgs) -> Ending {
    log::start(args.host.log, args.host.log_format);
    let ran = if args.host.watch {
        watch::watch(&args)
    } else {
        prepared(args)
    };
    ran.unwrap_or_else(Ending::Misused)
}

fn prepared(args: RunArgs) -> Result<Ending, String> {
    let RunArgs {
        program,
        app,
        network,
        allow,
        record,
        screen,
        host,
        args,
    } = args;
    let policy = app.dialect.policy();
    let project = Project::load(&program, &app)?
        .connecting(&network)
        .opening(screen.page.as_deref())?;
    let people = People {
        modal: screen.modal.word(),
        fixture: fixture::read(screen.fixture.as_deref())?,
    };
    project.warn_of_idle_switches();
    let permissions = Permissions::of(&allow)?;
    let stop =
        Stop::watch(host.max_time).map_err(|error| format!("cannot watch for signals: {error}"))?;
    let data = Data::of(host.data_dir.as_deref())?;
    if let Data::Fresh(folder) = &data {
        stop.remove_at_end(folder.path());
    }
    let har = host.har.as_deref().map(HarFile::create).transpose()?;
    let har = har.map(Arc::new);
    if let Some(har) = &har {
        let har = Arc::clone(har);
        stop.at_end(move || har.write());
    }
    let tapes = Tapes::of(&record)?;
    if let Some(recorder) = tapes.recorder.clone() {
        stop.at_end(move || recorder.finish());
    }
    let app = &project.config.identity.app_id;
    let devtools = host.inspect.map(inspect::listen).transpose()?;
    let mut inspectors: Vec<Arc<dyn Inspector>> = Vec::new();
    inspectors.extend(har.iter().map(|har| har.log() as Arc<dyn Inspector>));
    inspectors.extend(
        devtools
            .iter()
            .map(|it| Arc::clone(it) as Arc<dyn Inspector>),
    );
    let recorder = tapes.recorder.iter();
    inspectors.extend(recorder.map(|it| Arc::clone(it) as Arc<dyn Inspector>));
    if host.verbose {
        inspectors.push(Arc::new(Verbose::default()));
    }
    #[cfg(feature = "metrics")]
    host.metrics.map(metrics::serve).transpose()?;
    let throttle = network.throttle;
    let callers = (host.log != LogLevel::Off).then(Arc::<Callers>::default);
    let mut builder = Network::builder().policy(policy);
    if let Some(callers) = callers.clone() {
        builder = builder.observer(move |record| callers.ended(record));
    }
    #[cfg(feature = "metrics")]
    if host.metrics.is_some() {
        builder = builder.metrics();
    }
    let network = started(builder, &network, inspectors, tapes.replay)?;
    network.shape(app, throttle);
    if let Some(devtools) = &devtools {
        devtools.control(&network);
        inspect::announce(devtools, app);
    }
    if let Some(devtools) = devtools.as_ref().filter(|_| host.inspect_wait) {
        inspect::wait(devtools, &stop);
    }
    let setup = Setup {
        project,
        network,
        data: data.path(),
        args,
        permissions,
        text: host.polyfill.contains(&Polyfill::Text),
        people,
        stop: stop.clone(),
        telling: Telling {
            console: host.console,
            callers,
        },
        witness: None,
    };
    let ending = program::run(setup);
    if let Some(har) = har {
        har.write();
    }
    if let Some(recorder) = tapes.recorder {
        recorder.finish();
    }
    Ok(match devtools {
        Some(devtools) => inspect::linger(&devtools, &stop, ending),
        None => ending,
    })
}

/// A network as the flags say.
///
/// # Errors
/// A text that says which flag is wrong, and what would be right.
pub(crate) fn started(
    builder: NetworkBuilder,
    args: &NetworkArgs,
    inspectors: Vec<Arc<dyn Inspector>>,
    replay: Option<Arc<Replay>>,
) -> Result<Network, String> {
    let mut builder = on_the_way(builder, &args.way)?;
    if !inspectors.is_empty() {
        builder = builder.inspector(Arc::new(Each(inspectors)));
    }
    if let Some(replay) = replay {
        builder = builder.stand_in(replay);
    }
    for HttpDnsArg { service_id, url } in &args.http_dns {
        let server = args.way.doh_server("--http-dns", url)?;
        builder = builder.http_dns_over_https(service_id.as_str(), server);
    }
    if let Some(interface) = &args.cellular_interface {
        builder = builder.cellular_interface(interface.as_str());
    }
    builder.start().map_err(|error| error.to_string())
}

/// With the roots, the resolver and the proxy that the flags name.
///
/// # Errors
/// A text that says which flag is wrong, and what would be right.
pub(crate) fn on_the_way(
    mut builder: NetworkBuilder,
    args: &WayArgs,
) -> Result<NetworkBuilder, String> {
    for path in &args.ca {
        let pem = fs::read(path).map_err(|error| unreadable(path, &error))?;
        builder = builder.extra_roots_pem(&pem).map_err(|error| {
            format!(
                "{}: {error}; --ca takes certificates in PEM",
                path.display()
            )
        })?;
    }
    if let Some(url) = &args.doh {
        builder = builder.resolver_over_https(args.doh_server("--doh", url)?);
    }
    if let Some(proxy) = &args.proxy {
        let direct = args.no_proxy.iter().map(String::as_str);
        builder = builder.proxy(proxy.clone().direct_for(direct));
    }
    Ok(builder)
}

/// Where the app's files are: kept, or gone with the program.
pub(crate) enum Data<'a> {
    Given(&'a Path),
    Fresh(tempfile::TempDir),
}

impl<'a> Data<'a> {
    pub(crate) fn of(given: Option<&'a Path>) -> Result<Self, String> {
        match given {
            Some(path) => Ok(Self::Given(path)),
            None => tempfile::Builder::new()
                .prefix("appnet-")
                .tempdir()
                .map(Self::Fresh)
                .map_err(|error| format!("cannot make a temporary folder: {error}")),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Fresh(folder) => folder.path(),
        }
    }
}
