//! Texts to tokens as the Python references make them, from whatever tokenizer files a checkpoint has.
//!
//! A [`Tokenizer`] is read from a model's folder for one purpose, because sentence-transformers and bert-score treat the same
//! files differently: they differ in limits, in stripping and in the space in front of a text. It is shared between threads
//! and has no state. Nothing here knows libtorch, so the readers can be fuzzed by themselves.
//!
//! # For embeddings and pairs
//!
//! The fast tokenizer: tokenizer.json as it is written, else the same built out of vocab.txt, of vocab.json and merges.txt,
//! or of a SentencePiece model. transformers 5 builds some SentencePiece families anew even where there is a tokenizer.json,
//! and then differs from it, and from the text that the model was trained on:
//!
//! - DeBERTa v2 loses its character map: `ﬁ`, full-width letters and zero-width characters are not mapped;
//! - XLM-RoBERTa, CamemBERT, ALBERT and T5 cut a text at all of Unicode's blanks, and see a `▁` in it otherwise;
//! - ALBERT and LLaMA make other tokens of blanks in a row;
//! - DeBERTa v1 puts two separators between the texts of a pair.
//!
//! There this crate keeps to tokenizer.json, and to the converters of transformers 4, which wrote it.
//!
//! # For BERTScore
//!
//! The slow tokenizer, wherever the files name or imply a class that has one and its vocabulary files are there, even beside
//! a tokenizer.json. Otherwise the fast one stands in, with a space in front for RoBERTa and GPT-2. What can't be followed:
//!
//! - LLaMA's slow class, and T5's with `legacy` off, have the fast tokenizer stand in;
//! - which characters are letters, digits, marks or unassigned is decided by the Unicode version here, not by Python's;
//! - a SentencePiece model of the byte-pair kind whose pieces tie in score may join them in another order.
//!
//! # Limits
//!
//! Files are refused that the `tokenizers` crate would panic on, at the latest when a text comes: a SentencePiece piece of
//! more than 1024 bytes, an id of 2^30 or more, an added token that normalises to nothing, a character map that leads outside
//! itself, a template with tokens it doesn't have or a second text where there is one, byte-pair models whose pieces have a
//! prefix, stretches of length 0. What a regular expression in a tokenizer.json costs can't be told beforehand.

mod digest;
mod empty_token;
mod engine;
mod error;
mod extent;
mod family;
mod fast;
mod fast_tokenizer;
mod files;
mod frame;
mod json_checks;
mod limit;
mod problem;
mod python;
mod raw;
mod sentencepiece;
mod settings;
mod slow;
mod special_token;
mod special_tokens;
mod tokenizer;
mod tokenizer_json;
mod tokens;
mod truncation;
mod vocabulary;

pub use error::Error;
pub use files::FILES;
pub use tokenizer::Tokenizer;
pub use tokens::Tokens;
