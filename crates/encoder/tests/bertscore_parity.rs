//! BERTScore with the real all-MiniLM-L6-v2 equals bert-score 0.3.13, pair by pair.

#![allow(clippy::unwrap_used)] // The helpers here are part of the tests.

mod fixtures;

use fixtures::scoring::{Side, scores};
use fixtures::{PARITY, golden, minilm};
use gpu_bridge_encoder::bertscore::{Baselines, Padded, Pair, Score};
use gpu_bridge_encoder::{BertScorer, Device, Dtype};
use serde::Deserialize;

/// Precision, recall and F1; `None` where the reference has NaN.
type Expected = [Option<f32>; 3];

#[derive(Deserialize)]
struct Goldens {
    candidates: Vec<String>,
    references: Vec<String>,
    several: Vec<Vec<String>>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    layers: usize,
    idf: bool,
    scores: Vec<Expected>,
    several: Vec<Expected>,
    single_reference: Vec<Expected>,
}

#[derive(Deserialize)]
struct RescaledGoldens {
    baseline: Table,
    candidates: Vec<String>,
    references: Vec<String>,
    several: Vec<Vec<String>>,
    runs: Vec<RescaledRun>,
}

#[derive(Deserialize)]
struct Table {
    lang: String,
    model: String,
    layers: usize,
}

#[derive(Deserialize)]
struct RescaledRun {
    idf: bool,
    scores: Vec<Expected>,
    several: Vec<Expected>,
}

fn load(layers: usize) -> BertScorer {
    BertScorer::load(&minilm(), Some(layers), "all-MiniLM-L6-v2", Device::Cpu, Dtype::Float32).unwrap()
}

fn assert_equal(score: Score, expected: &Expected, what: &str) {
    for (ours, theirs) in [score.precision, score.recall, score.f1].iter().zip(expected) {
        let theirs = theirs.unwrap_or(0.0);
        assert!((ours - theirs).abs() <= PARITY, "{what}: {score:?} against {expected:?}");
    }
}

