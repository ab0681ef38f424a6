//! The element types a model's body can run in. Pooling, norms of vectors and matching are always float32.

use std::fmt;
use std::str::FromStr;

use tch::Kind;

use crate::Error;

/// Element type of weights and hidden states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dtype {
    /// The type in which the answers equal the references to 1e-5.
    Float32,
    /// Half precision; for GPUs.
    Float16,
    /// The half precision with float32's range; for GPUs and processors with AVX-512 BF16.
    BFloat16,
}

impl Dtype {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Float32 => Kind::Float,
            Self::Float16 => Kind::Half,
            Self::BFloat16 => Kind::BFloat16,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Float32 => "float32",
            Self::Float16 => "float16",
            Self::BFloat16 => "bfloat16",
        }
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dtype {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        [Self::Float32, Self::Float16, Self::BFloat16]
            .into_iter()
            .find(|dtype| dtype.name() == name)
            .ok_or_else(|| Error::UnknownName {
                value: name.to_owned(),
                kind: "dtype",
                allowed: "float32, float16, bfloat16",
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back() {
        for dtype in [Dtype::Float32, Dtype::Float16, Dtype::BFloat16] {
            assert_eq!(dtype.to_string().parse::<Dtype>().unwrap(), dtype);
        }
        assert!("int8".parse::<Dtype>().unwrap_err().to_string().contains("int8"));
    }
}
