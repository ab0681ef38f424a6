//! The kinds of failure that a call may end with, and the words that programs know them by.

macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $word:literal;)*) => {
        /// What kind of failure it was.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// The word that JavaScript sees.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

codes! {
    /// The configuration is wrong, or an address in it leads to something that is no GPU service.
    InvalidConfig = "invalid_config";
    /// The request is wrong; no host will take it.
    InvalidInput = "invalid_input";
    /// No host is configured.
    NotConfigured = "not_configured";
    /// The names that hosts are discovered by have none, or can't be looked up.
    DnsFailed = "dns_failed";
    /// Every host refused the key.
    Unauthorized = "unauthorized";
    /// No host has the model.
    ModelNotFound = "model_not_found";
    /// Hosts hold different models of the same name, and no single model could serve the whole call.
    ModelMismatch = "model_mismatch";
    /// Every host is busy for longer than the call may wait.
    Overloaded = "overloaded";
    /// The deadline passed.
    Timeout = "timeout";
    /// The caller gave up.
    Aborted = "aborted";
    /// Hosts failed in different ways, or none could be reached.
    AllHostsFailed = "all_hosts_failed";
    /// Every host answered with something that can't be an answer.
    BadResponse = "bad_response";
    /// The bridge was closed.
    Closed = "closed";
}
