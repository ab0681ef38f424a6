//! A host's own TLS settings: authorities to trust beside the machine's, and a certificate to show.
//!
//! Each is a path or PEM text, read once, when the configuration is. So what can't be used is known before any request,
//! and is an error that names the key and the path. Text itself is never repeated, for it may be a private key.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, Error as TlsError};

use crate::config_error::ConfigError;
use crate::raw_config::RawTls;
use crate::tls::{self, Credentials};

/// What begins PEM text, and no path.
const PEM_MARK: &str = "-----BEGIN ";
/// Longer than any path that is meant as one; such a value is not shown.
const LONGEST_PATH: usize = 512;

/// Settings that are known to fit together. Clones are equal, and two hosts' settings never are.
#[derive(Clone)]
pub struct HostTls(Arc<ClientConfig>);

impl HostTls {
    /// Reads the settings; `at` is their key, such as `hosts[0].tls`. `None` where none is set.
    ///
    /// # Errors
    /// When a file can't be read, holds nothing of its kind, or certificate and key don't belong together.
    pub(crate) fn read(at: &str, raw: &RawTls) -> Result<Option<Self>, ConfigError> {
        let RawTls { ca, cert, key } = raw;
        let roots = Setting::of(at, "ca", ca).map(|setting| setting.certificates()).transpose()?;
        let shown = credentials(at, Setting::of(at, "cert", cert), Setting::of(at, "key", key))?;
        if roots.is_none() && shown.is_none() {
            return Ok(None);
        }
        let config = tls::client_config(roots.unwrap_or_default(), shown);
        config.map(|config| Some(Self(Arc::new(config)))).map_err(|error| unusable(at, &error))
    }

    pub(crate) fn config(&self) -> &ClientConfig {
        &self.0
    }
}

fn credentials(
    at: &str,
    cert: Option<Setting<'_>>,
    key: Option<Setting<'_>>,
) -> Result<Option<Credentials>, ConfigError> {
    match (cert, key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some((cert.certificates()?, key.private_key()?))),
        (Some(_), None) => Err(ConfigError::value(format!("{at}.cert"), "is set without `key`; set both")),
        (None, Some(_)) => Err(ConfigError::value(format!("{at}.key"), "is set without `cert`; set both")),
    }
}

fn unusable(at: &str, error: &TlsError) -> ConfigError {
    match error {
        TlsError::InconsistentKeys(_) => ConfigError::value(
            format!("{at}.key"),
            format!("doesn't belong to the certificate in `{at}.cert`"),
        ),
        error => ConfigError::value(at, format!("can't be used: {error}")),
    }
}

/// A key of the configuration, and its value.
struct Setting<'a> {
    key: String,
    value: &'a str,
}

impl<'a> Setting<'a> {
    /// An empty value is none, as with `apiKey`.
    fn of(at: &str, name: &str, value: &'a Option<String>) -> Option<Self> {
        let value = value.as_deref().filter(|value| !value.is_empty())?;
        Some(Self { key: format!("{at}.{name}"), value })
    }

    fn certificates(&self) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
        let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&self.pem()?).collect();
        found.ok().filter(|found| !found.is_empty()).ok_or_else(|| self.wrong("holds no PEM certificate"))
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, ConfigError> {
        let reason = "holds no PEM private key (PKCS #8, PKCS #1 or SEC 1, not encrypted)";
        PrivateKeyDer::from_pem_slice(&self.pem()?).map_err(|_| self.wrong(reason))
    }

    fn pem(&self) -> Result<Vec<u8>, ConfigError> {
        if self.value.contains(PEM_MARK) {
            return Ok(self.value.into());
        }
        if self.value.contains('\n') || self.value.len() > LONGEST_PATH {
            return Err(ConfigError::value(&self.key, "is neither a path nor PEM text"));
        }
        std::fs::read(self.value).map_err(|error| self.wrong(&format!("can't be read ({error})")))
    }

    fn wrong(&self, reason: &str) -> ConfigError {
        let what = match self.value.contains(PEM_MARK) {
            true => "is text that".to_owned(),
            false => format!("is {:?}, which", self.value),
        };
        ConfigError::value(&self.key, format!("{what} {reason}"))
    }
}

impl PartialEq for HostTls {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for HostTls {}

impl Hash for HostTls {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(&self.0).hash(state);
    }
}

impl fmt::Debug for HostTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostTls")
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertifiedKey, generate_simple_self_signed};

    use super::*;

    fn pair() -> (String, String) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (cert.pem(), signing_key.serialize_pem())
    }

    fn read(ca: Option<&str>, cert: Option<&str>, key: Option<&str>) -> Result<Option<HostTls>, ConfigError> {
        let [ca, cert, key] = [ca, cert, key].map(|value| value.map(str::to_owned));
        HostTls::read("hosts[1].tls", &RawTls { ca, cert, key })
    }

    #[test]
    fn text_and_files_are_taken() {
        let ((cert, key), folder) = (pair(), tempfile::tempdir().unwrap());
        let [cert_file, key_file] = ["cert.pem", "key.pem"].map(|name| folder.path().join(name));
        std::fs::write(&cert_file, format!("words before\n{cert}")).unwrap();
        std::fs::write(&key_file, &key).unwrap();
        let [cert_file, key_file] = [&cert_file, &key_file].map(|path| path.to_str().unwrap());
        assert!(read(Some(&cert), None, None).unwrap().is_some());
        assert!(read(Some(cert_file), Some(cert_file), Some(&key)).unwrap().is_some());
        assert!(read(None, Some(&cert), Some(key_file)).unwrap().is_some());
        assert!(read(None, Some(""), None).unwrap().is_none());
    }

    #[test]
    fn what_cant_be_used_is_named_and_no_text_is_repeated() {
        let ((cert, key), (_, other)) = (pair(), pair());
        let bare = key.lines().nth(1).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let [missing, plain] = ["none.pem", "plain.txt"].map(|name| folder.path().join(name));
        std::fs::write(&plain, "no PEM").unwrap();
        let [missing, plain] = [&missing, &plain].map(|path| path.to_str().unwrap());
        let [cert, key, other] = [&cert[..], &key[..], &other[..]];
        let cases: [(_, _, _, &[&str]); 9] = [
            (Some(missing), None, None, &["hosts[1].tls.ca", missing, "o such file"]),
            (Some(plain), None, None, &["hosts[1].tls.ca", plain, "no PEM certificate"]),
            (Some(key), None, None, &["hosts[1].tls.ca", "no PEM certificate"]),
            (None, Some(cert), None, &["hosts[1].tls.cert", "without `key`"]),
            (None, None, Some(key), &["hosts[1].tls.key", "without `cert`"]),
            (None, Some(cert), Some(cert), &["hosts[1].tls.key", "no PEM private key"]),
            (None, Some(cert), Some(plain), &["hosts[1].tls.key", plain, "no PEM private key"]),
            (None, Some(cert), Some(other), &["hosts[1].tls.key", "doesn't belong"]),
            (None, Some(cert), Some("line\nline"), &["hosts[1].tls.key", "neither a path nor PEM"]),
        ];
        for (ca, cert, key, words) in cases {
            let message = read(ca, cert, key).unwrap_err().to_string();
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
            assert!(!message.contains(bare) && message.ends_with('.'), "{message}");
        }
    }
}
