//! Tensors, and the storages they are views of: their descriptions are checked for form here, for sense in [`crate::entry`].

use crate::entry::View;
use crate::fault::Fault;

use super::machine::Machine;
use super::value::{Global, Object, StorageRef, TensorRef, Value, object};

/// Bytes a storage's key may have; torch writes a number.
const MAX_KEY: usize = 64;

impl<'a> Machine<'_, 'a> {
    /// A parameter is the tensor it wraps.
    pub(super) fn parameter(&mut self, tensor: Value<'a>) -> Result<(), Fault> {
        match object(&self.objects, tensor) {
            Some(Object::Tensor(_)) => self.stack.push(tensor),
            _ => {
                return Err(Fault::damaged(
                    "A pickle in it makes a parameter of something that is no tensor.",
                ));
            }
        }
        Ok(())
    }

    /// `torch._utils._rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks, metadata=None)`.
    pub(super) fn tensor(&self, arguments: &[Value<'a>]) -> Result<TensorRef<'a>, Fault> {
        let malformed = || Fault::damaged("A pickle in it describes a tensor in a way that torch doesn't.");
        let (described, metadata) = arguments.split_at_checked(6).ok_or_else(malformed)?;
        let [storage, Value::Int(offset), shape, strides, _requires_grad, _hooks] = described else {
            return Err(malformed());
        };
        if !matches!(metadata, [] | [Value::None]) {
            return Err(Fault::Unsupported(
                "It has conjugated or negated tensors, which no model here has.".into(),
            ));
        }
        let Some(Object::Storage(storage)) = object(&self.objects, *storage) else { return Err(malformed()) };
        let offset = usize::try_from(*offset).map_err(|_| malformed())?;
        let (shape, strides) = (self.lengths(*shape)?, self.lengths(*strides)?);
        Ok(TensorRef { storage: *storage, view: View { offset, shape, strides } })
    }

    fn lengths(&self, tuple: Value<'a>) -> Result<Vec<usize>, Fault> {
        let negative = || Fault::damaged("A pickle in it has a tensor whose shape or strides can't be any.");
        let Some(Object::Tuple(items)) = object(&self.objects, tuple) else { return Err(negative()) };
        let length = |item: &Value<'_>| match item {
            Value::Int(length) => usize::try_from(*length).ok(),
            _ => None,
        };
        if items.len() > View::MAX_RANK {
            return Err(negative());
        }
        items.iter().map(length).collect::<Option<_>>().ok_or_else(negative)
    }

    /// `("storage", class, key, location, elements)`, and in the old format a view, which is `None` since torch 0.4.
    pub(super) fn persistent(&mut self) -> Result<(), Fault> {
        let id = self.pop()?;
        let Some(Object::Tuple(items)) = object(&self.objects, id) else { return Err(no_storage()) };
        let (described, view) = items.split_at_checked(5).ok_or_else(no_storage)?;
        let [
            Value::Str("storage"),
            Value::Global(Global::Storage(kind)),
            Value::Str(key),
            Value::Str(_),
            Value::Int(count),
        ] = described
        else {
            return Err(no_storage());
        };
        if !matches!(view, [] | [Value::None]) {
            return Err(Fault::Unsupported(
                "It has views of storages, which torch 0.3 saved. Save it with a newer torch.".into(),
            ));
        }
        let count = usize::try_from(*count).ok().filter(|_| key.len() <= MAX_KEY).ok_or_else(no_storage)?;
        self.push(Object::Storage(StorageRef { kind: *kind, key, count }));
        Ok(())
    }
}

fn no_storage() -> Fault {
    Fault::damaged("A pickle in it refers to something outside it that is no storage.")
}
