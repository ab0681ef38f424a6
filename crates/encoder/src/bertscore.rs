//! BERTScore: Zhang et al. 2020, as bert-score 0.3.13 computes it on transformers 4.57.1 with slow tokenizers.
//!
//! What is kept of the reference: texts are stripped; the tokens that open and close a text weigh nothing but can be
//! matched; an empty text scores 0; inverse document frequencies are of the references; the encoder is cut to its first L
//! layers; and [padding counts](padded) as the reference's default batches of 64 have it.
//!
//! What differs, since it can't be written as JSON: where all of a side's weights are 0 (one reference with idf: every
//! logarithm is log 2/2) the reference answers NaN for that side. Here that number is 0.0, and rescaled like an empty text's.

mod baseline;
mod idf;
mod matching;
mod padding;
mod pair;
mod scorer;
mod table;

pub use baseline::{Baseline, Baselines};
pub use idf::Idf;
pub use padding::{Padded, padded};
pub use pair::{Pair, Score, TokenStates};
pub use scorer::BertScorer;
pub use table::{layers_for, model_for_lang};
