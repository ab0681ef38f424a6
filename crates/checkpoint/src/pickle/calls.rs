//! Names, calls and storages: what a pickle means by them, without calling anything.

use crate::dtype::StorageType;
use crate::entry::View;
use crate::fault::{Fault, shown};

use super::machine::Machine;
use super::opcode as op;
use super::value::{Global, Object, StorageRef, TensorRef, Value, object};

impl<'a> Machine<'_, 'a> {
    pub(super) fn call(&mut self, code: u8) -> Result<(), Fault> {
        match code {
            op::GLOBAL => {
                let name = global(self.input.line()?, self.input.line()?)?;
                self.stack.push(Value::Global(name));
            }
            op::STACK_GLOBAL => self.stack_global()?,
            op::REDUCE => self.reduce()?,
            op::BUILD => self.build()?,
            _ => self.persistent()?,
        }
        Ok(())
    }

    fn stack_global(&mut self) -> Result<(), Fault> {
        let (name, module) = (self.pop()?, self.pop()?);
        let (Value::Str(module), Value::Str(name)) = (module, name) else {
            return Err(Fault::damaged("A pickle in it has a name that is no text."));
        };
        self.stack.push(Value::Global(global(module, name)?));
        Ok(())
    }

    fn reduce(&mut self) -> Result<(), Fault> {
        let (arguments, callable) = (self.pop()?, self.pop()?);
        let Some(Object::Tuple(arguments)) = object(&self.objects, arguments) else {
            return Err(Fault::damaged("A pickle in it calls something without a tuple of arguments."));
        };
        let made = match (callable, &arguments[..]) {
            (Value::Global(Global::OrderedDict), []) => Object::Dict(Vec::new()),
            (Value::Global(Global::RebuildTensor), arguments) => Object::Tensor(self.tensor(arguments)?),
            (Value::Global(Global::RebuildParameter), [tensor, _requires_grad, _hooks]) => {
                return self.parameter(*tensor);
            }
            _ => {
                return Err(Fault::damaged("A pickle in it calls something with arguments it doesn't take."));
            }
        };
        self.push(made);
        Ok(())
    }

    /// A parameter is the tensor it wraps.
    fn parameter(&mut self, tensor: Value<'a>) -> Result<(), Fault> {
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
    fn tensor(&self, arguments: &[Value<'a>]) -> Result<TensorRef<'a>, Fault> {
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

    /// Drops the attributes of an `OrderedDict`, such as a state dict's `_metadata`.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let plain = matches!(object(&self.objects, state), Some(Object::Dict(_)));
        match self.top()? {
            Object::Dict(_) if plain => Ok(()),
            _ => Err(Fault::damaged("A pickle in it sets attributes of something that has none.")),
        }
    }

    /// `("storage", class, key, location, elements)`, and in the old format a view, which is `None` since torch 0.4.
    fn persistent(&mut self) -> Result<(), Fault> {
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
        let count = usize::try_from(*count).map_err(|_| no_storage())?;
        self.push(Object::Storage(StorageRef { kind: *kind, key, count }));
        Ok(())
    }
}

fn no_storage() -> Fault {
    Fault::damaged("A pickle in it refers to something outside it that is no storage.")
}

/// The name `module.name`, if it is one of those that a state dict needs.
fn global(module: &str, name: &str) -> Result<Global, Fault> {
    let known = match (module, name) {
        ("collections", "OrderedDict") => Some(Global::OrderedDict),
        ("torch._utils", "_rebuild_tensor_v2") => Some(Global::RebuildTensor),
        ("torch._utils", "_rebuild_parameter") => Some(Global::RebuildParameter),
        ("torch", class) => StorageType::of_class(class).map(Global::Storage),
        _ => None,
    };
    known.ok_or_else(|| Fault::Unsafe(shown(&format!("{module}.{name}"))))
}
