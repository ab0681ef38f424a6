//! The class behind `GpuBridge`.

use std::cell::RefCell;
use std::sync::Arc;

use gpu_bridge_core::{Bridge, CallOptions, Error};
use napi::Env;
use napi::bindgen_prelude::{AsyncTask, Either};
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
use crate::packed::{PackedTexts, Texts};
use crate::payload::{BertScoreInput, EmbedSettings, RerankInput};
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
        let (bridge, options) = (self.bridge.clone(), self.options(call, cancel, limits));
        self.start(env, call, async move { text(bridge.health(options).await) })
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
        let (bridge, options) = (self.bridge.clone(), self.options(call, cancel, limits));
        self.start(env, call, async move { text(bridge.info(options).await) })
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
        let (bridge, options) = (self.bridge.clone(), self.options(call, cancel, limits));
        self.start(env, call, async move { text(bridge.status(options).await) })
    }

    /// Texts to vectors.
    #[napi]
    pub fn embed(
        &self,
        env: &Env,
        texts: Either<Vec<String>, PackedTexts>,
        settings: Option<EmbedSettings>,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let (bridge, options) = (self.bridge.clone(), self.options(call, cancel, limits));
        let (texts, settings) = (Texts::from(texts), settings.unwrap_or_default());
        self.start(env, call, async move {
            bridge.embed(settings.request(texts.unpack()), options).await.map(Value::Vectors)
        })
    }

    /// Candidates against references.
    #[napi]
    pub fn bertscore(
        &self,
        env: &Env,
        input: BertScoreInput,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let (bridge, options) = (self.bridge.clone(), self.options(call, cancel, limits));
        self.start(env, call, async move { text(bridge.bertscore(input.into(), options).await) })
    }

    /// Documents by their relevance to a query.
    #[napi]
    pub fn rerank(
        &self,
        env: &Env,
        input: RerankInput,
        call: u32,
        cancel: Option<&Cancel>,
        limits: Option<Limits>,
    ) -> napi::Result<()> {
        let (bridge, options) = (self.bridge.clone(), self.options(call, cancel, limits));
        self.start(env, call, async move { text(bridge.rerank(input.into(), options).await) })
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

    fn options(&self, call: u32, cancel: Option<&Cancel>, limits: Option<Limits>) -> CallOptions {
        limits.unwrap_or_default().options(call, cancel, &self.settlements)
    }

    fn start(
        &self,
        env: &Env,
        number: u32,
        call: impl Future<Output = Result<Value, Error>> + Send + 'static,
    ) -> napi::Result<()> {
        let engine = self.engine.borrow();
        let closed = || napi::Error::from_reason("The bridge is closed; make a new one.");
        let engine = engine.as_ref().ok_or_else(closed)?;
        self.alive.begin(env)?;
        call::start(engine, number, call, Arc::clone(&self.settlements));
        Ok(())
    }
}

fn text(result: Result<impl Serialize, Error>) -> Result<Value, Error> {
    result.map(|answer| Value::Json(json(&answer)))
}
