//! The special and added tokens of a tokenizer that is built from its vocabulary files, with their ids.

use std::collections::{BTreeMap, HashMap};

use gpu_bridge_checkpoint::ModelFolder;

use crate::Error;
use crate::family::Family;
use crate::settings::Settings;
use crate::special_token::{AddedToken, NamedToken, Role};
use crate::vocabulary::Vocabulary;

/// T5's sentinels, where tokenizer_config.json sets no other number.
const SENTINELS: u32 = 100;

/// See the module.
#[derive(Debug)]
pub(crate) struct SpecialTokens {
    named: BTreeMap<Role, AddedToken>,
    additional: Vec<AddedToken>,
}

impl SpecialTokens {
    pub(crate) fn resolve(family: Family, settings: &Settings, folder: &ModelFolder) -> Result<Self, Error> {
        let listed: HashMap<&str, &AddedToken> =
            settings.added().values().map(|token| (token.content.as_str(), token)).collect();
        let mut named = BTreeMap::new();
        for role in Role::ALL {
            let token = match settings.named(role, folder)? {
                None => family.default_token(role),
                Some(token) => token.map(|token| full(token, |content| family.token(role, content))),
            };
            let known = |token: AddedToken| {
                listed.get(token.content.as_str()).map_or(token, |known| (*known).clone())
            };
            named.extend(token.map(|token| (role, known(token))));
        }
        let additional = settings.additional(folder)?.unwrap_or_default().into_iter();
        let additional = additional.map(|token| full(token, AddedToken::special)).collect();
        Ok(Self { named, additional })
    }

    /// The token that plays `role`.
    pub(crate) fn named(&self, role: Role) -> Option<&str> {
        self.named.get(&role).map(|token| token.content.as_str())
    }

    /// All of them in transformers' order, each once.
    pub(crate) fn all(&self) -> Vec<&AddedToken> {
        let mut all: Vec<&AddedToken> = Vec::new();
        for token in self.named.values().chain(&self.additional) {
            if !token.content.is_empty() && all.iter().all(|other| other.content != token.content) {
                all.push(token);
            }
        }
        all
    }

    /// The tokens found before all else, by id: what the files list, what the family always has, and the special tokens,
    /// which get the next free ids where the vocabulary doesn't have them.
    pub(crate) fn added(
        &self,
        family: Family,
        settings: &Settings,
        vocabulary: &Vocabulary,
    ) -> BTreeMap<u32, AddedToken> {
        let ids = vocabulary.ids();
        let mut added = BTreeMap::new();
        if let Vocabulary::SentencePiece(pieces) = vocabulary {
            added.extend(pieces.sentinels().iter().cloned());
        }
        added.extend(settings.added().clone());
        if family == Family::Camembert {
            added.extend(camembert());
        }
        let mut contents: Vec<String> = added.values().map(|token| token.content.clone()).collect();
        let mut next = next_free(ids, &added);
        for token in
            self.all().into_iter().filter(|token| !contents.contains(&token.content)).collect::<Vec<_>>()
        {
            let id = ids.get(&token.content).copied().unwrap_or(next);
            next += u32::from(id == next);
            added.insert(id, AddedToken { special: true, ..token.clone() });
            contents.push(token.content.clone());
        }
        added
    }
}

/// One more than there are different tokens.
fn next_free(ids: &HashMap<String, u32>, added: &BTreeMap<u32, AddedToken>) -> u32 {
    let more = added.values().filter(|token| !ids.contains_key(&token.content)).count();
    u32::try_from(ids.len() + more).unwrap_or(u32::MAX / 2)
}

fn full(token: NamedToken, from: impl FnOnce(&str) -> AddedToken) -> AddedToken {
    match token {
        NamedToken::Text(content) => from(&content),
        NamedToken::Full(token) => AddedToken { special: true, ..token },
    }
}

/// What CamemBERT's class puts in front of its SentencePiece model.
fn camembert() -> impl Iterator<Item = (u32, AddedToken)> {
    let tokens = ["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED"];
    (0..).zip(tokens.map(AddedToken::special))
}

/// T5's sentinels `<extra_id_0>` and so on, which follow its SentencePiece model in falling order.
pub(crate) fn sentinels(
    settings: &Settings,
    folder: &ModelFolder,
    pieces: u32,
) -> Result<Vec<(u32, AddedToken)>, Error> {
    let count = settings.get("extra_ids", folder)?.unwrap_or(SENTINELS).min(1 << 16);
    let token = |index| {
        let content = format!("<extra_id_{index}>");
        (
            pieces + count - 1 - index,
            AddedToken { lstrip: true, rstrip: true, ..AddedToken::special(&content) },
        )
    };
    Ok((0..count).map(token).collect())
}
