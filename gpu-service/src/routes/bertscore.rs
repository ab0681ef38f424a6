//! `POST /bertscore`: candidates against references.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use gpu_bridge_encoder::bertscore::model_for_lang;
use gpu_bridge_protocol::{BertScoreRequest, References, Task};
use http::StatusCode;
use tokio::time::Instant;

use super::call::{self, Call};
use crate::app::Shared;
use crate::check::Bounds;
use crate::device::Job;
use crate::device::answer::Answer;
use crate::device::score_job::ScoreJob;
use crate::error::ServiceError;
use crate::model::{Kind, Model, ModelKey};
use crate::model_name::ModelName;
use crate::pairing::Pairing;
use crate::reply;
use crate::tokenize::Tokenization;

/// The route.
///
/// # Errors
/// As the protocol lists them.
pub async fn bertscore(State(service): State<Shared>, request: Request) -> Result<Response, ServiceError> {
    let (call, request) = Call::read::<BertScoreRequest>(service, request).await?;
    let name = check(&call, &request)?;
    let guard = call.open(Task::Bertscore, request.candidates.len(), &name);
    let model = call.service.registry.get(&ModelKey::bertscore(&name, request.num_layers), &name).await?;
    let num_layers = layers(&model)?;

    let started = Instant::now();
    let mut pairing = Pairing::new(request.candidates, request.references);
    let texts = Arc::new(pairing.take_texts());
    let work = Tokenization { tokenizer: Arc::clone(&model.tokenizer), prompt: None, texts };
    let tokens = work.run(&call.service.workers).await?;
    let truncated = pairing.truncated(&tokens);
    let plan = Arc::new(pairing.plan(tokens, request.idf == Some(true)));
    let (tokenize, queued) = (started.elapsed(), Instant::now());

    let (answer, outcome) = Answer::new(Arc::clone(guard.record()));
    guard.record().expect(plan.cost());
    let (items, job) = (plan.items(model.id), ScoreJob::new(plan, answer));
    let finished = call.work(&guard, items, Job::Score(job), outcome).await?;

    let mut answer = pairing.best(&finished.value);
    (answer.model, answer.num_layers, answer.truncated) = (name.to_string(), Some(num_layers), truncated);
    let response = reply::json(StatusCode::OK, &answer);
    Ok(call::stamp(response, &model, call::phases(tokenize, queued, &finished)))
}

fn layers(model: &Model) -> Result<usize, ServiceError> {
    match model.kind {
        Kind::Score { num_layers } => Ok(num_layers),
        Kind::Embed { .. } => {
            Err(ServiceError::InferenceFailed { reason: "the model isn't a scorer".to_owned() })
        }
    }
}

fn check(call: &Call, request: &BertScoreRequest) -> Result<ModelName, ServiceError> {
    let bounds = call.service.bounds();
    bounds.count("candidates", request.candidates.len())?;
    bounds.texts("candidates", &request.candidates)?;
    references(bounds, &request.references, request.candidates.len())?;
    let name = model(call, request)?;
    if request.rescale_with_baseline == Some(true) {
        return Err(no_baseline(&name));
    }
    Ok(name)
}

fn references(bounds: Bounds, references: &References, candidates: usize) -> Result<(), ServiceError> {
    if references.len() != candidates {
        return Err(ServiceError::LengthMismatch { candidates, references: references.len() });
    }
    match references {
        References::Single(texts) => bounds.texts("references", texts),
        References::Multiple(groups) => {
            bounds.count("references", groups.iter().map(Vec::len).sum())?;
            let mut groups = groups.iter().enumerate();
            groups.try_for_each(|(index, group)| several(bounds, &format!("references[{index}]"), group))
        }
    }
}

fn several(bounds: Bounds, field: &str, texts: &[String]) -> Result<(), ServiceError> {
    bounds.count(field, texts.len())?;
    bounds.texts(field, texts)
}

/// What is named, else the default for English (0.2's client always sends `en`), else what the reference package
/// takes for the language.
fn model(call: &Call, request: &BertScoreRequest) -> Result<ModelName, ServiceError> {
    let default = &call.service.config.model_bertscore;
    match (&request.model_type, &request.lang) {
        (None, Some(lang)) if !lang.eq_ignore_ascii_case("en") => {
            call::model_name("lang", Some(model_for_lang(lang)), default)
        }
        (asked, _) => call::model_name("model_type", asked.as_deref(), default),
    }
}

fn no_baseline(name: &ModelName) -> ServiceError {
    let reason = format!(
        "`rescale_with_baseline` is true but no published baseline is available for {name}; leave it out for plain scores."
    );
    ServiceError::invalid_field("rescale_with_baseline", reason)
}
