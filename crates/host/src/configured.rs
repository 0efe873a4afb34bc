//! What the command line says of an app, beside its files or in the place of them.

use std::path::Path;

use appnet_platform::{NO_APP_ID, Overrides, Pages, Project, read_domains};
use appnet_policy::{
    addresses::AddressRule,
    identity::{AppId, Env, Identity},
    rules::AppConfig,
};

use crate::cli::{AppArgs, NetworkArgs};

/// A project as its files and the flags say.
///
/// # Errors
/// A text that says which file is wrong, where, and what would be right.
pub(crate) fn project(program: &Path, args: &AppArgs) -> Result<Project, String> {
    let overrides = Overrides {
        domains_file: args.domains.clone(),
        app_id: args.app_id.clone(),
    };
    let mut project = Project::read(program, &overrides).map_err(|error| error.to_string())?;
    if project.empty_app_id {
        tracing::warn!(
            "project.config.json: appid is empty: {NO_APP_ID} stands in for it; write the app's id there, or give --app-id"
        );
    }
    by_flags(&mut project.config, args);
    Ok(project)
}

/// An app of which only what the flags say is known.
///
/// # Errors
/// A text that says which file is wrong, where, and what would be right.
pub(crate) fn without_files(args: &AppArgs) -> Result<AppConfig, String> {
    let Some(file) = &args.domains else {
        return Err("give --domains FILE, or a mini-program's folder".to_owned());
    };
    let domains = read_domains(file).map_err(|error| error.to_string())?;
    let identity = Identity {
        app_id: AppId::new(args.app_id.as_deref().unwrap_or(NO_APP_ID)),
        version: args.app_version.clone(),
        env: args.env.into(),
    };
    let mut config = AppConfig::new(identity, domains);
    by_flags(&mut config, args);
    Ok(config)
}

fn by_flags(config: &mut AppConfig, args: &AppArgs) {
    args.app_version.clone_into(&mut config.identity.version);
    config.identity.env = args.env.into();
    config.url_check &= !args.no_url_check;
    config.debug = args.debug;
}

/// As the flags of the network say.
pub(crate) fn connecting(config: &mut AppConfig, network: &NetworkArgs) {
    config.connect_to.clone_from(&network.way.connect_to);
    config.device.clone_from(&network.device_address);
    config.cookies = network.cookies;
    config.addresses = if network.way.allow_private {
        AddressRule::Any
    } else {
        AddressRule::PublicOnly
    };
}

/// U8: switches that this environment does not listen to.
pub(crate) fn warn_of_idle_switches(config: &AppConfig) {
    let env = config.identity.env;
    if !config.url_check && env != Env::Devtools {
        tracing::warn!(
            "urlCheck is off, which counts with --env devtools only: domains are checked"
        );
    }
    if config.debug && !matches!(env, Env::Develop | Env::Trial) {
        tracing::warn!("--debug counts with --env develop or trial only: domains are checked");
    }
}

/// `--page`: opens that one first. Answers its query.
///
/// # Errors
/// A text that names the pages that there are.
pub(crate) fn opening(pages: &mut Pages, page: Option<&str>) -> Result<String, String> {
    let Some(page) = page else {
        return Ok(String::new());
    };
    let (path, query) = page.split_once('?').unwrap_or((page, ""));
    let path = path.trim_start_matches('/');
    if !pages.all.iter().any(|it| it == path) {
        return Err(format!(
            "--page {page}: there is no such page; {}",
            match pages.all.as_slice() {
                [] => "app.json has none".to_owned(),
                all => format!("app.json has {}", all.join(", ")),
            }
        ));
    }
    pages.first = Some(path.to_owned());
    Ok(query.to_owned())
}
