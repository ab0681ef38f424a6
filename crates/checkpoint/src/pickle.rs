//! Pickles, as far as a state dict needs them.
//!
//! A pickle is a program for a small stack machine, and Python's own machine may call anything. This one knows the
//! instructions that `torch.save` writes, the containers they build, and thirteen names: `OrderedDict`, two functions that
//! make tensors and ten storage classes. It calls nothing: it builds [`Value`]s, which say what the file describes. Any other
//! name or instruction ends the reading.
//!
//! Values are numbers and handles into one list of objects, so a value that is used a thousand times is stored once, a dict
//! that holds itself is harmless, and no nesting is deep for whoever reads or drops it. Every instruction makes at most one
//! object, and their number is bounded.

mod calls;
mod containers;
mod literals;
mod machine;
mod opcode;
mod tensors;
mod value;

pub(crate) use machine::read;
pub(crate) use value::{Object, Pickle, StorageRef, TensorRef, Value};
