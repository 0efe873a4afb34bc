//! `appnet run`: from the command line to a program that runs.

use std::{fs, path::Path};

use appnet::Network;

use crate::{
    cli::{HostArgs, HttpDnsArg, NetworkArgs, Polyfill, RunArgs},
    config_file::unreadable,
    ending::Ending,
    log,
    permissions::Permissions,
    program,
    program::Setup,
    project::Project,
    stop::Stop,
};

/// Runs it.
pub(crate) fn run(args: RunArgs) -> Ending {
    log::start(args.host.log);
    prepared(args).unwrap_or_else(Ending::Misused)
}

fn prepared(args: RunArgs) -> Result<Ending, String> {
    let RunArgs {
        program,
        app,
        network,
        allow,
        host,
        args,
    } = args;
    if host.har.is_some() {
        return Err("--har is not built yet: leave it out".to_owned());
    }
    let project = Project::load(&program, &app)?
        .connecting(network.connect_to.clone(), network.allow_private);
    project.warn_of_idle_switches();
    let permissions = Permissions::of(&allow)?;
    let stop =
        Stop::watch(host.max_time).map_err(|error| format!("cannot watch for signals: {error}"))?;
    let data = Data::of(&host)?;
    if let Data::Fresh(folder) = &data {
        stop.remove_at_end(folder.path());
    }
    let setup = Setup {
        project,
        network: started(&network)?,
        data: data.path(),
        args,
        permissions,
        text: host.polyfill.contains(&Polyfill::Text),
        stop,
        witness: None,
    };
    Ok(program::run(setup))
}

fn started(args: &NetworkArgs) -> Result<Network, String> {
    let mut builder = Network::builder();
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
    for HttpDnsArg { service_id, url } in &args.http_dns {
        let server = args.doh_server("--http-dns", url)?;
        builder = builder.http_dns_over_https(service_id.as_str(), server);
    }
    if let Some(interface) = &args.cellular_interface {
        builder = builder.cellular_interface(interface.as_str());
    }
    builder.start().map_err(|error| error.to_string())
}

/// Where the app's files are: kept, or gone with the program.
enum Data<'a> {
    Given(&'a Path),
    Fresh(tempfile::TempDir),
}

impl<'a> Data<'a> {
    fn of(args: &'a HostArgs) -> Result<Self, String> {
        match &args.data_dir {
            Some(path) => Ok(Self::Given(path)),
            None => tempfile::Builder::new()
                .prefix("appnet-")
                .tempdir()
                .map(Self::Fresh)
                .map_err(|error| format!("cannot make a temporary folder: {error}")),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Given(path) => path,
            Self::Fresh(folder) => folder.path(),
        }
    }
}
