//! The configurations of a network and of an app, as JSON. A name that is not known is refused: it is a misspelling.

use std::sync::Arc;

use appnet::{
    AppConfig, ConnectTo, Connectivity, Dialect, DohServer, IcpList, Network, NetworkBuilder,
    Policy, Proxy, SystemRoots,
    policy::{connectivity::ConnectivityJson, rules::AppConfigJson},
};
use serde::{Deserialize, de::DeserializeOwned};

use crate::fault::{AppnetCode, Fault};

/// Of a network. Everything may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct NetworkJson {
    /// The rules of another platform.
    dialect: Option<String>,
    /// Threads that apps are spread over.
    threads: Option<usize>,
    /// More trusted roots, in PEM (K2).
    extra_roots_pem: Option<String>,
    /// Whether the system's roots are trusted (K1).
    system_roots: Option<bool>,
    /// The registrable domains that are filed (D6).
    icp: Option<Vec<String>>,
    /// A server of DNS over HTTPS that looks names up.
    doh: Option<DohJson>,
    /// What calls with `forceCellularNetwork` go over.
    cellular_interface: Option<String>,
    /// What stands before servers.
    proxy: Option<ProxyJson>,
    /// What is shown to servers that ask for it (K3).
    #[serde(default)]
    client_certificates: Vec<ClientCertificateJson>,
    /// The public keys that servers have to have, too (K1).
    #[serde(default)]
    pins: Vec<PinsJson>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ProxyJson {
    url: String,
    #[serde(default)]
    direct: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DohJson {
    url: String,
    #[serde(default)]
    connect_to: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ClientCertificateJson {
    server: String,
    chain_pem: String,
    key_pem: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PinsJson {
    server: String,
    keys: Vec<String>,
}

/// An empty text stands for `{}`.
pub(crate) fn network(text: &str) -> Result<NetworkBuilder, Fault> {
    let json: NetworkJson = match text.trim() {
        "" => NetworkJson::default(),
        text => read("the configuration of a network", text)?,
    };
    let mut builder = Network::builder().policy(policy(json.dialect.as_deref())?);
    if let Some(threads) = json.threads {
        builder = builder.threads(threads);
    }
    if let Some(pem) = json.extra_roots_pem {
        builder = builder
            .extra_roots_pem(pem.as_bytes())
            .map_err(|error| wrong(format!("extraRootsPem: {error}")))?;
    }
    if json.system_roots == Some(false) {
        builder = builder.system_roots(SystemRoots::Ignore);
    }
    if let Some(domains) = json.icp {
        builder = builder.icp_registry(Arc::new(domains.into_iter().collect::<IcpList>()));
    }
    if let Some(doh) = json.doh {
        let server = DohServer::new(&doh.url, mappings("doh.connectTo", doh.connect_to)?)
            .map_err(|error| wrong(format!("doh.url: {error}")))?;
        builder = builder.resolver_over_https(server);
    }
    if let Some(interface) = json.cellular_interface {
        builder = builder.cellular_interface(interface);
    }
    if let Some(ProxyJson { url, direct }) = json.proxy {
        let proxy: Proxy = url
            .parse()
            .map_err(|error| wrong(format!("proxy.url: {error}")))?;
        builder = builder.proxy(proxy.direct_for(direct));
    }
    for it in json.client_certificates {
        let (chain, key) = (it.chain_pem.as_bytes(), it.key_pem.as_bytes());
        builder = builder
            .client_certificate(&it.server, chain, key)
            .map_err(|error| wrong(format!("clientCertificates: {error}")))?;
    }
    for it in json.pins {
        builder = builder
            .pin_keys(&it.server, it.keys.iter().map(String::as_str))
            .map_err(|error| wrong(format!("pins: {error}")))?;
    }
    Ok(builder)
}

pub(crate) fn app(text: &str) -> Result<AppConfig, Fault> {
    let json: AppConfigJson = read("the configuration of an app", text)?;
    json.into_config().map_err(|error| wrong(error.to_string()))
}

pub(crate) fn connectivity(text: &str) -> Result<Connectivity, Fault> {
    let json: ConnectivityJson = read("the device's network", text)?;
    json.into_connectivity()
        .map_err(|error| wrong(error.to_string()))
}

fn policy(dialect: Option<&str>) -> Result<Policy, Fault> {
    let Some(name) = dialect else {
        return Ok(Policy::seed());
    };
    let dialect: Dialect = name
        .parse()
        .map_err(|error| wrong(format!("dialect: {error}")))?;
    Ok(dialect.policy())
}

fn mappings(field: &str, texts: Vec<String>) -> Result<Vec<ConnectTo>, Fault> {
    let parsed = texts.iter().map(|text| text.parse());
    parsed
        .collect::<Result<_, _>>()
        .map_err(|error| wrong(format!("{field}: {error}")))
}

fn read<T: DeserializeOwned>(what: &str, text: &str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|error| wrong(format!("{what} cannot be read: {error}")))
}

fn wrong(text: String) -> Fault {
    Fault::new(AppnetCode::InvalidConfig, text)
}

#[cfg(test)]
mod tests {
    use appnet::{AddressRule, Env};

    use super::*;

    fn refused<T>(read: Result<T, Fault>) -> String {
        let fault = read.err().expect("it should be refused");
        assert_eq!(fault.code, AppnetCode::InvalidConfig);
        fault.text
    }

    #[test]
    fn an_app_needs_no_more_than_its_id() {
        let config = app(r#"{"appId": "wx1"}"#).expect("it is whole");
        assert_eq!(config.identity.version, "1");
        assert_eq!(config.identity.env, Env::Release);
        assert!(config.url_check && !config.debug && !config.cookies);
        assert_eq!(config.addresses, AddressRule::PublicOnly);
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place_and_what_would_be_right() {
        assert!(refused(app("{}")).contains("missing field `appId` at line 1 column 2"));
        assert!(
            refused(app(r#"{"appId": "wx1", "domain": {}}"#))
                .contains("unknown field `domain`, expected one of `appId`, `version`")
        );
        assert!(
            refused(app(r#"{"appId": "wx1", "env": "prod"}"#))
                .contains("expected one of `release`, `trial`, `develop`, `devtools`")
        );
        assert!(
            refused(app(r#"{"appId": "wx1", "connectTo": ["a"]}"#))
                .starts_with("connectTo: \"a\" should be HOST:PORT:ADDR:PORT")
        );
        assert!(refused(network(r#"{"dialect": "x"}"#)).starts_with("dialect: "));
        assert!(
            refused(network(r#"{"proxy": {"url": "https://geheim@p:1"}}"#))
                .starts_with("proxy.url: the URL of the proxy has https")
        );
        assert!(refused(network(r#"{"extraRootsPem": "x"}"#)).starts_with("extraRootsPem: "));
        let certificate =
            r#"{"clientCertificates": [{"server": "a", "chainPem": "x", "keyPem": "x"}]}"#;
        assert!(refused(network(certificate)).starts_with("clientCertificates: "));
        let pins = r#"{"pins": [{"server": "a", "keys": ["md5/x"]}]}"#;
        assert!(refused(network(pins)).starts_with("pins: "));
        assert_eq!(
            refused(connectivity(r#"{"networkType": "6g"}"#)),
            "networkType: \"6g\" should be one of wifi, 2g, 3g, 4g, 5g, unknown, none"
        );
    }

    #[test]
    fn the_examples_of_the_crates_page_are_read() {
        let page = include_str!("../README.md");
        let blocks: Vec<_> = page
            .split("```json\n")
            .skip(1)
            .filter_map(|block| block.split("```").next())
            .collect();
        let [of_network, of_app, of_connectivity] = blocks[..] else {
            panic!("three examples, not {}", blocks.len());
        };
        let json: NetworkJson = read("the example", of_network).expect("it is known"); // its root is cut short
        assert!(policy(json.dialect.as_deref()).is_ok());
        assert!(app(of_app).is_ok() && connectivity(of_connectivity).is_ok());
    }

    #[test]
    fn a_network_may_be_configured_by_nothing() {
        for text in ["", " ", "{}"] {
            assert!(network(text).is_ok(), "{text:?}");
        }
    }
}
