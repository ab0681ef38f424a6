//! SentencePiece: reading its models, and encoding as the library itself does.

mod charsmap;
mod merges;
mod model;
mod normalizer;
mod processor;
mod unigram;
mod wire;

pub(crate) use charsmap::Charsmap;
pub(crate) use merges::merges;
pub(crate) use model::{Algorithm, LONGEST_PIECE, PieceKind, SentencePieceModel};
pub(crate) use normalizer::SPACE;
pub(crate) use processor::{EncodedPiece, Processor};
