//! Tuples, lists and dicts.

use crate::fault::Fault;

use super::machine::Machine;
use super::opcode as op;
use super::value::Object;

impl Machine<'_, '_> {
    pub(super) fn contain(&mut self, code: u8) -> Result<(), Fault> {
        match code {
            op::MARK => self.marks.push(self.stack.len()),
            op::EMPTY_TUPLE => self.push(Object::Tuple(Vec::new())),
            op::TUPLE1 => self.tuple(1)?,
            op::TUPLE2 => self.tuple(2)?,
            op::TUPLE3 => self.tuple(3)?,
            op::TUPLE => {
                let items = self.pop_to_mark()?;
                self.push(Object::Tuple(items));
            }
            op::EMPTY_LIST => self.push(Object::List(Vec::new())),
            op::APPEND => self.append(1)?,
            op::APPENDS => {
                let above = self.above_mark()?;
                self.append(above)?;
            }
            op::EMPTY_DICT => self.push(Object::Dict(Vec::new())),
            op::SETITEM => self.set_items(2)?,
            op::SETITEMS => {
                let above = self.above_mark()?;
                self.set_items(above)?;
            }
            other => return Err(self.unknown(other)),
        }
        Ok(())
    }

    fn tuple(&mut self, length: usize) -> Result<(), Fault> {
        let items = self.pop_many(length)?;
        self.push(Object::Tuple(items));
        Ok(())
    }

    fn append(&mut self, count: usize) -> Result<(), Fault> {
        let items = self.pop_many(count)?;
        match self.top()? {
            Object::List(list) => list.extend(items),
            _ => return Err(Fault::damaged("A pickle in it appends to something that is no list.")),
        }
        Ok(())
    }

    fn set_items(&mut self, count: usize) -> Result<(), Fault> {
        let items = self.pop_many(count)?;
        match (self.top()?, items.as_chunks::<2>()) {
            (Object::Dict(dict), (pairs, [])) => dict.extend(pairs.iter().map(|[key, value]| (*key, *value))),
            _ => return Err(Fault::damaged("A pickle in it sets members of something that is no dict.")),
        }
        Ok(())
    }
}
