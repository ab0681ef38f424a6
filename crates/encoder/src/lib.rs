//! Transformer encoders on libtorch: from text to tokens to hidden states to vectors and scores.
//!
//! The pieces, in the order data flows: [`Tokenizer`] (any thread) makes [`Tokens`]; an [`Embedder`], a [`BertScorer`] or
//! a [`CrossEncoder`] (the one device thread) packs them without padding, runs an architecture from [`arch`] and pools or
//! matches what comes out; a [`VectorHead`] (any thread) scales and cuts the vectors. The crate never queues, never logs and never looks for
//! models: a folder comes in as an argument, everything that goes wrong leaves as an [`Error`].
//!
//! The answers equal sentence-transformers 6 and bert-score 0.3.13 to 1e-5 in float32; where those give NaN or depend on
//! the composition of a batch, the module in question says what is answered instead.

pub mod arch;
pub mod bertscore;
mod cross_encoder;
mod device;
mod device_name;
mod dtype;
mod embedder;
mod error;
mod facts;
mod head;
mod host;
mod libtorch;
mod packing;
mod pipeline;
mod pooling;
mod threads;
mod token_encoder;
mod torch_class;
mod weights;

pub use bertscore::BertScorer;
pub use cross_encoder::{CrossEncoder, PairTokenizer, ScoreHead};
pub use device::{Device, DeviceMemory};
pub use dtype::Dtype;
pub use embedder::Embedder;
pub use error::Error;
pub use facts::ModelFacts;
pub use gpu_bridge_tokenization::{FILES as TOKENIZER_FILES, Tokenizer, Tokens};
pub use head::{Cut, OutputOptions, VectorHead};
pub use libtorch::{cuda_version, libtorch_version, load_cuda};
pub use threads::{physical_cores, use_threads};
pub use token_encoder::TokenEncoder;
