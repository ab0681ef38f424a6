//! How far a made model's answers are from the references'.

use std::path::Path;

use gpu_bridge_encoder::{BertScorer, CrossEncoder, Device, Dtype, Embedder, TokenEncoder, Tokens};

use super::golden::Golden;
use super::model::write;
use crate::fixtures::scoring::scores;
use crate::fixtures::{distance, embed, worst};

/// Of the states of any token after any number of layers.
pub fn hidden(golden: &Golden, dir: &Path, dtype: Dtype) -> Option<f32> {
    let texts: Vec<Tokens> = golden.hidden.texts.iter().cloned().map(Tokens::new).collect();
    let differences = golden.hidden.states.iter().map(|(&layers, expected)| {
        let encoder = TokenEncoder::load(dir, Some(layers), Device::Cpu, dtype).unwrap();
        let states = encoder.states(&texts.iter().collect::<Vec<_>>()).unwrap().concat();
        distance(&states, &expected.0)
    });
    Some(worst(differences))
}

/// Of any number of a vector.
pub fn embedding(golden: &Golden, dir: &Path, dtype: Dtype) -> Option<f32> {
    let section = golden.embedding.as_ref()?;
    let embedder = Embedder::load(dir, Device::Cpu, dtype).unwrap();
    let vectors = embed(&embedder, &strings(&section.texts)).unwrap();
    Some(distance(&vectors.concat(), &section.vectors.0))
}

/// Of any precision, recall or F1; what the reference leaves undefined counts as 0.
pub fn bertscore(golden: &Golden, dir: &Path, dtype: Dtype) -> Option<f32> {
    let section = golden.bertscore.as_ref()?;
    let (candidates, references) = (strings(&section.candidates), strings(&section.references));
    let differences = section.runs.iter().map(|run| {
        let scorer = BertScorer::load(dir, Some(run.layers), &golden.name, Device::Cpu, dtype).unwrap();
        let scores = scores(&scorer, &candidates, &references, run.idf);
        let ours: Vec<f32> =
            scores.iter().flat_map(|score| [score.precision, score.recall, score.f1]).collect();
        let theirs: Vec<f32> = run.scores.0.iter().map(|x| if x.is_nan() { 0.0 } else { *x }).collect();
        distance(&ours, &theirs)
    });
    Some(worst(differences))
}

/// Of any pair's score. The head's model is loaded as a body too, which has to pass over the head.
pub fn rerank(golden: &Golden, _: &Path, dtype: Dtype) -> Option<f32> {
    let section = golden.rerank.as_ref()?;
    let dir = write(&section.model, &golden.tokenizer);
    TokenEncoder::load(dir.path(), Some(0), Device::Cpu, dtype).unwrap();
    let encoder = CrossEncoder::load(dir.path(), Device::Cpu, dtype).unwrap();
    let pair = |(first, second): &(String, String)| encoder.tokenizer().encode(first, second).unwrap();
    let pairs: Vec<Tokens> = section.pairs.iter().map(pair).collect();
    let logits = encoder.logits(&pairs.iter().collect::<Vec<_>>()).unwrap();
    Some(distance(&encoder.head().finish(logits, false), &section.scores.0))
}

fn strings(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}
