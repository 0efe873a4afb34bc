//! How the names of apps are looked up, as the host says.

use std::{collections::BTreeMap, rc::Rc, sync::Arc};

use appnet_io::{ClientOptions, DeviceNetwork, Resolver, ServerKeys, Spawn, TlsTrust};
use appnet_policy::proxy::Proxy;

/// Makes an app's resolver on the app's thread, with the trust and the time of the app.
type MakeResolver =
    Arc<dyn Fn(&TlsTrust, &DeviceNetwork, &Spawn) -> Rc<dyn Resolver> + Send + Sync>;

/// What the host says of names and of the way to their addresses. Every app gets resolvers of its own (K3).
#[derive(Clone, Default)]
pub(crate) struct Naming {
    /// `None`: the system's.
    ordinary: Option<MakeResolver>,
    /// By `httpDNSServiceId`.
    http_dns: BTreeMap<String, MakeResolver>,
    /// The interface of the cellular network.
    pub(crate) cellular: Option<String>,
    /// What stands before servers.
    pub(crate) proxy: Option<Proxy>,
    /// What is agreed with single servers.
    pub(crate) server_keys: ServerKeys,
    /// Servers that speak HTTP/3.
    #[cfg(feature = "http3")]
    pub(crate) http3_servers: Vec<(String, u16)>,
}

impl Naming {
    pub(crate) fn resolver(
        &mut self,
        make: impl Fn(&TlsTrust, &DeviceNetwork, &Spawn) -> Rc<dyn Resolver> + Send + Sync + 'static,
    ) {
        self.ordinary = Some(Arc::new(make));
    }

    pub(crate) fn http_dns(
        &mut self,
        service_id: String,
        make: impl Fn(&TlsTrust, &DeviceNetwork, &Spawn) -> Rc<dyn Resolver> + Send + Sync + 'static,
    ) {
        self.http_dns.insert(service_id, Arc::new(make));
    }

    /// What an app's client is made with.
    pub(crate) fn apply(&self, trust: &TlsTrust, options: &mut ClientOptions) {
        let made = |make: &MakeResolver| make(trust, &options.network, &options.spawn);
        let ordinary = self.ordinary.as_ref().map(made);
        let services = self.http_dns.iter();
        options.http_dns = services
            .map(|(id, make)| (id.clone(), made(make)))
            .collect();
        if let Some(ordinary) = ordinary {
            options.resolver = ordinary;
        }
        options.cellular_interface.clone_from(&self.cellular);
        options.proxy.clone_from(&self.proxy);
        options.server_keys.clone_from(&self.server_keys);
        #[cfg(feature = "http3")]
        options.http3_servers.clone_from(&self.http3_servers);
    }
}
