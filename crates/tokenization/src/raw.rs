//! A tokenizer as its vocabulary files and its small JSON files describe it, before it is built one way or the other.

use std::collections::BTreeMap;
use std::fmt::{self, Write};

use gpu_bridge_checkpoint::ModelFolder;
use serde::de::DeserializeOwned;

use crate::Error;
use crate::family::Family;
use crate::settings::Settings;
use crate::special_token::{AddedToken, Role};
use crate::special_tokens::SpecialTokens;
use crate::vocabulary::Vocabulary;

/// See the module.
#[derive(Debug)]
pub(crate) struct RawTokenizer<'a> {
    pub(crate) family: Family,
    pub(crate) folder: &'a ModelFolder,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) special: SpecialTokens,
    /// Tokens found before all else, by id.
    pub(crate) added: BTreeMap<u32, AddedToken>,
    settings: &'a Settings,
}

impl<'a> RawTokenizer<'a> {
    pub(crate) fn load(
        family: Family,
        settings: &'a Settings,
        folder: &'a ModelFolder,
    ) -> Result<Self, Error> {
        let vocabulary = Vocabulary::load(family, settings, folder)?;
        let special = SpecialTokens::resolve(family, settings, folder)?;
        let added = special.added(family, settings, &vocabulary);
        let raw = Self { family, folder, vocabulary, special, added, settings };
        raw.check()
    }

    /// Refuses a tokenizer that lacks what its frame or its model is made of.
    fn check(self) -> Result<Self, Error> {
        let frame = self.family.frame();
        for role in frame.open.iter().chain(frame.close) {
            self.id(*role)?;
        }
        if let Vocabulary::WordPiece(words) = &self.vocabulary {
            let unknown = self.special.named(Role::Unk).unwrap_or("nothing");
            words.ids().get(unknown).ok_or_else(|| self.lacks(Role::Unk, unknown))?;
        }
        Ok(self)
    }

    /// The id of the token that plays `role`.
    pub(crate) fn id(&self, role: Role) -> Result<u32, Error> {
        let token = self.special.named(role).ok_or_else(|| self.lacks(role, "nothing"))?;
        self.id_of(token).ok_or_else(|| self.lacks(role, token))
    }

    fn lacks(&self, role: Role, token: &str) -> Error {
        let problem = format!("{token:?} is the {}, which the vocabulary lacks.", role.key());
        self.folder.problem("tokenizer_config.json", problem).into()
    }

    /// The id of the token `content`: an added one's, else the vocabulary's.
    pub(crate) fn id_of(&self, content: &str) -> Option<u32> {
        let added = self.added.iter().find(|(_, token)| token.content == content).map(|(id, _)| *id);
        added.or_else(|| self.vocabulary.ids().get(content).copied())
    }

    /// An option of tokenizer_config.json, or what the class takes without it.
    pub(crate) fn option<T: DeserializeOwned>(&self, key: &str, otherwise: T) -> Result<T, Error> {
        Ok(self.settings.get(key, self.folder)?.unwrap_or(otherwise))
    }

    /// An option that may be left open.
    pub(crate) fn open_option<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        self.settings.get(key, self.folder)
    }

    /// Writes everything that decides tokens but the class's own options.
    pub(crate) fn describe(&self, out: &mut impl Write) -> fmt::Result {
        write!(out, "{:?} {:?} {:?}", self.family, self.special, self.added)?;
        self.vocabulary.describe(out)
    }
}
