//! The element types of stored tensors.

/// Element type of a tensor in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dtype {
    /// IEEE double.
    F64,
    /// IEEE single.
    F32,
    /// IEEE half.
    F16,
    /// The upper half of a single.
    BF16,
    /// Signed, 8 bytes.
    I64,
    /// Signed, 4 bytes.
    I32,
    /// Signed, 2 bytes.
    I16,
    /// Signed, 1 byte.
    I8,
    /// Unsigned, 1 byte.
    U8,
    /// A byte of 0 or 1.
    Bool,
    /// One that no model here uses, such as a quantised type.
    Other,
}

impl From<safetensors::Dtype> for Dtype {
    fn from(dtype: safetensors::Dtype) -> Self {
        use safetensors::Dtype as Stored;
        match dtype {
            Stored::F64 => Self::F64,
            Stored::F32 => Self::F32,
            Stored::F16 => Self::F16,
            Stored::BF16 => Self::BF16,
            Stored::I64 => Self::I64,
            Stored::I32 => Self::I32,
            Stored::I16 => Self::I16,
            Stored::I8 => Self::I8,
            Stored::U8 => Self::U8,
            Stored::BOOL => Self::Bool,
            _ => Self::Other,
        }
    }
}

/// An element type that torch has a storage class for, by the class's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorageType {
    pub(crate) dtype: Dtype,
    /// Bytes of one element.
    pub(crate) size: usize,
}

impl StorageType {
    /// What `torch.{name}` holds.
    pub(crate) fn of_class(name: &str) -> Option<Self> {
        let (dtype, size) = match name {
            "DoubleStorage" => (Dtype::F64, 8),
            "FloatStorage" => (Dtype::F32, 4),
            "HalfStorage" => (Dtype::F16, 2),
            "BFloat16Storage" => (Dtype::BF16, 2),
            "LongStorage" => (Dtype::I64, 8),
            "IntStorage" => (Dtype::I32, 4),
            "ShortStorage" => (Dtype::I16, 2),
            "CharStorage" => (Dtype::I8, 1),
            "ByteStorage" => (Dtype::U8, 1),
            "BoolStorage" => (Dtype::Bool, 1),
            _ => return None,
        };
        Some(Self { dtype, size })
    }
}
