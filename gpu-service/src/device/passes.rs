//! One batch on the device: gather what its entries name, run the pass, hand each job its results.
//!
//! An entry whose job is gone meanwhile is left out before it costs anything.

use std::collections::HashMap;
use std::sync::Arc;

use gpu_bridge_encoder::bertscore::{Pair, Score};
use gpu_bridge_encoder::{BertScorer, Error, Tokens};

use super::Job;
use super::isolate::{Fault, isolate};
use super::score_job::{Encoded, ScoreJob};
use crate::batcher::Class;
use crate::queue::{Batch, Entry, Item, JobId};

type Jobs = HashMap<JobId, Job>;

/// What a batch leaves behind.
#[derive(Default)]
pub(super) struct Ended {
    /// Jobs that got their answer.
    pub(super) over: Vec<JobId>,
    /// Work that became possible.
    pub(super) follow: Vec<(JobId, Vec<Item<Class>>)>,
    /// The device can't be trusted any more.
    pub(super) broken: bool,
}

impl Ended {
    fn note<R>(&mut self, results: &[Result<R, Fault>]) {
        self.broken = results.iter().any(|result| matches!(result, Err(Fault::Broken(_))));
    }
}

/// Texts to vectors or pairs to scores: `forward` gives a row for each.
pub(super) fn rows(
    forward: impl Fn(&[&Tokens]) -> Result<Vec<f32>, Error>,
    jobs: &mut Jobs,
    batch: &Batch<Class>,
) -> Ended {
    let texts: Vec<_> = batch.entries.iter().filter_map(|entry| row_text(jobs, entry)).collect();
    let results = isolate(&texts, &mut |part| {
        let tokens: Vec<&Tokens> = part.iter().map(|(entry, texts)| &texts[entry.index as usize]).collect();
        let rows = forward(&tokens).map_err(|error| fault(&error))?;
        let width = rows.len() / tokens.len().max(1);
        Ok(rows.chunks(width.max(1)).map(<[f32]>::to_vec).collect())
    });
    let mut ended = Ended::default();
    ended.note(&results);
    for ((entry, _), result) in texts.iter().zip(results) {
        let Some(Job::Rows(job)) = jobs.get_mut(&entry.job) else { continue };
        job.answer().advance(entry.tokens);
        if job.take(entry.index as usize, result) {
            ended.over.push(entry.job);
        }
    }
    ended
}

fn row_text(jobs: &Jobs, entry: &Entry) -> Option<(Entry, Arc<Vec<Tokens>>)> {
    match jobs.get(&entry.job) {
        Some(Job::Rows(job)) => Some((*entry, Arc::clone(job.texts()))),
        _ => None,
    }
}

/// Texts of scoring jobs to states, which stay on the device.
pub(super) fn encode(model: &BertScorer, jobs: &mut Jobs, batch: &Batch<Class>) -> Ended {
    let live =
        batch.entries.iter().filter_map(|entry| Some((*entry, Arc::clone(score_job(jobs, entry)?.plan()))));
    let texts: Vec<_> = live.collect();
    let results = isolate(&texts, &mut |part| {
        let tokens: Vec<&Tokens> = part.iter().map(|(entry, plan)| plan.text(entry.index)).collect();
        let states = model.states(&tokens).map_err(|error| fault(&error))?;
        let weights = part.iter().map(|(entry, plan)| model.weights(plan.text(entry.index), plan.idf()));
        Ok(states.into_iter().zip(weights).map(|(states, weights)| Encoded { states, weights }).collect())
    });
    let mut ended = Ended::default();
    ended.note(&results);
    for ((entry, _), result) in texts.iter().zip(results) {
        let Some(Job::Score(job)) = jobs.get_mut(&entry.job) else { continue };
        job.answer().advance(entry.tokens);
        match job.encoded(entry.index, result, batch.class.model) {
            Some(items) => ended.follow.push((entry.job, items)),
            None => ended.over.push(entry.job),
        }
    }
    ended
}

/// Candidates against references.
pub(super) fn score(model: &BertScorer, jobs: &mut Jobs, batch: &Batch<Class>) -> Ended {
    let (entries, results) = scores(model, jobs, batch);
    let mut ended = Ended::default();
    ended.note(&results);
    for (entry, result) in entries.into_iter().zip(results) {
        let Some(Job::Score(job)) = jobs.get_mut(&entry.job) else { continue };
        job.answer().advance(entry.tokens);
        if job.matched(entry.index, result) {
            ended.over.push(entry.job);
        }
    }
    ended
}

fn scores(model: &BertScorer, jobs: &Jobs, batch: &Batch<Class>) -> (Vec<Entry>, Vec<Result<Score, Fault>>) {
    let live =
        batch.entries.iter().filter_map(|entry| Some((*entry, score_job(jobs, entry)?.pair(entry.index)?)));
    let pairs: Vec<_> = live.collect();
    let results = isolate(&pairs, &mut |part| {
        let pairs: Vec<Pair<'_>> = part.iter().map(|(_, pair)| *pair).collect();
        model.score(&pairs).map_err(|error| fault(&error))
    });
    (pairs.into_iter().map(|(entry, _)| entry).collect(), results)
}

fn score_job<'a>(jobs: &'a Jobs, entry: &Entry) -> Option<&'a ScoreJob> {
    match jobs.get(&entry.job) {
        Some(Job::Score(job)) => Some(job),
        _ => None,
    }
}

/// Ends the jobs of a batch whose model isn't on the device.
pub(super) fn refuse(jobs: &mut Jobs, batch: &Batch<Class>) -> Ended {
    let gone = Fault::Failed("the model isn't on the device".to_owned());
    for entry in &batch.entries {
        match jobs.get_mut(&entry.job) {
            Some(Job::Rows(job)) => drop(job.answer().fail(gone.clone())),
            Some(Job::Score(job)) => drop(job.answer().fail(gone.clone())),
            None => {}
        }
    }
    Ended { over: batch.entries.iter().map(|entry| entry.job).collect(), ..Ended::default() }
}

fn fault(error: &Error) -> Fault {
    match error.code() {
        "out_of_memory" => Fault::OutOfMemory(error.to_string()),
        "non_finite_output" => Fault::NonFinite(None),
        _ if matches!(error, Error::DeviceFault(_)) => Fault::Broken(error.to_string()),
        _ => Fault::Failed(error.to_string()),
    }
}
