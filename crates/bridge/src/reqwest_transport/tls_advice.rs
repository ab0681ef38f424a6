//! What can be done about a TLS connection that wasn't made, in words of the config: rustls can't know those.

use std::error::Error as StdError;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

use super::causes::causes;

/// For people; `None` where the error says enough, or didn't come of TLS.
pub(crate) fn advice(error: &(dyn StdError + 'static)) -> Option<&'static str> {
    match causes(error).find_map(|cause| cause.downcast_ref())? {
        // Of a stranger that goes by the name of one who is trusted, the signature is found to be bad.
        Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_),
        ) => Some(
            "the host's certificate isn't trusted; if it should be, set the host's `tls.ca` to its authority's certificate, \
             or to its own",
        ),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            Some("no TLS is spoken there; if none is meant, begin the host's `url` with http://")
        }
        Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Some("the host wants to be shown a certificate; set the host's `tls.cert` and `tls.key`")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[test]
    fn advice_is_given_however_deep_the_error_lies() {
        let wanted = Error::AlertReceived(AlertDescription::CertificateRequired);
        let stranger = Error::InvalidCertificate(CertificateError::UnknownIssuer);
        for (error, words) in [(wanted, "`tls.cert` and `tls.key`"), (stranger, "`tls.ca`")] {
            let wrapped = io::Error::other(io::Error::other(error));
            assert!(advice(&wrapped).is_some_and(|advice| advice.contains(words)), "{words}");
        }
        assert_eq!(advice(&Error::InvalidCertificate(CertificateError::Expired)), None);
        assert_eq!(advice(&io::Error::from_raw_os_error(111)), None);
    }
}
