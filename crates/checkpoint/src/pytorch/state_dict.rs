//! From a pickle to names and places: a flat dict of tensors, the state dict of one model.

use std::ops::Range;

use crate::entry::Entry;
use crate::fault::{Fault, shown};
use crate::layout::Layout;
use crate::pickle::{Object, Pickle, StorageRef, TensorRef, Value};

/// What Microsoft's DeBERTa checkpoints call the dict of settings that lies between their tensors
/// (<https://github.com/huggingface/transformers/issues/14025>); config.json has the same ones.
const SETTINGS: &str = "config";

/// The tensors that a state dict names.
pub(super) struct StateDict<'p, 'a>(Vec<(&'a str, &'p TensorRef<'a>)>);

impl<'p, 'a> StateDict<'p, 'a> {
    /// The members of `pickle`.
    pub(super) fn of(pickle: &'p Pickle<'a>) -> Result<Self, Fault> {
        let Some(Object::Dict(members)) = pickle.object(pickle.root) else {
            return Err(unsupported("It holds no dict of tensors"));
        };
        let tensors = members.iter().filter(|(name, value)| !settings(pickle, *name, *value));
        tensors.map(|(name, value)| member(pickle, *name, *value)).collect::<Result<_, _>>().map(Self)
    }

    /// Their places, the storages lying where `storage` says.
    pub(super) fn layout(
        &self,
        storage: impl Fn(&StorageRef<'a>) -> Result<Range<usize>, Fault>,
    ) -> Result<Layout, Fault> {
        let mut layout = Layout::default();
        for (name, tensor) in &self.0 {
            layout.insert(
                name,
                Entry::of_view(&tensor.view, tensor.storage.kind, storage(&tensor.storage)?)?,
            )?;
        }
        Ok(layout)
    }
}

fn settings(pickle: &Pickle<'_>, name: Value<'_>, value: Value<'_>) -> bool {
    name == Value::Str(SETTINGS) && matches!(pickle.object(value), Some(Object::Dict(_)))
}

fn member<'p, 'a>(
    pickle: &'p Pickle<'a>,
    name: Value<'a>,
    value: Value<'a>,
) -> Result<(&'a str, &'p TensorRef<'a>), Fault> {
    let Value::Str(name) = name else { return Err(Fault::damaged("It has a tensor whose name is no text.")) };
    match pickle.object(value) {
        Some(Object::Tensor(tensor)) => Ok((name, tensor)),
        _ => Err(nested(name)),
    }
}

fn nested(name: &str) -> Fault {
    unsupported(&format!("Its entry `{}` is no tensor, as in a training checkpoint", shown(name)))
}

fn unsupported(what: &str) -> Fault {
    Fault::Unsupported(format!(
        "{what}. Save the model's state dict alone: torch.save(model.state_dict(), path)."
    ))
}
