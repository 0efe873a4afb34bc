//! `appnet run`: from the command line to a program that runs.

use std::{path::Path, sync::Arc};

use appnet::{Inspector, Network, NetworkBuilder};
use appnet_inspect::{Each, Replay};

#[cfg(feature = "metrics")]
use crate::metrics;
use crate::{
    cli::{ClientCertArg, HttpDnsArg, NetworkArgs, PinArg, Polyfill, RunArgs, WayArgs},
    configured,
    ending::Ending,
    fixture, inspect, log,
    lookers::Lookers,
    named_file,
    permissions::Permissions,
    program,
    program::{People, Setup},
    stop::Stop,
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
    let mut project = configured::project(&program, &app)?;
    configured::connecting(&mut project.config, &network);
    let people = People {
        query: configured::opening(&mut project.pages, screen.page.as_deref())?,
        modal: screen.modal.word(),
        fixture: fixture::read(screen.fixture.as_deref())?,
    };
    configured::warn_of_idle_switches(&project.config);
    let permissions = Permissions::of(&allow)?;
    let stop =
        Stop::watch(host.max_time).map_err(|error| format!("cannot watch for signals: {error}"))?;
    let data = Data::of(host.data_dir.as_deref())?;
    if let Data::Fresh(folder) = &data {
        stop.remove_at_end(folder.path());
    }
    let lookers = Lookers::open(&host, &record, &stop)?;
    #[cfg(feature = "metrics")]
    host.metrics.map(metrics::serve).transpose()?;
    let throttle = network.throttle;
    let builder = lookers.observe(Network::builder().policy(policy));
    #[cfg(feature = "metrics")]
    let builder = match host.metrics {
        Some(_) => builder.metrics(),
        None => builder,
    };
    let network = started(builder, &network, lookers.inspectors(), lookers.replay())?;
    let app = &project.config.identity.app_id;
    network.shape(app, throttle);
    if let Some(devtools) = lookers.devtools() {
        devtools.control(&network);
        inspect::announce(devtools, app);
        if host.inspect_wait {
            inspect::wait(devtools, &stop);
        }
    }
    let telling = lookers.telling(&host, app);
    let setup = Setup {
        project,
        network,
        data: data.path(),
        args,
        permissions,
        text: host.polyfill.contains(&Polyfill::Text),
        people,
        stop: stop.clone(),
        telling,
        witness: None,
    };
    let ending = program::run(setup);
    Ok(lookers.end(&stop, ending))
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

/// With the roots, the resolver, the proxy and the keys of single servers that the flags name.
///
/// # Errors
/// A text that says which flag is wrong, and what would be right.
pub(crate) fn on_the_way(
    mut builder: NetworkBuilder,
    args: &WayArgs,
) -> Result<NetworkBuilder, String> {
    for path in &args.ca {
        let pem = named_file::bytes(path)?;
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
    for ClientCertArg { server, chain, key } in &args.client_cert {
        let (chain, key) = (named_file::bytes(chain)?, named_file::bytes(key)?);
        builder = builder
            .client_certificate(server, &chain, &key)
            .map_err(|error| format!("--client-cert: {error}"))?;
    }
    for PinArg { server, key } in &args.pin {
        builder = builder
            .pin_keys(server, [key.as_str()])
            .map_err(|error| format!("--pin: {error}"))?;
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
