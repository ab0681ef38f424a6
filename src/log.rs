//! The core's events on their way to a JavaScript logger.
//!
//! Each bridge has a subscriber of its own, set on its futures and nowhere else: so many bridges, workers and reloads
//! in one process tell each their own logger, and a bridge without one pays nothing. Spans are for programs that
//! embed the core; a line says by itself which host and which call it is about. The function is called from the
//! JavaScript thread when that is free; where it isn't for long, lines are dropped rather than kept without bound.

use std::fmt::{self, Write};

use napi::Status;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi_derive::napi;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// Lines that wait for the JavaScript thread.
const WAITING: usize = 1024;
/// Libraries below the core have events of their own, which are nobody's business here.
const CORE: &str = "gpu_bridge_core";

/// One line.
#[napi(object, object_from_js = false)]
pub struct LogLine {
    /// `debug`, `info`, `warn` or `error`: the method of the logger.
    pub level: &'static str,
    /// A sentence or two.
    pub line: String,
}

/// The function that lines go to. Holding it doesn't keep the process alive.
pub type LogCallback = ThreadsafeFunction<LogLine, (), LogLine, Status, false, true, WAITING>;

/// What a bridge's futures run under. Without `debug` only what changes a host's standing is told.
pub(crate) fn dispatch(callback: Option<LogCallback>, debug: bool) -> Dispatch {
    let most = if debug { LevelFilter::DEBUG } else { LevelFilter::INFO };
    callback.map_or_else(Dispatch::none, |callback| Dispatch::new(Lines { callback, most }))
}

struct Lines {
    callback: LogCallback,
    most: LevelFilter,
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && metadata.target().starts_with(CORE) && metadata.level() <= &self.most
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.most)
    }

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        let level = word(*event.metadata().level());
        self.callback.call(LogLine { level, line: message.0 }, ThreadsafeFunctionCallMode::NonBlocking);
    }

    // No span is enabled, so none of these is called with one.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        _ => "debug",
    }
}

/// An event's sentence; its other fields are in it already.
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // A string takes whatever is written to it.
            let _ = write!(self.0, "{value:?}");
        }
    }
}
