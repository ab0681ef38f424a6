//! Whether there is any host for a call, as far as the configuration says. Of the hosts themselves nothing is asked.

use crate::code::Code;
use crate::config::Config;
use crate::error::Error;
use crate::host_protocol::Protocol;

impl Config {
    /// Checks that there is a host.
    pub(crate) fn check_hosts(&self) -> Result<(), Error> {
        let message = "No GPU host is configured; set `hosts` to a list like [{\"url\": \"http://192.168.1.100:8765\"}].";
        match self.hosts.is_empty() {
            true => Err(Error::new(Code::NotConfigured, message)),
            false => Ok(()),
        }
    }

    /// Checks that there is one for what gpu-service alone can do, if the call is `native_only` for that.
    pub(crate) fn check_able(&self, native_only: Option<&str>) -> Result<(), Error> {
        let mut hosts = self.hosts.iter();
        match native_only.filter(|_| hosts.all(|host| host.protocol != Protocol::GpuBridge)) {
            None => Ok(()),
            Some(what) => Err(Error::new(
                Code::NotConfigured,
                format!(
                    "No configured host can do {what}: all have `protocol` \"openai\", which is for plain embeddings; \
                     add a host that runs gpu-service."
                ),
            )),
        }
    }
}
