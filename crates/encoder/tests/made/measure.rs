//! How far a made model's answers are from the references'.

use std::path::Path;

use gpu_bridge_encoder::{BertScorer, CrossEncoder, Device, Dtype, Embedder, TokenEncoder, Tokens};

use super::golden::{Golden, Run};
use super::model::{pool, write, write_with_tokenizer};
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
pub fn embedding(golden: &Golden, _: &Path, dtype: Dtype) -> Option<f32> {
    let section = golden.embedding.as_ref()?;
    let dir = write(golden);
    pool(dir.path(), &section.pooling);
    let embedder = Embedder::load(dir.path(), Device::Cpu, dtype).unwrap();
    let vectors = embed(&embedder, &strings(&section.texts)).unwrap();
    Some(distance(&vectors.concat(), &section.vectors.0))
}

/// Of any precision, recall or F1; what the reference leaves undefined counts as 0.
pub fn bertscore(golden: &Golden, dir: &Path, dtype: Dtype) -> Option<f32> {
    let section = golden.bertscore.as_ref()?;
    let (candidates, references) = (strings(&section.candidates), strings(&section.references));
    let differences = section.runs.chunk_by(|a, b| a.layers == b.layers).flat_map(|runs| {
        let scorer = BertScorer::load(dir, Some(runs[0].layers), &golden.name, Device::Cpu, dtype).unwrap();
        let difference = |run: &Run| {
            let scores = scores(&scorer, &candidates, &references, run.idf);
            let ours = scores.iter().flat_map(|score| [score.precision, score.recall, score.f1]);
            let theirs = run.scores.0.iter().map(|x| if x.is_nan() { 0.0 } else { *x });
            distance(&ours.collect::<Vec<_>>(), &theirs.collect::<Vec<_>>())
        };
        runs.iter().map(difference).collect::<Vec<_>>()
    });
    Some(worst(differences))
}

/// Of any pair's score. The head's model is loaded as a body too, which has to pass over the head.
pub fn rerank(golden: &Golden, _: &Path, dtype: Dtype) -> Option<f32> {
    let section = golden.rerank.as_ref()?;
    let dir = write_with_tokenizer(&section.model, &golden.tokenizer);
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
