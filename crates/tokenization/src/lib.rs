//! Texts to tokens as the Python references make them, from whatever tokenizer files a checkpoint has.
//!
//! A [`Tokenizer`] is read from a model's folder for one purpose, because sentence-transformers and bert-score treat the same
//! files differently: they differ in limits, in stripping and in the space in front of a text. It is shared between threads
//! and has no state. Nothing here knows libtorch, so the readers can be fuzzed by themselves.

mod error;
mod family;
mod fast;
mod fast_tokenizer;
mod frame;
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
mod vocabulary;

pub use error::Error;
pub use tokenizer::Tokenizer;
pub use tokens::Tokens;
