//! Which of transformers' tokenizer classes a checkpoint's files belong to.
//!
//! The class decides what the files leave unsaid: special tokens, their ids, the frame around a text, what happens to a text
//! first. It is named by tokenizer_config.json or config.json, else follows from the architecture, else from the files.

use gpu_bridge_checkpoint::ModelFolder;

use crate::settings::Settings;
use crate::special_token::{AddedToken, Role};

/// One class, or several that treat texts alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    /// BERT, DistilBERT, ELECTRA and everything else with BERT's tokenizer.
    Bert,
    Mpnet,
    Roberta,
    Gpt2,
    /// DeBERTa v1: GPT-2's vocabulary in BERT's frame.
    Deberta,
    Qwen2,
    XlmRoberta,
    Camembert,
    Albert,
    DebertaV2,
    T5,
    Llama,
}

impl Family {
    /// The folder's family, where its files name or imply one that is known.
    pub(crate) fn of(settings: &Settings, folder: &ModelFolder) -> Option<Self> {
        let named = settings.class().map(|class| class.strip_suffix("Fast").unwrap_or(class));
        match named {
            Some(class) => Self::of_class(class),
            None => settings.model_type().map_or_else(|| Self::of_files(folder), Self::of_model_type),
        }
    }

    fn of_class(class: &str) -> Option<Self> {
        Some(match class {
            "BertTokenizer" | "DistilBertTokenizer" | "ElectraTokenizer" => Self::Bert,
            "MobileBertTokenizer" | "ConvBertTokenizer" | "SqueezeBertTokenizer" => Self::Bert,
            "MPNetTokenizer" => Self::Mpnet,
            "RobertaTokenizer" => Self::Roberta,
            "GPT2Tokenizer" => Self::Gpt2,
            "DebertaTokenizer" => Self::Deberta,
            "Qwen2Tokenizer" => Self::Qwen2,
            "XLMRobertaTokenizer" => Self::XlmRoberta,
            "CamembertTokenizer" => Self::Camembert,
            "AlbertTokenizer" => Self::Albert,
            "DebertaV2Tokenizer" => Self::DebertaV2,
            "T5Tokenizer" => Self::T5,
            "LlamaTokenizer" => Self::Llama,
            _ => return None,
        })
    }

    fn of_model_type(model_type: &str) -> Option<Self> {
        Some(match model_type {
            "bert" | "distilbert" | "electra" | "nomic_bert" => Self::Bert,
            "mobilebert" | "convbert" | "squeezebert" => Self::Bert,
            "mpnet" => Self::Mpnet,
            "roberta" => Self::Roberta,
            "gpt2" => Self::Gpt2,
            "deberta" => Self::Deberta,
            "qwen2" | "qwen3" => Self::Qwen2,
            "xlm-roberta" => Self::XlmRoberta,
            "camembert" => Self::Camembert,
            "albert" => Self::Albert,
            "deberta-v2" => Self::DebertaV2,
            "t5" | "mt5" => Self::T5,
            "llama" | "mistral" => Self::Llama,
            _ => return None,
        })
    }

    fn of_files(folder: &ModelFolder) -> Option<Self> {
        let found = |family: &Self| family.vocabulary_files().iter().all(|file| folder.path(file).is_file());
        [Self::Bert, Self::Roberta, Self::XlmRoberta, Self::DebertaV2, Self::Albert, Self::Llama]
            .into_iter()
            .find(found)
    }

    /// The files that hold its vocabulary, all of which it needs.
    pub(crate) fn vocabulary_files(self) -> &'static [&'static str] {
        match self {
            Self::Bert | Self::Mpnet => &["vocab.txt"],
            Self::Roberta | Self::Gpt2 | Self::Deberta | Self::Qwen2 => &["vocab.json", "merges.txt"],
            Self::XlmRoberta | Self::Camembert => &["sentencepiece.bpe.model"],
            Self::Albert | Self::T5 => &["spiece.model"],
            Self::DebertaV2 => &["spm.model"],
            Self::Llama => &["tokenizer.model"],
        }
    }

    /// The token that plays `role` where the files don't say.
    pub(crate) fn default_token(self, role: Role) -> Option<AddedToken> {
        self.default_content(role).map(|content| self.token(role, content))
    }

    /// The token `content` in `role`: some classes let their mask take the blank in front of it along.
    pub(crate) fn token(self, role: Role, content: &str) -> AddedToken {
        let greedy =
            !matches!(self, Self::Bert | Self::DebertaV2 | Self::Gpt2 | Self::Qwen2 | Self::T5 | Self::Llama);
        let normalized = (self == Self::DebertaV2 && role == Role::Unk).then_some(true);
        AddedToken { lstrip: role == Role::Mask && greedy, normalized, ..AddedToken::special(content) }
    }

    fn default_content(self, role: Role) -> Option<&'static str> {
        match self {
            Self::Bert => bracketed(role).filter(|_| !matches!(role, Role::Bos | Role::Eos)),
            Self::Deberta | Self::DebertaV2 => bracketed(role),
            Self::Mpnet if role == Role::Unk => Some("[UNK]"),
            Self::Mpnet | Self::Roberta | Self::XlmRoberta | Self::Camembert => angled(role),
            Self::Albert if matches!(role, Role::Unk | Role::Pad) => angled(role),
            Self::Albert => bracketed(role),
            Self::Gpt2 if matches!(role, Role::Bos | Role::Eos | Role::Unk) => Some("<|endoftext|>"),
            Self::Qwen2 if matches!(role, Role::Eos | Role::Unk | Role::Pad) => Some("<|endoftext|>"),
            Self::T5 if matches!(role, Role::Eos | Role::Unk | Role::Pad) => angled(role),
            Self::Llama if matches!(role, Role::Bos | Role::Eos | Role::Unk) => angled(role),
            Self::Gpt2 | Self::Qwen2 | Self::T5 | Self::Llama => None,
        }
    }
}

fn bracketed(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Bos | Role::Cls => "[CLS]",
        Role::Eos | Role::Sep => "[SEP]",
        Role::Unk => "[UNK]",
        Role::Pad => "[PAD]",
        Role::Mask => "[MASK]",
    })
}

fn angled(role: Role) -> Option<&'static str> {
    Some(match role {
        Role::Bos | Role::Cls => "<s>",
        Role::Eos | Role::Sep => "</s>",
        Role::Unk => "<unk>",
        Role::Pad => "<pad>",
        Role::Mask => "<mask>",
    })
}
