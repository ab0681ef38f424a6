//! Names and calls: what a pickle means by them, without calling anything.

use crate::dtype::StorageType;
use crate::fault::{Fault, shown};

use super::machine::Machine;
use super::opcode as op;
use super::value::{Global, Object, Value, object};

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
            (Value::Global(Global::RebuildTensor), arguments) => {
                Object::Tensor(Box::new(self.tensor(arguments)?))
            }
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

    /// Drops the attributes of an `OrderedDict`, such as a state dict's `_metadata`.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let plain = matches!(object(&self.objects, state), Some(Object::Dict(_)));
        match self.top()? {
            Object::Dict(_) if plain => Ok(()),
            _ => Err(Fault::damaged("A pickle in it sets attributes of something that has none.")),
        }
    }
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
    known.ok_or_else(|| Fault::Unsafe(format!("{}.{}", shown(module), shown(name))))
}
