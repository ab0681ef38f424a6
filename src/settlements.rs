//! News of calls on its way to JavaScript: gathered on the bridge's thread, handed over all at once and in order.
//!
//! One function of JavaScript's takes the progress and the answers of all calls. It is woken for the first that waits,
//! an answer after whatever else was ready to run, and finds what came meanwhile as well, so that many small calls cost
//! few turns of the event loop. A function for each call, as napi's promises have it, would cost more than the call.

use std::sync::{Arc, Mutex, PoisonError};

use napi::Status;
use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use tokio::task::yield_now;

use crate::alive::Alive;
use crate::answer::{Answer, News, Settled};
use crate::progress::ProgressEvent;

/// JavaScript's function, which takes a list of [`Settled`].
pub type Settle<'a> = Function<'a, Vec<Settled>, ()>;

type Wake = ThreadsafeFunction<(), (), Vec<Settled>, Status, false, true>;
type Waiting = Arc<Mutex<Vec<(u32, News)>>>;

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
            let news = std::mem::take(&mut *taken.lock().unwrap_or_else(PoisonError::into_inner));
            let ended = news.iter().filter(|(_, news)| matches!(news, News::Answer(_))).count();
            alive.end(ended, &context.env)?;
            Ok(news.into_iter().map(Settled::from).collect())
        })?;
        Ok(Self { waiting, wake })
    }

    /// Settles a call, which has this number in JavaScript; `more` calls may be about to be settled as well.
    pub(crate) async fn settle(&self, call: u32, answer: Answer, more: bool) {
        if self.is_first(call, News::Answer(answer)) {
            if more {
                yield_now().await;
            }
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Says how far a call has come. From any thread.
    pub(crate) fn progress(&self, call: u32, progress: ProgressEvent) {
        if self.is_first(call, News::Progress(progress)) {
            self.wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Adds to what waits. The lock is free again before JavaScript is woken, which would wait for it.
    fn is_first(&self, call: u32, news: News) -> bool {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push((call, news));
        waiting.len() == 1
    }
}
