//! The stack machine: its stack, its marks and its memo. Every other instruction has a file of its own.

use std::collections::HashMap;

use crate::cursor::Cursor;
use crate::fault::Fault;

use super::literals::literal;
use super::opcode as op;
use super::value::{Object, Pickle, Value};

/// Instructions of one pickle. A tensor takes about thirty; models have up to some thousand tensors.
const MAX_INSTRUCTIONS: usize = 1 << 20;

pub(super) struct Machine<'i, 'a> {
    pub(super) input: &'i mut Cursor<'a>,
    pub(super) stack: Vec<Value<'a>>,
    pub(super) marks: Vec<usize>,
    memo: HashMap<u32, Value<'a>>,
    pub(super) objects: Vec<Object<'a>>,
}

/// Reads the pickle at `input`, which is left behind it.
pub(crate) fn read<'a>(input: &mut Cursor<'a>) -> Result<Pickle<'a>, Fault> {
    let (stack, marks, objects) = (Vec::new(), Vec::new(), Vec::new());
    let mut machine = Machine { input, stack, marks, memo: HashMap::new(), objects };
    for _ in 0..MAX_INSTRUCTIONS {
        match machine.input.u8()? {
            op::STOP => return Ok(Pickle { root: machine.pop()?, objects: machine.objects }),
            code => machine.step(code)?,
        }
    }
    Err(Fault::damaged(format!("A pickle in it has more than {MAX_INSTRUCTIONS} instructions.")))
}

impl<'a> Machine<'_, 'a> {
    fn step(&mut self, code: u8) -> Result<(), Fault> {
        if let Some(value) = literal(code, self.input)? {
            self.stack.push(value);
            return Ok(());
        }
        match code {
            op::PROTO => self.input.u8().map(drop),
            op::FRAME => self.input.u64().map(drop),
            op::BINPUT | op::LONG_BINPUT | op::MEMOIZE => self.memoize(code),
            op::BINGET | op::LONG_BINGET => self.recall(code),
            op::GLOBAL | op::STACK_GLOBAL | op::REDUCE | op::BUILD | op::BINPERSID => self.call(code),
            _ => self.contain(code),
        }
    }

    fn memoize(&mut self, code: u8) -> Result<(), Fault> {
        let number = match code {
            op::BINPUT => self.input.u8()?.into(),
            op::LONG_BINPUT => self.input.u32()?,
            _ => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
        };
        let top = self.stack.last().copied().ok_or_else(|| self.empty())?;
        self.memo.insert(number, top);
        Ok(())
    }

    fn recall(&mut self, code: u8) -> Result<(), Fault> {
        let number = if code == op::BINGET { self.input.u8()?.into() } else { self.input.u32()? };
        let unknown =
            || Fault::damaged(format!("A pickle in it recalls value {number}, which it never kept."));
        self.stack.push(self.memo.get(&number).copied().ok_or_else(unknown)?);
        Ok(())
    }

    pub(super) fn push(&mut self, object: Object<'a>) {
        self.stack.push(Value::Object(self.objects.len()));
        self.objects.push(object);
    }

    /// Takes the top of the stack; nothing below the last mark can be taken.
    pub(super) fn pop(&mut self) -> Result<Value<'a>, Fault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        self.stack.pop().filter(|_| self.stack.len() >= floor).ok_or_else(|| self.empty())
    }

    pub(super) fn pop_many(&mut self, count: usize) -> Result<Vec<Value<'a>>, Fault> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let from =
            self.stack.len().checked_sub(count).filter(|from| *from >= floor).ok_or_else(|| self.empty())?;
        Ok(self.stack.split_off(from))
    }

    pub(super) fn pop_to_mark(&mut self) -> Result<Vec<Value<'a>>, Fault> {
        let above = self.above_mark()?;
        self.pop_many(above)
    }

    /// Forgets the last mark; answers how many values lie above it.
    pub(super) fn above_mark(&mut self) -> Result<usize, Fault> {
        let mark = self.marks.pop().ok_or_else(|| Fault::damaged("A pickle in it lacks a mark."))?;
        Ok(self.stack.len() - mark)
    }

    /// The object on top of the stack, which stays there.
    pub(super) fn top(&mut self) -> Result<&mut Object<'a>, Fault> {
        let place = match self.stack.last() {
            Some(Value::Object(place)) => Some(*place),
            _ => None,
        };
        let found = place.and_then(|place| self.objects.get_mut(place));
        found.ok_or_else(|| Fault::damaged("A pickle in it changes something that is no object."))
    }

    fn empty(&self) -> Fault {
        Fault::damaged(format!("A pickle in it takes from an empty stack at byte {}.", self.input.at()))
    }

    pub(super) fn unknown(&self, code: u8) -> Fault {
        match op::calling(code) {
            Some(name) => Fault::Unsafe(format!("the pickle instruction {name}")),
            None => Fault::damaged(format!(
                "The byte {code:#04x} before {} is no instruction of a state dict.",
                self.input.at()
            )),
        }
    }
}
