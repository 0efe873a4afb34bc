//! `appnet check`: a project's configuration, without running it.

use appnet_js::{Engine, EngineOptions};
use appnet_policy::{
    Api, Policy,
    domains::{DomainLists, IcpState, ServerDomains},
};

use crate::{
    cli::CheckArgs,
    ending::{Ending, print_line},
    modules::Modules,
    project::Project,
};

/// Checks it, and prints what is configured.
pub(crate) fn check(args: &CheckArgs) -> Ending {
    match checked(args) {
        Ok(lines) => {
            lines.iter().for_each(|line| drop(print_line(line)));
            Ending::Done
        }
        Err(text) => Ending::Misused(text),
    }
}

fn checked(args: &CheckArgs) -> Result<Vec<String>, String> {
    let project = Project::load(&args.program, &args.app)?;
    let policy = args.app.dialect.policy();
    let config = &project.config;
    config.identity.check().map_err(|error| error.to_string())?;
    let domains = ServerDomains::check(&config.domains, &policy, None)
        .map_err(|report| project.domain_report(&report))?;
    parses(&project)?;
    let mut lines = vec![format!(
        "app       {} version {} ({:?})",
        config.identity.app_id, config.identity.version, config.identity.env
    )];
    lines.push(format!(
        "entry     {}",
        project.root.join(&project.entry).display()
    ));
    lines.push(format!("dialect   {}", args.app.dialect));
    lines.push(format!(
        "urlCheck  {}",
        if config.url_check {
            "on"
        } else {
            "off (counts in devtools only)"
        }
    ));
    lines.extend(Api::ALL.map(|api| timeout_line(&project, api, &policy)));
    lines.push(match &project.domains_file {
        Some(path) => format!("domains   {}", path.display()),
        None => {
            "domains   none: no server-domains.json and no --domains, so nothing can be reached"
                .to_owned()
        }
    });
    lines.extend(
        Api::ALL
            .iter()
            .flat_map(|&api| list_lines(&config.domains, api)),
    );
    lines.push(icp_line(domains.icp()).to_owned());
    Ok(lines)
}

fn parses(project: &Project) -> Result<(), String> {
    let modules = Modules::open(&project.root)
        .map_err(|error| format!("cannot open {}: {error}", project.root.display()))?;
    let source = modules.source(&project.entry)?;
    let engine =
        Engine::new(|_| Ok(()), EngineOptions::default()).map_err(|error| error.to_string())?;
    engine
        .check(&modules.shown(&project.entry), &source)
        .map_err(|error| error.to_string())
}

fn timeout_line(project: &Project, api: Api, policy: &Policy) -> String {
    let timeouts = &project.config.network_timeout;
    let timeout = appnet_policy::timeouts::timeout(api, None, timeouts, policy);
    format!("timeout   {:14} {} ms", api.name(), timeout.as_millis())
}

fn list_lines(lists: &DomainLists, api: Api) -> Vec<String> {
    let list = match api {
        Api::Request => &lists.request,
        Api::UploadFile => &lists.upload_file,
        Api::DownloadFile => &lists.download_file,
        Api::ConnectSocket => &lists.socket,
    };
    if list.is_empty() {
        return vec![format!("  {:12}  (none)", api.list_name())];
    }
    list.iter()
        .map(|entry| format!("  {:12}  {entry}", api.list_name()))
        .collect()
}

const fn icp_line(icp: IcpState) -> &'static str {
    match icp {
        IcpState::NotChecked => "ICP: not checked",
        IcpState::Filed => "ICP: every domain is filed",
    }
}
