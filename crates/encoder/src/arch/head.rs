//! What transformers' `AutoModelForSequenceClassification` puts on an encoder to score texts and pairs: one row an architecture.
//!
//! All of them pool, run one layer with an activation and end in a linear layer with an output for each label; they differ in
//! the names of their weights and in what config.json may say.

mod classifier;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use serde_json::{Map, Value};

pub(crate) use self::classifier::Classifier;
use super::Activation;
use crate::Error;
use crate::pooling::Pooling;

const FILE: &str = "config.json";
/// What the class of a model with such a head ends in.
const CLASS: &str = "ForSequenceClassification";

/// One head.
struct Head {
    /// The states it reads.
    pooling: fn(&HeadConfig) -> Pooling,
    /// The layer from states to what the classifier gets; its bias.
    dense: &'static str,
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
const HEADS: [(&str, Head); 11] = [
    ("bert", POOLER),
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

#[derive(Deserialize)]
struct HeadConfig {
    architectures: Option<Vec<String>>,
    id2label: Option<Map<String, Value>>,
    num_labels: Option<usize>,
    #[serde(default = "gelu")]
    pooler_hidden_act: Activation,
    #[serde(default)]
    classifier_pooling: ClassifierPooling,
    #[serde(default)]
    classifier_bias: bool,
    #[serde(default = "gelu")]
    classifier_activation: Activation,
    #[serde(default)]
    norm_bias: bool,
    #[serde(default = "small")]
    norm_eps: f64,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum ClassifierPooling {
    #[default]
    Cls,
    Mean,
}

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

impl HeadConfig {
    /// The class of a model that is none of those with a head.
    fn other_class(&self) -> Option<&str> {
        let classes = self.architectures.as_deref().unwrap_or_default();
        if classes.iter().any(|class| class.ends_with(CLASS)) {
            None
        } else {
            classes.first().map(String::as_str)
        }
    }

    /// How many outputs there are; as in sentence-transformers one where the config names no class.
    fn labels(&self) -> usize {
        if self.architectures.as_deref().unwrap_or_default().is_empty() {
            return 1;
        }
        self.id2label.as_ref().map(Map::len).or(self.num_labels).unwrap_or(2)
    }
}

impl ClassifierPooling {
    fn pooling(self) -> Pooling {
        match self {
            Self::Cls => Pooling::cls(),
            Self::Mean => Pooling::mean(),
        }
    }
}

fn gelu() -> Activation {
    Activation::Gelu
}

fn small() -> f64 {
    1e-5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> HeadConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn labels_are_counted_as_transformers_counts_them() {
        let class = r#""architectures": ["BertForSequenceClassification"]"#;
        for (rest, labels) in [
            ("", 2),
            (r#", "id2label": {"0": "a"}"#, 1),
            (r#", "id2label": {"0": "a", "1": "b", "2": "c"}, "num_labels": 7"#, 3),
            (r#", "num_labels": 5"#, 5),
        ] {
            assert_eq!(config(&format!("{{{class}{rest}}}")).labels(), labels, "{rest}");
        }
        assert_eq!(config(r#"{"num_labels": 3}"#).labels(), 1, "no class");
    }

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
