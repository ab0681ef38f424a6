//! From a pickle to names and places: a flat dict of tensors, the state dict of one model.

use std::ops::Range;

use crate::entry::Entry;
use crate::fault::{Fault, shown};
use crate::layout::Layout;
use crate::pickle::{Object, Pickle, StorageRef, Value};

/// The places of the tensors in `pickle`, whose storages lie where `storage` says.
pub(super) fn layout<'a>(
    pickle: &Pickle<'a>,
    storage: impl Fn(&StorageRef<'a>) -> Result<Range<usize>, Fault>,
) -> Result<Layout, Fault> {
    let Some(Object::Dict(members)) = pickle.object(pickle.root) else {
        return Err(unsupported("It holds no dict of tensors"));
    };
    let mut layout = Layout::default();
    for (name, value) in members {
        let Value::Str(name) = name else {
            return Err(Fault::damaged("It has a tensor whose name is no text."));
        };
        let Some(Object::Tensor(tensor)) = pickle.object(*value) else { return Err(nested(name)) };
        layout.insert(name, Entry::of_view(&tensor.view, tensor.storage.kind, storage(&tensor.storage)?)?)?;
    }
    Ok(layout)
}

fn nested(name: &str) -> Fault {
    unsupported(&format!("Its entry `{}` is no tensor, as in a training checkpoint", shown(name)))
}

fn unsupported(what: &str) -> Fault {
    Fault::Unsupported(format!(
        "{what}. Save the model's state dict alone: torch.save(model.state_dict(), path)."
    ))
}
