//! What a loaded model says about itself in `/info`.

use sha2::{Digest, Sha256};

use crate::Dtype;

/// Facts about a loaded model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFacts {
    /// Element type of the weights.
    pub dtype: Dtype,
    /// Width of a vector; of a token's state for a scorer; the number of labels for a cross-encoder.
    pub dimensions: usize,
    /// Tokens after which a text is cut, special ones included.
    pub max_seq_length: usize,
    /// Bytes of all weights on the device.
    pub memory_bytes: u64,
    /// 16 hex digits over architecture, pipeline, tokenizer, weights and element type: equal on two hosts exactly where
    /// their answers are interchangeable.
    pub fingerprint: String,
}

/// Hashes the parts that decide a model's answers. Each part is hashed by itself first, so that no boundary can shift.
pub(crate) fn fingerprint(parts: &[&[u8]]) -> String {
    let mut whole = Sha256::new();
    for part in parts {
        whole.update(Sha256::digest(part));
    }
    whole.finalize()[..8].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_16_hex_digits_and_knows_its_boundaries() {
        let print = fingerprint(&[b"ab", b"c"]);
        assert_eq!(print.len(), 16);
        assert!(print.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(print, fingerprint(&[b"a", b"bc"]));
    }
}
