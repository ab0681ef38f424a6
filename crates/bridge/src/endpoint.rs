//! What a connection to a host is made with, beside the host's address.
//!
//! Requests of equal endpoints share connections; those of different ones never do.

use std::net::SocketAddr;

use crate::host_tls::HostTls;

/// See the module. The default is the machine's own trust, and whatever address the url's name has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Whom to trust and as whom to come, instead of as the machine says.
    pub tls: Option<HostTls>,
    /// The address and port to connect to, whatever the url's name has; always without a proxy. TLS and the `Host`
    /// header go by the url's name.
    pub connect_to: Option<SocketAddr>,
}
