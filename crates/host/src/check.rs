//! `appnet check`: a project's configuration, without running it.

use std::{collections::BTreeSet, sync::Arc};

use appnet_js::{Engine, EngineOptions};
use appnet_platform::Project;
use appnet_policy::{
    Api, Policy,
    domains::{DomainLists, IcpState, ServerDomains},
};

use crate::{
    cli::CheckArgs,
    configured,
    ending::{Ending, print_line},
    load,
    modules::Modules,
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
    let project = configured::project(&args.program, &args.app)?;
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
            format!(
                "domains   none: no server-domains.json in {} and no --domains, so nothing can be reached",
                folders(&project)
            )
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

/// Where server-domains.json is looked for.
fn folders(project: &Project) -> String {
    let root = project.root.display().to_string();
    match &project.around {
        Some(around) => format!("{root} or {}", around.display()),
        None => root,
    }
}

/// Every file that the first one and the pages reach by names that stand in their texts. Each that does not parse is named.
fn parses(project: &Project) -> Result<(), String> {
    let modules = Modules::of(project)?;
    let loaded = Arc::clone(modules.loaded());
    let options = EngineOptions {
        trace: Box::new(move |head, stack| loaded.trace(head, stack)),
        ..EngineOptions::default()
    };
    let engine = Engine::new(|_| Ok(()), options).map_err(|error| error.to_string())?;
    let mut open = vec![format!("/{}", project.entry)];
    open.extend(
        project
            .pages
            .all
            .iter()
            .filter_map(|page| modules.code_of(page)),
    );
    let mut seen: BTreeSet<String> = open.iter().cloned().collect();
    let mut wrong = Vec::new();
    while let Some(file) = open.pop() {
        if file.ends_with(".json") {
            continue;
        }
        match compiles(&engine, &modules, &file) {
            Ok(next) => open.extend(next.into_iter().filter(|file| seen.insert(file.clone()))),
            Err(text) => wrong.push(text),
        }
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(wrong.join("\n"))
    }
}

/// The files that one file names, if it compiles.
fn compiles(engine: &Engine, modules: &Modules, file: &str) -> Result<Vec<String>, String> {
    let source = modules.source(file)?;
    engine
        .with(|ctx| load::function(ctx, modules, file).map(drop))
        .map_err(|error| error.into_syntax().to_string())?;
    let folder = &file[..file.rfind('/').unwrap_or(0)];
    let names = required(file, &source).into_iter();
    Ok(names
        .filter_map(|name| modules.resolve(folder, &name).ok())
        .collect())
}

#[cfg(feature = "compiler")]
fn required(file: &str, source: &str) -> Vec<String> {
    crate::compile::required(source, file.ends_with(".ts"))
}

/// Without a parser nothing is known of what a file names.
#[cfg(not(feature = "compiler"))]
const fn required(_file: &str, _source: &str) -> Vec<String> {
    Vec::new()
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
