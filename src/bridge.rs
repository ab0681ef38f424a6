//! The class behind `GpuBridge`.

use std::cell::RefCell;
use std::sync::Arc;

use gpu_bridge_core::{Bridge, CallOptions, Error};
use napi::Env;
use napi::bindgen_prelude::AsyncTask;
use napi_derive::napi;
use serde::Serialize;

use crate::alive::Alive;
use crate::answer::{Value, json};
use crate::call;
use crate::cancel::Cancel;
use crate::close::Close;
use crate::config;
use crate::engine::Engine;
use crate::limits::Limits;
use crate::log::{self, LogCallback};
use crate::packed::{Texts, TextsArgument};
use crate::payload::{BertScoreSettings, EmbedSettings, RerankSettings};
use crate::settlements::{Settle, Settlements};

/// One bridge. The wrapper in `index.js` checks what it passes.
#[napi]
pub struct NativeBridge {
    bridge: Bridge,
    /// Gone once the bridge is closed.
    engine: RefCell<Option<Engine>>,
    settlements: Arc<Settlements>,
    alive: Alive,
}

#[napi]
impl NativeBridge {
    /// Reads the config, which is JSON, and starts the health checks. Every call has a number, by which `settle` is told
    /// once what it came to. What the core has to say goes to `log`, what is of interest for a single call with
    /// `debug` only.
    #[napi(constructor)]
    pub fn new(
        config: String,
        #[napi(ts_arg_type = "(settled: Settled[]) => void")] settle: Settle<'_>,
        log: Option<LogCallback>,
        debug: Option<bool>,
    ) -> Result<Self, napi::Error<&'static str>> {
        let config = config::read(&config)?;
        let log = log::dispatch(log, debug == Some(true));
        let failed = |error: napi::Error| napi::Error::new("GenericFailure", error.reason);
        let alive = Alive::new(&settle).map_err(failed)?;
        let settlements = Arc::new(Settlements::new(&settle, alive.clone()).map_err(failed)?);
        let engine = Engine::start(config, log).map_err(failed)?;
        Ok(Self { bridge: engine.bridge().clone(), engine: RefCell::new(Some(engine)), settlements, alive })
    }

    /// `GET /health` of every host.
    #[napi]
    pub fn health(
        &self,
        env: &Env,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let survey = async |bridge: Bridge, options| text(bridge.health(options).await);
        self.start(env, call, cancel, limits, survey)
    }

    /// `GET /info` of every host.
    #[napi]
    pub fn info(
        &self,
        env: &Env,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let survey = async |bridge: Bridge, options| text(bridge.info(options).await);
        self.start(env, call, cancel, limits, survey)
    }

    /// `GET /status` of every host.
    #[napi]
    pub fn status(
        &self,
        env: &Env,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let survey = async |bridge: Bridge, options| text(bridge.status(options).await);
        self.start(env, call, cancel, limits, survey)
    }

    /// Texts to vectors.
    #[napi]
    pub fn embed(
        &self,
        env: &Env,
        texts: TextsArgument<'_>,
        settings: Option<EmbedSettings>,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let (texts, settings) = (Texts::from(texts), settings.unwrap_or_default());
        self.start(env, call, cancel, limits, |bridge, options| async move {
            let request = settings.request(texts.unpack().await);
            bridge.embed(request, options).await.map(Value::Vectors)
        })
    }

    /// Candidates against references.
    #[napi]
    #[allow(clippy::too_many_arguments, reason = "an object of arguments costs JavaScript time")]
    pub fn bertscore(
        &self,
        env: &Env,
        candidates: TextsArgument<'_>,
        references: TextsArgument<'_>,
        settings: Option<BertScoreSettings>,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let (candidates, references) = (Texts::from(candidates), Texts::from(references));
        let settings = settings.unwrap_or_default();
        self.start(env, call, cancel, limits, |bridge, options| async move {
            let request = settings.request(candidates.unpack().await, references.unpack().await);
            text(bridge.bertscore(request, options).await)
        })
    }

    /// Documents by their relevance to a query.
    #[napi]
    pub fn rerank(
        &self,
        env: &Env,
        documents: TextsArgument<'_>,
        settings: RerankSettings,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let documents = Texts::from(documents);
        self.start(env, call, cancel, limits, |bridge, options| async move {
            let request = settings.request(documents.unpack().await);
            text(bridge.rerank(request, options).await)
        })
    }

    /// What is known of the hosts, as JSON.
    #[napi]
    pub fn hosts(&self) -> String {
        json(&self.bridge.hosts())
    }

    /// The bridge's figures, as OpenMetrics text.
    #[napi]
    pub fn metrics(&self) -> String {
        self.bridge.metrics()
    }

    /// Ends running calls and joins the threads.
    #[napi(ts_return_type = "Promise<void>")]
    pub fn close(&self) -> AsyncTask<Close> {
        AsyncTask::new(Close::new(self.engine.take()))
    }

    /// Runs the call that `run` makes, which has this number.
    fn start<F>(
        &self,
        env: &Env,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
        run: impl FnOnce(Bridge, CallOptions) -> F,
    ) -> napi::Result<()>
    where
        F: Future<Output = Result<Value, Error>> + Send + 'static,
    {
        let engine = self.engine.borrow();
        let closed = || napi::Error::from_reason("The bridge is closed; make a new one.");
        let engine = engine.as_ref().ok_or_else(closed)?;
        let options = limits.unwrap_or_default().options(call, cancel, &self.settlements);
        self.alive.begin(env)?;
        call::start(engine, call, run(self.bridge.clone(), options), Arc::clone(&self.settlements));
        Ok(())
    }
}

fn text(result: Result<impl Serialize, Error>) -> Result<Value, Error> {
    result.map(|answer| Value::Json(json(&answer)))
}
