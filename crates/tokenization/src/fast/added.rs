//! Added tokens, told to the `tokenizers` crate in the order of their ids.

use tokenizers::{AddedToken as Upstream, Tokenizer};

use super::broken;
use crate::Error;
use crate::empty_token::refuse_empty;
use crate::raw::RawTokenizer;
use crate::sentencepiece::PieceKind;
use crate::special_token::AddedToken;
use crate::vocabulary::Vocabulary;

/// All at once: the crate builds its search anew for every addition.
pub(super) fn add(raw: &RawTokenizer<'_>, tokenizer: &mut Tokenizer) -> Result<(), Error> {
    for token in raw.added.values() {
        let found = refuse_empty(&token.content, token.normalized(), tokenizer);
        found.map_err(|problem| broken(raw, problem))?;
    }
    let mut tokens = piece_tokens(raw);
    tokens.extend(raw.added.values().map(upstream));
    tokenizer.add_tokens(&tokens);
    raw.added.iter().try_for_each(|(id, token)| at_its_id(*id, &token.content, raw, tokenizer))
}

fn at_its_id(id: u32, content: &str, raw: &RawTokenizer<'_>, tokenizer: &Tokenizer) -> Result<(), Error> {
    let given = tokenizer.token_to_id(content).unwrap_or_default();
    if given == id {
        return Ok(());
    }
    let problem =
        format!("The added token {content:?} should have the id {id}, but the vocabulary leaves it {given}.");
    Err(raw.folder.problem("tokenizer_config.json", problem).into())
}

/// A SentencePiece model's control and user-defined pieces are found in texts before all else.
fn piece_tokens(raw: &RawTokenizer<'_>) -> Vec<Upstream> {
    let Vocabulary::SentencePiece(pieces) = &raw.vocabulary else {
        return Vec::new();
    };
    let token = |(content, special): (&str, bool)| Upstream::from(content, special).normalized(false);
    let found = pieces.model().pieces.iter().filter_map(|piece| match piece.kind {
        PieceKind::Control => Some((piece.text.as_str(), true)),
        PieceKind::UserDefined => Some((piece.text.as_str(), false)),
        _ => None,
    });
    found.map(token).collect()
}

fn upstream(token: &AddedToken) -> Upstream {
    Upstream::from(token.content.as_str(), token.special)
        .lstrip(token.lstrip)
        .rstrip(token.rstrip)
        .single_word(token.single_word)
        .normalized(token.normalized())
}
