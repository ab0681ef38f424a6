//! What a pickle describes: flat values, and the objects they refer to.

use crate::dtype::StorageType;
use crate::entry::View;

/// A value; copying one copies no more than a handle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    /// An integer of more than eight bytes, little-endian.
    Long(&'a [u8]),
    Str(&'a str),
    Global(Global),
    /// A place in [`Pickle::objects`].
    Object(usize),
}

/// The names that a pickle may use.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Global {
    OrderedDict,
    RebuildTensor,
    RebuildParameter,
    Storage(StorageType),
}

/// What a handle stands for.
#[derive(Debug)]
pub(crate) enum Object<'a> {
    Tuple(Vec<Value<'a>>),
    List(Vec<Value<'a>>),
    /// Members in the order of the file; equal keys are for the reader to find.
    Dict(Vec<(Value<'a>, Value<'a>)>),
    Storage(StorageRef<'a>),
    /// Boxed, because every other object would else take the room of a tensor.
    Tensor(Box<TensorRef<'a>>),
}

/// A storage by the key under which the file keeps its bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StorageRef<'a> {
    pub(crate) kind: StorageType,
    pub(crate) key: &'a str,
    /// Elements.
    pub(crate) count: usize,
}

/// A tensor as a view into a storage.
#[derive(Debug)]
pub(crate) struct TensorRef<'a> {
    pub(crate) storage: StorageRef<'a>,
    pub(crate) view: View,
}

/// A pickle that was read.
#[derive(Debug)]
pub(crate) struct Pickle<'a> {
    pub(crate) root: Value<'a>,
    pub(crate) objects: Vec<Object<'a>>,
}

impl<'a> Pickle<'a> {
    /// The object that `value` is a handle of.
    pub(crate) fn object(&self, value: Value<'a>) -> Option<&Object<'a>> {
        object(&self.objects, value)
    }
}

pub(super) fn object<'o, 'a>(objects: &'o [Object<'a>], value: Value<'a>) -> Option<&'o Object<'a>> {
    match value {
        Value::Object(place) => objects.get(place),
        _ => None,
    }
}
