//! TLS for https hosts: rustls with the `ring` provider and the machine's own certificates.
//!
//! The provider is handed to each configuration. Nothing is installed process-wide, for the process is someone else's
//! Node. HTTP/2 is offered, and HTTP/1.1 to servers that know no better.

use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier};
use rustls_platform_verifier::Verifier;

use crate::own_certificate::OwnCertificate;

/// A certificate with those between it and its authority, and its key.
pub(crate) type Credentials = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// A configuration that trusts what the machine trusts, and `extra` roots beside it; `shown` is the certificate to
/// come with.
///
/// # Errors
/// When the machine's certificates can't be read, an extra one is none, or the key doesn't fit its certificate.
pub(crate) fn client_config(
    extra: Vec<CertificateDer<'static>>,
    shown: Option<Credentials>,
) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(ring::default_provider());
    let usual = Arc::new(Verifier::new_with_extra_roots(extra.clone(), Arc::clone(&provider))?);
    let verifier = Arc::new(OwnCertificate { listed: extra, usual });
    let builder = versions(provider)?.dangerous().with_custom_certificate_verifier(verifier);
    let mut config = match shown {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key)?,
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// A configuration that trusts nobody, for connections without TLS. It needs no certificate on the machine.
///
/// # Errors
/// None that is known.
pub(crate) fn unused() -> Result<ClientConfig, rustls::Error> {
    let builder = versions(Arc::new(ring::default_provider()))?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn versions(
    provider: Arc<CryptoProvider>,
) -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()
}
