//! Token ids of every family against the Python references, exactly.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::collections::BTreeMap;

use gpu_bridge_checkpoint::ModelFolder;
use gpu_bridge_tokenization::{Tokenizer, Tokens};
use support::{Both, Golden, Singles, fast, golden, raw};

/// As many positions as no text here needs.
const AMPLE: usize = 512;

/// What differs, so that one run shows everything.
#[derive(Default)]
struct Differences(Vec<String>);

impl Differences {
    fn compare(&mut self, what: &str, text: &dyn std::fmt::Debug, found: &Tokens, expected: &[i64]) {
        if found.ids != expected {
            self.0.push(format!("{what} {text:?}\n  found    {:?}\n  expected {expected:?}", found.ids));
        }
    }

    fn none(self) {
        assert!(self.0.is_empty(), "{} differ:\n{}", self.0.len(), self.0.join("\n"));
    }
}

fn singles(
    what: &str,
    load: impl Fn(usize) -> Tokenizer,
    texts: &[String],
    limit: usize,
    golden: &Singles,
    out: &mut Differences,
) {
    let (whole, short) = (load(AMPLE), load(limit));
    for ((text, expected), cut) in texts.iter().zip(&golden.single).zip(&golden.cut) {
        out.compare(what, text, &whole.encode(text).unwrap(), expected);
        let found = short.encode(text).unwrap();
        out.compare(&format!("{what} cut"), text, &found, cut);
        assert_eq!(found.truncated, expected.len() > limit, "{what} {text:?}");
    }
}

fn embeddings(folder: fn(&str) -> ModelFolder) {
    let golden: Golden<Both> = golden("tokenization_fast.json");
    let mut out = Differences::default();
    for (family, expected) in &golden.families {
        let load = |positions| Tokenizer::for_embeddings(&folder(family), positions).unwrap();
        singles(family, load, &golden.texts, golden.limit, &expected.singles, &mut out);
    }
    out.none();
}

#[test]
fn tokenizer_json_gives_the_ids_of_the_fast_reference() {
    embeddings(fast);
}

#[test]
fn vocabulary_files_give_the_ids_of_the_fast_reference() {
    embeddings(raw);
}

#[test]
fn pairs_are_framed_and_cut_as_the_reference_does() {
    let golden: Golden<Both> = golden("tokenization_fast.json");
    let mut out = Differences::default();
    for (family, expected) in &golden.families {
        for folder in [raw(family), fast(family)] {
            let load = |positions| Tokenizer::for_pairs(&folder, positions).unwrap();
            let (whole, short) = (load(AMPLE), load(golden.limit));
            for (index, pair) in golden.pairs.iter().enumerate() {
                let expected = &expected.pairs;
                let (found, cut) = (
                    whole.encode_pair(&pair.0, &pair.1).unwrap(),
                    short.encode_pair(&pair.0, &pair.1).unwrap(),
                );
                out.compare(family, pair, &found, &expected.pairs[index]);
                out.compare(&format!("{family} cut"), pair, &cut, &expected.cut_pairs[index]);
                assert_eq!(found.len() - found.second, expected.types[index], "{family} {pair:?}");
                assert_eq!(cut.len() - cut.second, expected.cut_types[index], "{family} {pair:?}");
                assert_eq!(cut.truncated, expected.pairs[index].len() > golden.limit, "{family} {pair:?}");
            }
        }
    }
    out.none();
}

#[test]
fn bertscore_gives_the_ids_of_the_slow_reference() {
    let golden: Golden<Singles> = golden("tokenization_slow.json");
    let mut out = Differences::default();
    for (family, expected) in golden.families.iter().filter(|(family, _)| *family != "llama") {
        let load = |positions| Tokenizer::for_bertscore(&raw(family), positions).unwrap();
        singles(family, load, &golden.texts, golden.limit, expected, &mut out);
    }
    out.none();
}

/// Where transformers 5 departs from what tokenizer.json says, as the crate's page tells.
#[test]
fn transformers_5_departs_only_in_the_families_that_are_documented() {
    #[derive(serde::Deserialize)]
    struct Departures {
        families: BTreeMap<String, BTreeMap<String, BTreeMap<usize, Vec<i64>>>>,
    }
    let departures: Departures = golden("tokenization_transformers5.json");
    let families = |what: &str| {
        let departing = departures.families.iter().filter(|(_, found)| found.contains_key(what));
        departing.map(|(family, _)| family.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(families("single"), ["albert", "camembert", "deberta_v2", "llama", "t5", "xlm_roberta"]);
    assert_eq!(families("pairs"), ["albert", "deberta", "llama"]);
}
