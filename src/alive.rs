//! Keeps the process alive while calls run, and no longer: a bridge that is idle holds nobody.

use std::cell::RefCell;
use std::rc::Rc;

use napi::threadsafe_function::ThreadsafeFunction;
use napi::{Env, Status};

use crate::settlements::Settle;

type Handle = ThreadsafeFunction<(), (), (), Status, false, true>;

/// See the module. Clones count together. It never leaves the JavaScript thread.
#[derive(Clone)]
pub(crate) struct Alive(Rc<RefCell<State>>);

struct State {
    running: usize,
    /// Never called; the event loop waits for it while it is referred to.
    handle: Handle,
}

impl Alive {
    /// # Errors
    /// When Node can't be given one more handle.
    pub(crate) fn new(settle: &Settle<'_>) -> napi::Result<Self> {
        let handle = settle.build_threadsafe_function::<()>().weak::<true>().build_callback(|_| Ok(()))?;
        Ok(Self(Rc::new(RefCell::new(State { running: 0, handle }))))
    }

    /// A call begins.
    ///
    /// # Errors
    /// When Node refuses, which it does at its end only.
    pub(crate) fn begin(&self, env: &Env) -> napi::Result<()> {
        self.change(env, |running| running + 1)
    }

    /// So many calls have ended.
    ///
    /// # Errors
    /// When Node refuses, which it does at its end only.
    pub(crate) fn end(&self, calls: usize, env: &Env) -> napi::Result<()> {
        self.change(env, |running| running.saturating_sub(calls))
    }

    #[allow(deprecated, reason = "clones of a function that is weak wouldn't hold the process")]
    fn change(&self, env: &Env, count: impl FnOnce(usize) -> usize) -> napi::Result<()> {
        let state = &mut *self.0.borrow_mut();
        let before = state.running;
        state.running = count(before);
        match (before, state.running) {
            (0, 1..) => state.handle.refer(env),
            (1.., 0) => state.handle.unref(env),
            _ => Ok(()),
        }
    }
}
