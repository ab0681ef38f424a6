//! A SentencePiece model's pieces at the ids that each family gives them.
//!
//! Most keep the model's own. XLM-RoBERTa and CamemBERT come from fairseq, which put its four special tokens first and the
//! rest of the model behind them; ALBERT would rather split a comma from the digits in front of it.

use std::collections::HashMap;

use gpu_bridge_checkpoint::ModelFolder;

use crate::Error;
use crate::family::Family;
use crate::python;
use crate::sentencepiece::SentencePieceModel;
use crate::settings::Settings;
use crate::special_token::AddedToken;
use crate::special_tokens::sentinels;

/// See the module.
#[derive(Debug)]
pub(crate) struct SentencePieces {
    model: SentencePieceModel,
    pieces: Vec<(String, f64)>,
    ids: HashMap<String, u32>,
    sentinels: Vec<(u32, AddedToken)>,
    file: &'static str,
}

impl SentencePieces {
    pub(crate) fn load(family: Family, settings: &Settings, folder: &ModelFolder) -> Result<Self, Error> {
        let file = family.vocabulary_files().first().copied().unwrap_or_default();
        let model =
            SentencePieceModel::read(&folder.bytes(file)?).map_err(|problem| problem.of(folder, file))?;
        let count = u32::try_from(model.pieces.len()).unwrap_or(u32::MAX);
        let sentinels = if family == Family::T5 { sentinels(settings, folder, count)? } else { Vec::new() };
        let mut pieces = placed(family, &model);
        pieces.extend(sentinels.iter().rev().map(|(_, token)| (token.content.clone(), 0.0)));
        let ids = pieces.iter().map(|(text, _)| text.clone()).zip(0..).collect();
        Ok(Self { model, pieces, ids, sentinels, file })
    }

    /// The pieces with their scores, each at its id.
    pub(crate) fn pieces(&self) -> &[(String, f64)] {
        &self.pieces
    }

    pub(crate) fn ids(&self) -> &HashMap<String, u32> {
        &self.ids
    }

    pub(crate) fn model(&self) -> &SentencePieceModel {
        &self.model
    }

    /// T5's sentinel tokens; other families have none.
    pub(crate) fn sentinels(&self) -> &[(u32, AddedToken)] {
        &self.sentinels
    }

    /// The file it was read from.
    pub(crate) fn file(&self) -> &'static str {
        self.file
    }
}

fn placed(family: Family, model: &SentencePieceModel) -> Vec<(String, f64)> {
    let own = model.pieces.iter().map(|piece| (piece.text.clone(), f64::from(piece.score)));
    let zero = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), 0.0)).collect::<Vec<_>>();
    match family {
        Family::XlmRoberta => {
            let first = zero(&["<s>", "<pad>", "</s>", "<unk>"]);
            first.into_iter().chain(own.skip(3)).chain(zero(&["<mask>"])).collect()
        }
        Family::Camembert => {
            let first = zero(&["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>"]);
            let second = ("<unk>NOTUSED".to_owned(), -100.0);
            first.into_iter().chain([second]).chain(own.skip(1)).chain(zero(&["<mask>"])).collect()
        }
        Family::Albert => {
            own.map(|(text, score)| (digit_comma(&text), text, score)).map(downgraded).collect()
        }
        _ => own.collect(),
    }
}

fn downgraded((digit_comma, text, score): (bool, String, f64)) -> (String, f64) {
    (text, if digit_comma { score - 100.0 } else { score })
}

/// Whether `piece` ends in a digit and a comma.
pub(crate) fn digit_comma(piece: &str) -> bool {
    let mut last = piece.chars().rev();
    last.next() == Some(',') && last.next().is_some_and(python::is_digit)
}
