//! `POST /bertscore`: candidates against references.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use gpu_bridge_encoder::bertscore::{Score, model_for_lang};
use gpu_bridge_protocol::{BertScoreRequest, BertScoreResponse, References, Task};
use http::StatusCode;
use tokio::time::Instant;

use super::call::{self, Call};
use crate::check::Bounds;
use crate::device::Job;
use crate::device::answer::{Answer, Finished};
use crate::device::score_job::{ScoreJob, ScorePlan};
use crate::error::ServiceError;
use crate::jobs::JobGuard;
use crate::model::{Kind, Model, ModelKey};
use crate::model_name::ModelName;
use crate::pairing::Pairing;
use crate::reply;
use crate::rescaling::Rescaling;
use crate::service::Shared;
use crate::tokenize::{How, Tokenization};

/// The route.
///
/// # Errors
/// As the protocol lists them.
pub async fn bertscore(State(service): State<Shared>, request: Request) -> Result<Response, ServiceError> {
    let (call, request) = Call::read::<BertScoreRequest>(service, request).await?;
    let name = check(&call, &request)?;
    let rescaling = Rescaling::asked(&request, &name)?;
    let guard = call.open(Task::Bertscore, request.candidates.len(), &name);
    let model = call.service.registry.get(&ModelKey::bertscore(&name, request.num_layers), &name).await?;
    let num_layers = layers(&model)?;
    let rescaling = rescaling.on_layer(num_layers)?;

    let started = Instant::now();
    let prepared = Prepared::new(&call, &model, request).await?;
    let (tokenize, queued) = (started.elapsed(), Instant::now());

    let finished = prepared.score(&call, &guard, &model).await?;
    let phases = call::phases(tokenize, queued, &finished);
    let scores = rescaling.of(prepared.pairing.best(&finished.value));
    let answer = answer(&scores, &name, num_layers, prepared.truncated);
    Ok(call::stamp(reply::json(StatusCode::OK, &answer), &model, phases))
}

fn answer(scores: &[Score], name: &ModelName, num_layers: usize, truncated: Vec<usize>) -> BertScoreResponse {
    BertScoreResponse {
        precision: scores.iter().map(|score| score.precision).collect(),
        recall: scores.iter().map(|score| score.recall).collect(),
        f1: scores.iter().map(|score| score.f1).collect(),
        model: name.to_string(),
        num_layers: Some(num_layers),
        truncated,
    }
}

/// A request, its texts turned into tokens.
struct Prepared {
    pairing: Pairing,
    plan: Arc<ScorePlan>,
    truncated: Vec<usize>,
}

impl Prepared {
    async fn new(call: &Call, model: &Model, request: BertScoreRequest) -> Result<Self, ServiceError> {
        let mut pairing = Pairing::new(request.candidates, request.references);
        let texts = Arc::new(pairing.take_texts());
        let work = Tokenization { how: How::Plain(Arc::clone(&model.tokenizer)), texts };
        let tokens = work.run(&call.service.workers).await?;
        let truncated = pairing.truncated(&tokens);
        let plan = Arc::new(pairing.plan(tokens, request.idf == Some(true)));
        Ok(Self { pairing, plan, truncated })
    }

    async fn score(
        &self,
        call: &Call,
        guard: &JobGuard,
        model: &Model,
    ) -> Result<Finished<Vec<Score>>, ServiceError> {
        let (answer, outcome) = Answer::new(Arc::clone(guard.record()));
        guard.record().expect(self.plan.cost());
        let job = Job::Score(ScoreJob::new(Arc::clone(&self.plan), answer));
        call.work(guard, self.plan.items(model.id), job, outcome).await
    }
}

fn layers(model: &Model) -> Result<usize, ServiceError> {
    match model.kind {
        Kind::Score { num_layers } => Ok(num_layers),
        _ => Err(ServiceError::InferenceFailed { reason: "the model isn't a scorer".to_owned() }),
    }
}

fn check(call: &Call, request: &BertScoreRequest) -> Result<ModelName, ServiceError> {
    let bounds = call.service.bounds();
    bounds.count("candidates", request.candidates.len())?;
    bounds.texts("candidates", &request.candidates)?;
    references(bounds, &request.references, request.candidates.len())?;
    model(call, request)
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
