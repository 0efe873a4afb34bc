//! What matters in app.json and game.json.

use std::collections::BTreeMap;

use appnet_policy::timeouts::NetworkTimeout;
use serde::Deserialize;

/// The pages of an app, by their paths from the root: `pages/index/index`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pages {
    /// All of them, those of sub-packages last.
    pub all: Vec<String>,
    /// Those of the bar of tabs.
    pub tabs: Vec<String>,
    /// The one that is opened first, if any is: `entryPagePath`, else the first of all.
    pub first: Option<String>,
}

/// One of `resolveAlias`: `"@utils/*": "lib/utils/*"`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alias {
    /// What a name begins with: `@utils/`.
    pub prefix: String,
    /// What stands in its place, from the root: `lib/utils/`.
    pub target: String,
}

/// What it should be.
pub(crate) const REMEDY: &str = r#"networkTimeout should be milliseconds by API, for example {"networkTimeout": {"request": 10000, "connectSocket": 10000}}"#;

/// One of the two files.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AppJson {
    // T1; the documentation also writes it all in lower case.
    #[serde(alias = "networktimeout")]
    network_timeout: TimeoutJson,
    pages: Vec<String>,
    entry_page_path: Option<String>,
    #[serde(alias = "subpackages")]
    sub_packages: Vec<SubPackageJson>,
    tab_bar: TabBarJson,
    resolve_alias: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SubPackageJson {
    root: String,
    pages: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TabBarJson {
    list: Vec<TabJson>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TabJson {
    page_path: String,
}

impl AppJson {
    pub(crate) fn network_timeout(&self) -> NetworkTimeout {
        let TimeoutJson {
            request,
            connect_socket,
            upload_file,
            download_file,
        } = self.network_timeout;
        NetworkTimeout {
            request,
            connect_socket,
            upload_file,
            download_file,
        }
    }

    pub(crate) fn all_pages(&self) -> Pages {
        let plain = |path: &str| path.trim_matches('/').to_owned();
        let below = |package: &SubPackageJson| -> Vec<String> {
            let root = plain(&package.root);
            let page = |path: &String| format!("{root}/{}", plain(path));
            package.pages.iter().map(page).collect()
        };
        let mut all: Vec<String> = self.pages.iter().map(|path| plain(path)).collect();
        all.extend(self.sub_packages.iter().flat_map(below));
        let first = self
            .entry_page_path
            .as_deref()
            .map(plain)
            .filter(|path| !path.is_empty());
        Pages {
            first: first.or_else(|| all.first().cloned()),
            tabs: self
                .tab_bar
                .list
                .iter()
                .map(|tab| plain(&tab.page_path))
                .collect(),
            all,
        }
    }

    /// The longest prefix first: the one that says most.
    pub(crate) fn aliases(&self) -> Vec<Alias> {
        let mut aliases: Vec<Alias> = self
            .resolve_alias
            .iter()
            .map(|(prefix, target)| Alias {
                prefix: prefix.trim_end_matches('*').to_owned(),
                target: target.trim_end_matches('*').to_owned(),
            })
            .collect();
        aliases.sort_by_key(|alias| std::cmp::Reverse(alias.prefix.len()));
        aliases
    }
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(
    default,
    rename_all = "camelCase",
    expecting = "networkTimeout as an object of milliseconds by API (or left out)"
)]
struct TimeoutJson {
    request: Option<f64>,
    connect_socket: Option<f64>,
    upload_file: Option<f64>,
    download_file: Option<f64>,
}
