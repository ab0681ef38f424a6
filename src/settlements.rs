//! Answers on their way to JavaScript: gathered on the bridge's thread, handed over all at once.
//!
//! One function of JavaScript's takes the answers of all calls. It is woken by the first that waits and finds those
//! that came meanwhile as well, so that many small calls cost few turns of the event loop. A function for each call,
//! as napi's promises have it, would cost more than the call.

use std::sync::{Arc, Mutex, PoisonError};

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};

use crate::alive::Alive;
use crate::answer::{Answer, Settled};

/// JavaScript's function, which takes a list of [`Settled`].
pub type Settle<'a> = Function<'a, Vec<Settled>, ()>;

type Wake = ThreadsafeFunction<(), (), Vec<Settled>, Status, false, true>;
type Waiting = Arc<Mutex<Vec<(u32, Answer)>>>;

/// See the module.
pub(crate) struct Settlements {
    waiting: Waiting,
    wake: Wake,
}

impl Settlements {
    /// `alive` is told of every call that is settled.
    ///
    /// # Errors
    /// When Node can't be given one more function to call.
    pub(crate) fn new(settle: &Settle<'_>, alive: Alive) -> napi::Result<Self> {
        let waiting = Waiting::default();
        let taken = Arc::clone(&waiting);
        let wake = settle.build_threadsafe_function::<()>().weak::<true>();
        let wake = wake.build_callback(move |context| {
            let answers = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
            alive.end(answers.len(), &context.env)?;
            Ok(answers.into_iter().map(Settled::from).collect())
        })?;
        Ok(Self { waiting, wake })
    }

    /// Settles a call, which has this number in JavaScript. From any thread.
    pub(crate) fn settle(&self, call: u32, answer: Answer) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((call, answer));
        if waiting.len() == 1 {
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }
}
