//! Closing, off the JavaScript thread: it waits for calls to end and for threads to join.

use napi::{Env, Task};

use crate::engine::Engine;

/// Closes an engine on one of Node's own worker threads, which Node waits for before an environment goes.
pub struct Close {
    engine: Option<Engine>,
}

impl Close {
    /// `None` where the bridge was closed before.
    pub(crate) fn new(engine: Option<Engine>) -> Self {
        Self { engine }
    }
}

impl Task for Close {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> napi::Result<()> {
        if let Some(engine) = self.engine.take() {
            engine.close();
        }
        Ok(())
    }

    fn resolve(&mut self, _env: Env, (): ()) -> napi::Result<()> {
        Ok(())
    }
}
