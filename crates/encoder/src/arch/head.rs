//! What transformers' `AutoModelForSequenceClassification` puts on an encoder to score texts and pairs: one row an architecture.
//!
//! All of them pool, run one layer with an activation and end in a linear layer with an output for each label; they differ in
//! the names of their weights and in what config.json may say.

mod classifier;
mod config;

use gpu_bridge_checkpoint::ModelFolder;

pub(crate) use self::classifier::Classifier;
use self::config::{CLASS, HeadConfig};
use super::Activation;
use crate::Error;
use crate::pooling::Pooling;

const FILE: &str = "config.json";

/// One head.
struct Head {
    /// The states it reads.
    pooling: fn(&HeadConfig) -> Pooling,
    /// The layer from states to what the classifier gets.
    dense: &'static str,
    /// Whether that layer has a bias.
    biased: fn(&HeadConfig) -> bool,
    activation: fn(&HeadConfig) -> Activation,
    /// The norm behind the activation.
    norm: Option<&'static str>,
    /// The last layer.
    classifier: &'static str,
}

/// BERT's pooler, and what the others are described by.
const POOLER: Head = Head {
    pooling: |_| Pooling::cls(),
    dense: "pooler.dense",
    biased: |_| true,
    activation: |_| Activation::Tanh,
    norm: None,
    classifier: "classifier",
};

/// RoBERTa's, a part of its own behind the encoder.
const PROJECTED: Head = Head { dense: "classifier.dense", classifier: "classifier.out_proj", ..POOLER };

/// By `model_type`.
const HEADS: [(&str, Head); 12] = [
    ("bert", POOLER),
    ("nomic_bert", POOLER),
    ("albert", Head { dense: "pooler", ..POOLER }),
    ("distilbert", Head { dense: "pre_classifier", activation: |_| Activation::Relu, ..POOLER }),
    ("roberta", PROJECTED),
    ("xlm-roberta", PROJECTED),
    ("camembert", PROJECTED),
    ("mpnet", PROJECTED),
    ("electra", Head { activation: |_| Activation::Gelu, ..PROJECTED }),
    ("deberta", Head { activation: |config| config.pooler_hidden_act, ..POOLER }),
    ("deberta-v2", Head { activation: |config| config.pooler_hidden_act, ..POOLER }),
    (
        "modernbert",
        Head {
            pooling: |config| config.classifier_pooling.pooling(),
            dense: "head.dense",
            biased: |config| config.classifier_bias,
            activation: |config| config.classifier_activation,
            norm: Some("head.norm"),
            ..POOLER
        },
    ),
];

/// The head of a `model_type`, with what config.json says about it.
fn of(model_type: &str, folder: &ModelFolder) -> Result<(&'static Head, HeadConfig), Error> {
    let config: HeadConfig = folder.json(FILE)?;
    let problem = |problem: String| Error::from(folder.problem(FILE, problem));
    if let Some(class) = config.other_class() {
        return Err(problem(format!(
            "It describes a `{class}`, which can't score pairs; use a model made for that, a `…{CLASS}`."
        )));
    }
    let head = HEADS.iter().find(|(name, _)| *name == model_type).map(|(_, head)| head);
    let missing = || problem(format!("Pairs can't be scored with the architecture `{model_type}` yet."));
    Ok((head.ok_or_else(missing)?, config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_that_score_nothing_are_refused_by_their_class() {
        let dir = tempfile::tempdir().unwrap();
        let folder = ModelFolder::new(dir.path());
        let of = |model_type: &str, json: &str| {
            std::fs::write(dir.path().join(FILE), json).unwrap();
            of(model_type, &folder).map(|_| ()).map_err(|error| error.to_string())
        };
        assert!(of("bert", r#"{"architectures": ["BertModel"]}"#).unwrap_err().contains("`BertModel`"));
        assert!(of("mamba", "{}").unwrap_err().contains("`mamba`"));
        assert_eq!(of("bert", r#"{"architectures": ["MyForSequenceClassification"]}"#), Ok(()));
        assert!(of("modernbert", r#"{"classifier_pooling": "max"}"#).unwrap_err().contains("max"));
    }
}
