//! The apps of a bench.

use std::{error::Error, sync::Arc};

use appnet::{
    Network, Policy, Port, SystemRoots,
    policy::{
        domains::DomainLists,
        identity::{AppId, Env, Identity},
        rules::AppConfig,
    },
};

use crate::origin::{HOST, Origin};

/// A network that trusts the origin.
pub(crate) fn network(origin: &Origin) -> Result<Network, Box<dyn Error>> {
    Ok(Network::builder()
        .extra_roots_pem(origin.ca_pem.as_bytes())?
        .system_roots(SystemRoots::Ignore)
        .start()?)
}

pub(crate) fn app_id(number: usize) -> AppId {
    AppId::new(Arc::from(format!("wxbench{number}")))
}

/// An app that may reach the origin and nothing else.
pub(crate) fn config(number: usize, origin: &Origin) -> Result<AppConfig, Box<dyn Error>> {
    config_at(number, origin.port)
}

/// As [`config`], with the origin's port.
pub(crate) fn config_at(number: usize, port: u16) -> Result<AppConfig, Box<dyn Error>> {
    let identity = Identity {
        app_id: app_id(number),
        version: "1".to_owned(),
        env: Env::Release,
    };
    let origins = vec![format!("https://{HOST}")];
    let domains = DomainLists {
        request: origins.clone(),
        upload_file: origins.clone(),
        download_file: origins,
        socket: vec![format!("wss://{HOST}")],
    };
    let connect_to = vec![format!("{HOST}::127.0.0.1:{port}").parse()?];
    Ok(AppConfig {
        connect_to,
        ..AppConfig::new(identity, domains)
    })
}

pub(crate) async fn launch(
    network: &Network,
    count: usize,
    origin: &Origin,
) -> Result<Vec<Port>, Box<dyn Error>> {
    launch_from(0, network, count, origin).await
}

/// As [`launch`], with other numbers than those launched before.
pub(crate) async fn launch_from(
    first: usize,
    network: &Network,
    count: usize,
    origin: &Origin,
) -> Result<Vec<Port>, Box<dyn Error>> {
    let mut ports = Vec::with_capacity(count);
    for number in first..first + count {
        ports.push(network.launch(config(number, origin)?).await?);
    }
    Ok(ports)
}

/// A call of the origin.
pub(crate) fn call(task: u64, path: &str) -> String {
    format!(
        r#"{{"type":"call","task":{task},"api":"request","options":{{"url":"https://{HOST}{path}","header":{{"x-token":"0123456789abcdef"}}}}}}"#
    )
}

/// Rules of the default policy for an app, for the client that is measured without the rest.
pub(crate) fn rules(origin: &Origin) -> Result<Arc<appnet::policy::Rules>, Box<dyn Error>> {
    Ok(Arc::new(appnet::policy::Rules::new(
        Arc::new(Policy::seed()),
        config(0, origin)?,
        None,
    )?))
}
