//! The class behind `GpuBridge`.

use std::cell::RefCell;
use std::time::Duration;

use gpu_bridge_core::{Bridge, CallOptions, Error};
use napi::Env;
use napi::bindgen_prelude::{AsyncTask, Object, ToNapiValue};
use napi_derive::napi;
use serde::Serialize;

use crate::answer::{TextAnswer, VectorsAnswer};
use crate::call::promise;
use crate::cancel::Cancel;
use crate::close::Close;
use crate::config;
use crate::engine::Engine;
use crate::log::{self, LogCallback};
use crate::payload::{BertScoreInput, EmbedInput, RerankInput};
use crate::progress::{ProgressCallback, Told};
use crate::trace::{self, TraceHeaders};

/// One bridge. The wrapper in `index.js` checks what it passes.
#[napi]
pub struct NativeBridge {
    bridge: Bridge,
    /// Gone once the bridge is closed.
    engine: RefCell<Option<Engine>>,
}

#[napi]
impl NativeBridge {
    /// Reads the config, which is JSON, and starts the health checks. What the core has to say goes to `log`, what is
    /// of interest for a single call with `debug` only.
    #[napi(constructor)]
    pub fn new(
        config: String,
        log: Option<LogCallback>,
        debug: Option<bool>,
    ) -> Result<Self, napi::Error<&'static str>> {
        let config = config::read(&config)?;
        let log = log::dispatch(log, debug == Some(true));
        let engine =
            Engine::start(config, log).map_err(|error| napi::Error::new("GenericFailure", error.reason))?;
        Ok(Self { bridge: engine.bridge().clone(), engine: RefCell::new(Some(engine)) })
    }

    /// `GET /health` of every host.
    #[napi(ts_return_type = "Promise<TextAnswer>")]
    pub fn health<'env>(
        &self,
        env: &'env Env,
        cancel: &Cancel,
        timeout: Option<f64>,
        trace: Option<TraceHeaders>,
    ) -> napi::Result<Object<'env>> {
        let (bridge, options) = (self.bridge.clone(), options(cancel, timeout, trace));
        self.text(env, async move { bridge.health(options).await })
    }

    /// `GET /info` of every host.
    #[napi(ts_return_type = "Promise<TextAnswer>")]
    pub fn info<'env>(
        &self,
        env: &'env Env,
        cancel: &Cancel,
        timeout: Option<f64>,
        trace: Option<TraceHeaders>,
    ) -> napi::Result<Object<'env>> {
        let (bridge, options) = (self.bridge.clone(), options(cancel, timeout, trace));
        self.text(env, async move { bridge.info(options).await })
    }

    /// `GET /status` of every host.
    #[napi(ts_return_type = "Promise<TextAnswer>")]
    pub fn status<'env>(
        &self,
        env: &'env Env,
        cancel: &Cancel,
        timeout: Option<f64>,
        trace: Option<TraceHeaders>,
    ) -> napi::Result<Object<'env>> {
        let (bridge, options) = (self.bridge.clone(), options(cancel, timeout, trace));
        self.text(env, async move { bridge.status(options).await })
    }

    /// Texts to vectors.
    #[napi(ts_return_type = "Promise<VectorsAnswer>")]
    pub fn embed<'env>(
        &self,
        env: &'env Env,
        input: EmbedInput,
        cancel: &Cancel,
        timeout: Option<f64>,
        trace: Option<TraceHeaders>,
        on_progress: Option<ProgressCallback>,
    ) -> napi::Result<Object<'env>> {
        let (bridge, options) = (self.bridge.clone(), options(cancel, timeout, trace).told(on_progress));
        self.start::<_, VectorsAnswer>(env, async move { bridge.embed(input.into(), options).await })
    }

    /// Candidates against references.
    #[napi(ts_return_type = "Promise<TextAnswer>")]
    pub fn bertscore<'env>(
        &self,
        env: &'env Env,
        input: BertScoreInput,
        cancel: &Cancel,
        timeout: Option<f64>,
        trace: Option<TraceHeaders>,
        on_progress: Option<ProgressCallback>,
    ) -> napi::Result<Object<'env>> {
        let (bridge, options) = (self.bridge.clone(), options(cancel, timeout, trace).told(on_progress));
        self.text(env, async move { bridge.bertscore(input.into(), options).await })
    }

    /// Documents by their relevance to a query.
    #[napi(ts_return_type = "Promise<TextAnswer>")]
    pub fn rerank<'env>(
        &self,
        env: &'env Env,
        input: RerankInput,
        cancel: &Cancel,
        timeout: Option<f64>,
        trace: Option<TraceHeaders>,
        on_progress: Option<ProgressCallback>,
    ) -> napi::Result<Object<'env>> {
        let (bridge, options) = (self.bridge.clone(), options(cancel, timeout, trace).told(on_progress));
        self.text(env, async move { bridge.rerank(input.into(), options).await })
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

    fn text<'env, T: Serialize>(
        &self,
        env: &'env Env,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> napi::Result<Object<'env>> {
        self.start::<_, TextAnswer>(env, async move { call.await.map(|answer| json(&answer)) })
    }

    fn start<'env, T, A>(
        &self,
        env: &'env Env,
        call: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> napi::Result<Object<'env>>
    where
        T: Send + 'static,
        A: From<Result<T, Error>> + ToNapiValue + 'static,
    {
        match &*self.engine.borrow() {
            Some(engine) => promise::<T, A>(env, engine, call),
            None => Err(napi::Error::from_reason("The bridge is closed; make a new one.")),
        }
    }
}

fn options(cancel: &Cancel, timeout: Option<f64>, trace: Option<TraceHeaders>) -> CallOptions {
    let timeout = timeout.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    CallOptions { timeout, cancel: cancel.token(), trace: trace::context(trace), on_progress: None }
}

/// The contract's types can't fail to be written.
fn json(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_default()
}
