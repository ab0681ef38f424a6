//! `POST /rerank`: documents by their relevance to a query.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use gpu_bridge_encoder::{PairTokenizer, ScoreHead, Tokens};
use gpu_bridge_protocol::{Document, RerankRequest, RerankResponse, Task, Usage};
use http::StatusCode;
use tokio::time::Instant;

use super::call::{self, Call};
use crate::device::Job;
use crate::device::answer::{Answer, Finished};
use crate::device::row_job::{self, RowJob};
use crate::error::ServiceError;
use crate::jobs::JobGuard;
use crate::model::{Kind, Model, ModelKey};
use crate::model_name::ModelName;
use crate::ranking::Ranking;
use crate::reply;
use crate::service::Shared;
use crate::tokenize::{How, Tokenization};

/// The route.
///
/// # Errors
/// As the protocol lists them.
pub async fn rerank(State(service): State<Shared>, request: Request) -> Result<Response, ServiceError> {
    let (call, request) = Call::read::<RerankRequest>(service, request).await?;
    let (query, options, documents) = taken_apart(request);
    let name = check(&call, &query, &documents, &options)?;
    let guard = call.open(Task::Rerank, documents.len(), &name);
    let model = call.service.registry.get(&ModelKey::rerank(&name), &name).await?;
    let (head, pairs) = ranker(&model, &name)?;

    let started = Instant::now();
    let documents = Arc::new(documents);
    let tokens = tokenize(&call, pairs, &query, &documents).await?;
    let (tokenize, queued) = (started.elapsed(), Instant::now());

    let finished = score(&call, &guard, &model, &tokens).await?;
    let phases = call::phases(tokenize, queued, &finished);
    let scores = head.finish(finished.value, options.raw_scores);
    let answer = RerankResponse {
        results: options.ranking.of(&scores, &documents),
        model: name.to_string(),
        truncated: cut(&tokens),
        usage: Usage { tokens: row_job::cost(&tokens) },
    };
    Ok(call::stamp(reply::json(StatusCode::OK, &answer), &model, phases))
}

/// What a request says beside its texts.
struct Options {
    model: Option<String>,
    raw_scores: bool,
    ranking: Ranking,
}

fn taken_apart(request: RerankRequest) -> (Arc<str>, Options, Vec<String>) {
    let RerankRequest { query, documents, model, top_n, return_documents, raw_scores } = request;
    let ranking = Ranking { top_n, texts: return_documents == Some(true) };
    let options = Options { model, raw_scores: raw_scores == Some(true), ranking };
    (Arc::from(query), options, documents.into_iter().map(Document::into_text).collect())
}

fn check(
    call: &Call,
    query: &str,
    documents: &[String],
    options: &Options,
) -> Result<ModelName, ServiceError> {
    let bounds = call.service.bounds();
    bounds.text("query", query)?;
    bounds.count("documents", documents.len())?;
    bounds.texts("documents", documents)?;
    if options.ranking.top_n == Some(0) {
        let reason = "`top_n` is 0; ask for at least 1, or leave it out for all documents.";
        return Err(ServiceError::invalid_field("top_n", reason));
    }
    match (&options.model, &call.service.config.model_rerank) {
        (None, None) => Err(no_model()),
        (None, Some(default)) => Ok(default.clone()),
        (Some(asked), _) => call::parsed_name("model", asked),
    }
}

fn no_model() -> ServiceError {
    let reason = "`model` is missing and this service has no default for /rerank; name a cross-encoder such as BAAI/bge-reranker-v2-m3, or have MODEL_RERANK set.";
    ServiceError::invalid_field("model", reason)
}

/// The parts of a model that can rank: one with a single label, as the reference has it.
fn ranker(model: &Model, name: &ModelName) -> Result<(ScoreHead, PairTokenizer), ServiceError> {
    let Kind::Rerank { head, pairs } = &model.kind else {
        return Err(ServiceError::InferenceFailed { reason: "the model isn't a cross-encoder".to_owned() });
    };
    match head.labels() {
        1 => Ok((*head, pairs.clone())),
        labels => {
            let reason = format!(
                "`{name}` gives {labels} labels for a pair, so it can't rank; use a cross-encoder with a single one."
            );
            Err(ServiceError::invalid_field("model", reason))
        }
    }
}

async fn tokenize(
    call: &Call,
    pairs: PairTokenizer,
    query: &Arc<str>,
    documents: &Arc<Vec<String>>,
) -> Result<Arc<Vec<Tokens>>, ServiceError> {
    let work = Tokenization { how: How::Paired(pairs, Arc::clone(query)), texts: Arc::clone(documents) };
    work.run(&call.service.workers).await.map(Arc::new)
}

async fn score(
    call: &Call,
    guard: &JobGuard,
    model: &Model,
    pairs: &Arc<Vec<Tokens>>,
) -> Result<Finished<Vec<f32>>, ServiceError> {
    let (answer, outcome) = Answer::new(Arc::clone(guard.record()));
    guard.record().expect(row_job::cost(pairs));
    let job = Job::Rows(RowJob::new(Arc::clone(pairs), 1, answer));
    call.work(guard, row_job::items(model.id, pairs), job, outcome).await
}

fn cut(pairs: &[Tokens]) -> Vec<usize> {
    pairs.iter().enumerate().filter(|(_, pair)| pair.truncated).map(|(index, _)| index).collect()
}