fn strings(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

#[test]
fn every_pair_equals_the_reference_at_both_layers_with_and_without_idf() {
    let goldens: Goldens = golden("minilm_bertscore.json");
    let (candidates, references) = (strings(&goldens.candidates), strings(&goldens.references));
    for run in &goldens.runs {
        let ours = scores(&load(run.layers), &candidates, &references, run.idf);
        for (index, (score, expected)) in ours.iter().zip(&run.scores).enumerate() {
            let what = format!(
                "L{} idf {}: {:?} and {:?}",
                run.layers, run.idf, candidates[index], references[index]
            );
            assert_equal(*score, expected, &what);
        }
    }
}

#[test]
fn the_best_of_several_references_is_taken_for_each_number_by_itself() {
    let goldens: Goldens = golden("minilm_bertscore.json");
    let candidates = strings(&goldens.candidates);
    for run in &goldens.runs {
        let ours = best_of_several(&load(run.layers), &candidates, &goldens.several, run.idf);
        for ((list, expected), score) in goldens.several.iter().zip(&run.several).zip(ours) {
            assert_equal(score, expected, &format!("L{} idf {}: {list:?}", run.layers, run.idf));
        }
    }
}

/// Each candidate against its list of references, the best taken for each number by itself.
fn best_of_several(
    scorer: &BertScorer,
    candidates: &[&str],
    several: &[Vec<String>],
    idf: bool,
) -> Vec<Score> {
    let flat: Vec<&str> = several.iter().flatten().map(String::as_str).collect();
    let repeated = candidates.iter().zip(several).flat_map(|(text, list)| list.iter().map(move |_| *text));
    let mut scores = scores(scorer, &repeated.collect::<Vec<_>>(), &flat, idf).into_iter();
    let best_of = |list: &Vec<String>| {
        let own: Vec<Score> = scores.by_ref().take(list.len()).collect();
        let best = |number: fn(&Score) -> f32| own.iter().map(number).fold(f32::MIN, f32::max);
        Score { precision: best(|s| s.precision), recall: best(|s| s.recall), f1: best(|s| s.f1) }
    };
    several.iter().map(best_of).collect()
}

#[test]
fn rescaled_scores_equal_the_reference_with_its_own_baseline_file() {
    let goldens: RescaledGoldens = golden("minilm_bertscore_rescaled.json");
    let (candidates, references) = (strings(&goldens.candidates), strings(&goldens.references));
    let (table, scorer) = (&goldens.baseline, load(goldens.baseline.layers));
    let baseline = Baselines::find(&table.lang, &table.model).unwrap().layer(table.layers).unwrap();
    for run in &goldens.runs {
        let single = scores(&scorer, &candidates, &references, run.idf);
        let several = best_of_several(&scorer, &candidates, &goldens.several, run.idf);
        let expected = run.scores.iter().chain(&run.several);
        for (index, (score, expected)) in single.into_iter().chain(several).zip(expected).enumerate() {
            let what = format!("idf {}, {index}: {:?}", run.idf, candidates[index % candidates.len()]);
            assert_equal(baseline.rescale(score), expected, &what);
        }
        let empty = run.scores.last().unwrap()[2].unwrap();
        assert!(empty < -0.6, "the goldens hold texts without a token, which fall below 0");
    }
}

#[test]
fn a_single_reference_with_idf_gives_zero_where_the_reference_gives_nan() {
    let goldens: Goldens = golden("minilm_bertscore.json");
    for run in &goldens.runs {
        let scorer = load(run.layers);
        for (index, expected) in run.single_reference.iter().enumerate() {
            let (candidate, reference) = (&*goldens.candidates[index], &*goldens.references[index]);
            assert_eq!(expected[1].is_none(), run.idf, "the goldens hold the case in question");
            let score = scores(&scorer, &[candidate], &[reference], run.idf)[0];
            assert_equal(score, expected, candidate);
        }
    }
}

#[test]
fn a_pair_scores_as_alone_but_for_what_padding_hides() {
    let goldens: Goldens = golden("minilm_bertscore.json");
    let (candidates, references) = (strings(&goldens.candidates), strings(&goldens.references));
    let scorer = load(6);
    let together = scores(&scorer, &candidates, &references, false);
    for (index, score) in together.iter().enumerate() {
        let alone = scores(&scorer, &[candidates[index]], &[references[index]], false)[0];
        let gains = [score.precision - alone.precision, score.recall - alone.recall];
        assert!(
            gains.iter().all(|gain| (-PARITY..0.05).contains(gain)),
            "{:?}: {gains:?}",
            candidates[index]
        );
    }
}

#[test]
fn only_the_layers_asked_for_are_loaded_and_too_many_are_refused() {
    let (five, six) = (load(5), load(6));
    assert!(five.facts().memory_bytes < six.facts().memory_bytes);
    assert_ne!(five.facts().fingerprint, six.facts().fingerprint);
    assert_eq!((five.num_layers(), five.facts().max_seq_length), (5, 512));
    let unknown = BertScorer::load(&minilm(), None, "all-MiniLM-L6-v2", Device::Cpu, Dtype::Float32).unwrap();
    assert_eq!(unknown.num_layers(), 6);
    let by_table =
        BertScorer::load(&minilm(), None, "distilroberta-base", Device::Cpu, Dtype::Float32).unwrap();
    assert_eq!(by_table.num_layers(), 5);
    let refused =
        BertScorer::load(&minilm(), Some(7), "all-MiniLM-L6-v2", Device::Cpu, Dtype::Float32).err().unwrap();
    assert_eq!(refused.code(), "invalid_field");
    assert!(refused.to_string().contains('7') && refused.to_string().contains('6'), "{refused}");
}

#[test]
fn layer_zero_is_the_embeddings_and_still_scores() {
    let score = scores(&load(0), &["a cat sat"], &["a cat sat"], false)[0];
    assert_equal(score, &[Some(1.0); 3], "the same text");
}

#[test]
fn weights_that_do_not_fit_their_states_are_refused() {
    let scorer = load(5);
    let side = Side::new(&scorer, &["a cat"], None);
    let short = &side.weights[0][1..];
    let pair =
        Pair { candidate: (&side.states[0], short), reference: side.text(0), padded: Padded::default() };
    let error = scorer.score(&[pair]).unwrap_err();
    assert!(error.to_string().contains("has 3 values but 4"), "{error}");
    assert_eq!(scorer.score(&[]).unwrap(), []);
    assert!(scorer.states(&[]).unwrap().is_empty());
}
