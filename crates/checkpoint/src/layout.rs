//! Where the tensors of one file lie, by name.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Place;

use crate::StoredTensor;
use crate::entry::Entry;
use crate::fault::{Fault, shown};

/// Bytes a tensor's name may have; the longest in use have about a hundred.
const MAX_NAME: usize = 512;

/// The names of a file's tensors and their places.
#[derive(Debug, Default)]
pub struct Layout(BTreeMap<String, Entry>);

impl Layout {
    /// All names, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The tensor `name` of `file`, whose layout this is.
    pub fn tensor<'a>(&'a self, file: &'a [u8], name: &str) -> Option<StoredTensor<'a>> {
        StoredTensor::new(self.0.get(name)?, file)
    }

    pub(crate) fn insert(&mut self, name: &str, entry: Entry) -> Result<(), Fault> {
        if name.len() > MAX_NAME || name.contains(char::is_control) {
            return Err(Fault::damaged(format!("`{}` can't be the name of a tensor.", shown(name))));
        }
        match self.0.entry(name.to_owned()) {
            Place::Vacant(place) => drop(place.insert(entry)),
            Place::Occupied(_) => {
                return Err(Fault::damaged(format!("It has two tensors `{}`.", shown(name))));
            }
        }
        Ok(())
    }
}
