//! `POST /bertscore`: candidates against references.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use gpu_bridge_encoder::bertscore::{Score, model_for_lang};
use gpu_bridge_protocol::{BertScoreRequest, References, Task};
use http::StatusCode;
use tokio::time::Instant;

use super::call::{self, Call};
use crate::app::Shared;
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
    let prepared = Prepared::new(&call, &model, request).await?;
    let (tokenize, queued) = (started.elapsed(), Instant::now());

    let finished = prepared.score(&call, &guard, &model).await?;
    let phases = call::phases(tokenize, queued, &finished);
    let mut answer = prepared.pairing.best(&finished.value);
    (answer.model, answer.num_layers) = (name.to_string(), Some(num_layers));
    answer.truncated = prepared.truncated;
    Ok(call::stamp(reply::json(StatusCode::OK, &answer), &model, phases))
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
        let work = Tokenization { tokenizer: Arc::clone(&model.tokenizer), prompt: None, texts };
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
