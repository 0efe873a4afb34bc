//! What the tests of several modules start from.

use std::sync::Arc;

use crate::{
    Policy, Rules,
    domains::DomainLists,
    exchange::Header,
    identity::{AppId, Env, Identity},
    rules::AppConfig,
};

/// Version 42 of a released app with this `request` list.
pub(crate) fn config(request: &[&str]) -> AppConfig {
    let identity = Identity {
        app_id: AppId::new("wx1234567890abcdef"),
        version: "42".to_owned(),
        env: Env::Release,
    };
    let request = request.iter().map(|&text| text.to_owned()).collect();
    AppConfig::new(
        identity,
        DomainLists {
            request,
            ..DomainLists::default()
        },
    )
}

/// The rules of [`config`] under the seed policy.
pub(crate) fn rules(request: &[&str]) -> Arc<Rules> {
    checked(config(request))
}

/// An app that may call `https://a.com` and `wss://a.com` by every API, under this policy.
pub(crate) fn rules_with(policy: Policy) -> Arc<Rules> {
    let mut config = config(&["https://a.com"]);
    config.domains.upload_file = config.domains.request.clone();
    config.domains.socket = vec!["wss://a.com".to_owned()];
    Arc::new(Rules::new(Arc::new(policy), config, None).expect("a valid configuration"))
}

/// The rules of a configuration under the seed policy.
pub(crate) fn checked(config: AppConfig) -> Arc<Rules> {
    Arc::new(Rules::new(Arc::new(Policy::seed()), config, None).expect("a valid configuration"))
}

/// Headers from pairs.
pub(crate) fn headers(pairs: &[(&str, &str)]) -> Vec<Header> {
    pairs
        .iter()
        .map(|(name, value)| Header::new(name, value))
        .collect()
}

/// Pairs from headers.
pub(crate) fn pairs(headers: &[Header]) -> Vec<(&str, &str)> {
    headers
        .iter()
        .map(|header| (header.name.as_str(), header.value.as_str()))
        .collect()
}
