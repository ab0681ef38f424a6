//! `POST /embed`: texts to vectors.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use gpu_bridge_encoder::{Cut, OutputOptions, Tokens, VectorHead};
use gpu_bridge_protocol::{EmbedRequest, Task, Usage, Vectors};
use tokio::time::Instant;

use super::call::{self, Call};
use crate::device::Job;
use crate::device::answer::{Answer, Finished};
use crate::device::row_job::{self, RowJob};
use crate::error::ServiceError;
use crate::jobs::JobGuard;
use crate::model::{Kind, Model, ModelKey};
use crate::model_name::ModelName;
use crate::service::Shared;
use crate::tokenize::{How, Tokenization};
use crate::vector_format::VectorFormat;

/// The route.
///
/// # Errors
/// As the protocol lists them.
pub async fn embed(State(service): State<Shared>, request: Request) -> Result<Response, ServiceError> {
    let format = VectorFormat::accepted(request.headers());
    let (call, request) = Call::read::<EmbedRequest>(service, request).await?;
    let name = check(&call, &request)?;
    let guard = call.open(Task::Embed, request.texts.len(), &name);
    let model = call.service.registry.get(&ModelKey::embed(&name), &name).await?;
    let plan = Plan::new(&model, &request)?;

    let started = Instant::now();
    let texts = tokenize(&call, &model, plan.prompt.clone(), request.texts).await?;
    let (tokenize, queued) = (started.elapsed(), Instant::now());

    let finished = encode(&call, &guard, &model, &texts, plan.head.dimensions()).await?;
    let phases = call::phases(tokenize, queued, &finished);
    let output = Output { plan, rows: finished.value, texts, name, format };
    let bytes = output.rows.len() * size_of::<f32>();
    let response = call.service.workers.run(bytes, move || output.write()).await??;
    Ok(call::stamp(response, &model, phases))
}

async fn encode(
    call: &Call,
    guard: &JobGuard,
    model: &Model,
    texts: &Arc<Vec<Tokens>>,
    width: usize,
) -> Result<Finished<Vec<f32>>, ServiceError> {
    let (answer, outcome) = Answer::new(Arc::clone(guard.record()));
    guard.record().expect(row_job::cost(texts));
    let job = Job::Rows(RowJob::new(Arc::clone(texts), width, answer));
    call.work(guard, row_job::items(model.id, texts), job, outcome).await
}

fn check(call: &Call, request: &EmbedRequest) -> Result<ModelName, ServiceError> {
    let bounds = call.service.bounds();
    bounds.count("texts", request.texts.len())?;
    bounds.texts("texts", &request.texts)?;
    call::model_name("model", request.model.as_deref(), &call.service.config.model_embed)
}

/// What the model makes of the request's options.
struct Plan {
    head: VectorHead,
    options: OutputOptions,
    prompt: Option<Arc<str>>,
}

impl Plan {
    fn new(model: &Model, request: &EmbedRequest) -> Result<Self, ServiceError> {
        let Kind::Embed { head, prompts, default_prompt } = &model.kind else {
            return Err(ServiceError::InferenceFailed { reason: "the model isn't an embedder".to_owned() });
        };
        let options = OutputOptions { normalize: request.normalize, cut: cut(request, head.dimensions())? };
        let prompt = match &request.prompt_name {
            None => default_prompt.clone(),
            Some(name) => {
                Some(prompts.get(name).cloned().ok_or_else(|| unknown_prompt(name, prompts.keys()))?)
            }
        };
        Ok(Self {
            head: head.clone(),
            options,
            prompt: prompt.filter(|prompt| !prompt.is_empty()).map(Arc::from),
        })
    }
}

/// How the request has its vectors cut, if it does.
fn cut(request: &EmbedRequest, available: usize) -> Result<Option<Cut>, ServiceError> {
    let (field, cut) = match (request.dimensions, request.truncate_dim) {
        (None, None) => return Ok(None),
        (Some(width), None) => ("dimensions", Cut::Dimensions(width)),
        (None, Some(width)) => ("truncate_dim", Cut::TruncateDim(width)),
        (Some(_), Some(_)) => return Err(cut_twice()),
    };
    let asked = cut.width();
    if (1..=available).contains(&asked) {
        return Ok(Some(cut));
    }
    let reason = format!("`{field}` is {asked} but the model gives {available}; ask for 1 to {available}.");
    Err(ServiceError::invalid_field(field, reason))
}

fn cut_twice() -> ServiceError {
    let reason = "`dimensions` and `truncate_dim` are both given; send `dimensions` for vectors that are scaled to length 1 after the cut, or `truncate_dim` for ones that aren't.";
    ServiceError::invalid_field("truncate_dim", reason)
}

fn unknown_prompt<'a>(name: &str, known: impl Iterator<Item = &'a String>) -> ServiceError {
    let known: Vec<&str> = known.map(String::as_str).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    ServiceError::invalid_field(
        "prompt_name",
        format!("`prompt_name` is {name:?}; the model's prompts are: {known}."),
    )
}

async fn tokenize(
    call: &Call,
    model: &Model,
    prompt: Option<Arc<str>>,
    texts: Vec<String>,
) -> Result<Arc<Vec<Tokens>>, ServiceError> {
    let tokenizer = Arc::clone(&model.tokenizer);
    let how = match prompt {
        Some(prompt) => How::Prompted(tokenizer, prompt),
        None => How::Plain(tokenizer),
    };
    let work = Tokenization { how, texts: Arc::new(texts) };
    work.run(&call.service.workers).await.map(Arc::new)
}

/// From the device's rows to the reply.
struct Output {
    plan: Plan,
    rows: Vec<f32>,
    texts: Arc<Vec<Tokens>>,
    name: ModelName,
    format: VectorFormat,
}

impl Output {
    fn write(self) -> Result<Response, ServiceError> {
        let failed =
            |error: gpu_bridge_encoder::Error| ServiceError::InferenceFailed { reason: error.to_string() };
        let (data, dimensions) = self.plan.head.finish(self.rows, &self.plan.options).map_err(failed)?;
        let truncated = self.texts.iter().enumerate().filter(|(_, text)| text.truncated);
        self.format.reply(Vectors {
            data,
            dimensions,
            model: self.name.to_string(),
            truncated: truncated.map(|(index, _)| index).collect(),
            usage: Usage { tokens: row_job::cost(&self.texts) },
            fingerprint: None,
        })
    }
}
