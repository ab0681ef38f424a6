//! The header of a safetensors body of vectors: eight bytes of length, then JSON.
//!
//! Reads what the contract says is there and passes over the rest. The library's own reader makes tables of whatever a
//! file may hold, at several times the cost, which is felt where an answer is one short vector.

use safetensors::tensor::{Dtype, SafeTensorError, TensorInfo};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::vectors::VectorsError;

/// See the module.
#[derive(Deserialize)]
pub(crate) struct Header {
    #[serde(rename = "__metadata__", default)]
    pub(crate) metadata: Metadata,
    embeddings: TensorInfo,
}

/// Values are strings, whatever they say.
#[derive(Default, Deserialize)]
pub(crate) struct Metadata {
    pub(crate) model: Option<String>,
    pub(crate) tokens: Option<String>,
    pub(crate) truncated: Option<String>,
}

impl Header {
    /// The header, and the bytes behind it.
    ///
    /// # Errors
    /// Where there is no header.
    pub(crate) fn split(body: &[u8]) -> Result<(Self, &[u8]), SafeTensorError> {
        let (length, rest) = body.split_first_chunk().ok_or(SafeTensorError::HeaderTooSmall)?;
        let length = usize::try_from(u64::from_le_bytes(*length));
        let length = length.map_err(|_| SafeTensorError::HeaderTooLarge)?;
        let (header, data) = rest.split_at_checked(length).ok_or(SafeTensorError::InvalidHeaderLength)?;
        let header = serde_json::from_slice(header).map_err(SafeTensorError::InvalidHeaderDeserialization)?;
        Ok((header, data))
    }

    /// The width of the matrix that `data` is.
    ///
    /// # Errors
    /// Where it isn't one, or isn't all that is there.
    pub(crate) fn dimensions(&self, data: &[u8]) -> Result<usize, VectorsError> {
        let TensorInfo { dtype, shape, data_offsets } = &self.embeddings;
        let (Dtype::F32, &[rows, dimensions]) = (*dtype, &shape[..]) else {
            return Err(VectorsError::Tensor { dtype: *dtype, shape: shape.clone() });
        };
        let bytes = rows.checked_mul(dimensions).and_then(|numbers| numbers.checked_mul(size_of::<f32>()));
        match bytes.map(|bytes| (0, bytes)) {
            Some(all) if all != *data_offsets => Err(SafeTensorError::TensorInvalidInfo.into()),
            Some((_, bytes)) if bytes == data.len() => Ok(dimensions),
            _ => Err(SafeTensorError::MetadataIncompleteBuffer.into()),
        }
    }
}

/// What an entry of the metadata says.
///
/// # Errors
/// Where it isn't there, or says something else.
pub(crate) fn read<T: DeserializeOwned>(key: &'static str, value: Option<String>) -> Result<T, VectorsError> {
    let read = value.as_deref().and_then(|text| serde_json::from_str(text).ok());
    read.ok_or(VectorsError::Metadata { key, value })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The width that is read where a tensor of this shape is said to have that many of 24 bytes.
    fn dimensions(shape: &[usize], bytes: usize) -> Result<usize, VectorsError> {
        let header = json!({ "embeddings": { "dtype": "F32", "shape": shape, "data_offsets": [0, bytes] } });
        let header = header.to_string();
        let body = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 24]].concat();
        let (header, data) = Header::split(&body)?;
        header.dimensions(data)
    }

    #[test]
    fn a_matrix_is_as_large_as_its_shape_says() {
        assert_eq!(dimensions(&[2, 3], 24).unwrap(), 3);
        for (shape, bytes) in
            [(&[2, 3][..], 20), (&[2, 2], 16), (&[2, 4], 32), (&[6], 24), (&[1 << 62, 16], 0)]
        {
            assert!(dimensions(shape, bytes).is_err(), "{shape:?} of {bytes} bytes was accepted");
        }
    }

    #[test]
    fn a_header_that_is_longer_than_the_body_is_an_error() {
        for length in [1, 9, u64::MAX] {
            assert!(Header::split(&length.to_le_bytes()).is_err(), "{length} bytes of nothing were accepted");
        }
    }
}
