//! What is looked up in DNS to find the hosts of an entry.
//!
//! A name of the form `_service._proto.name` has SRV records, which say where each host listens; any other one has
//! addresses, and all hosts listen on the url's port.

use std::fmt;

use crate::host_url::HostUrl;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// The name as it stands in the url.
    pub name: String,
    /// The records that are wanted.
    pub records: Records,
}

/// The records of a name that its hosts are found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// A and AAAA: a host for each address.
    Addresses {
        /// Where the hosts listen.
        port: u16,
    },
    /// SRV: a host for each address of each target.
    Services,
}

impl Lookup {
    /// What has to be looked up for an address.
    ///
    /// # Errors
    /// Says in a sentence's second half what is wrong.
    pub(crate) fn of(url: &HostUrl) -> Result<Self, String> {
        let Some((name, port)) = url.name_and_port() else {
            return Err(format!("is {url}, which holds an address; `discover` needs a name"));
        };
        let records = match (is_service(&name), port) {
            (false, port) => Records::Addresses { port: port.unwrap_or(url.usual_port()) },
            (true, None) => Records::Services,
            (true, Some(port)) => {
                return Err(format!("is {url}; its SRV records say the port, so leave out `:{port}`"));
            }
        };
        Ok(Self { name, records })
    }
}

/// `_service._proto.name`, as RFC 2782 has it.
fn is_service(name: &str) -> bool {
    let mut labels = name.split('.');
    [labels.next(), labels.next()].iter().all(|label| label.is_some_and(|label| label.starts_with('_')))
}

impl fmt::Display for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Result<Records, String> {
        Lookup::of(&HostUrl::parse(url).unwrap()).map(|lookup| lookup.records)
    }

    #[test]
    fn the_form_of_the_name_says_which_records() {
        let addresses = |port| Ok(Records::Addresses { port });
        assert_eq!(of("http://gpu-pool:8765"), addresses(8765));
        assert_eq!(of("http://gpu-pool.ai.svc.cluster.local./v1"), addresses(80));
        assert_eq!(of("https://gpu-pool"), addresses(443));
        assert_eq!(of("http://_gpu.example"), addresses(80));
        assert_eq!(of("https://_gpu._tcp.example"), Ok(Records::Services));
    }

    #[test]
    fn what_has_no_such_records_is_refused() {
        for (url, word) in
            [("http://10.0.0.7:8765", "address"), ("http://[::1]", "address"), ("http://_a._tcp.b:1", ":1")]
        {
            assert!(of(url).unwrap_err().contains(word));
        }
    }
}
