//! What config.json says about a head.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::arch::Activation;
use crate::pooling::Pooling;

/// What the class of a model with a head ends in.
pub(super) const CLASS: &str = "ForSequenceClassification";

/// The keys of all architectures' heads, with transformers' defaults.
#[derive(Deserialize)]
pub(super) struct HeadConfig {
    architectures: Option<Vec<String>>,
    id2label: Option<Map<String, Value>>,
    num_labels: Option<usize>,
    #[serde(default = "gelu")]
    pub(super) pooler_hidden_act: Activation,
    #[serde(default)]
    pub(super) classifier_pooling: ClassifierPooling,
    #[serde(default)]
    pub(super) classifier_bias: bool,
    #[serde(default = "gelu")]
    pub(super) classifier_activation: Activation,
    #[serde(default)]
    pub(super) norm_bias: bool,
    #[serde(default = "small")]
    pub(super) norm_eps: f64,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum ClassifierPooling {
    #[default]
    Cls,
    Mean,
}

impl HeadConfig {
    /// The class of a model that is none of those with a head.
    pub(super) fn other_class(&self) -> Option<&str> {
        let classes = self.architectures.as_deref().unwrap_or_default();
        if classes.iter().any(|class| class.ends_with(CLASS)) {
            None
        } else {
            classes.first().map(String::as_str)
        }
    }

    /// How many outputs there are; as in sentence-transformers one where the config names no class.
    pub(super) fn labels(&self) -> usize {
        if self.architectures.as_deref().unwrap_or_default().is_empty() {
            return 1;
        }
        self.id2label.as_ref().map(Map::len).or(self.num_labels).unwrap_or(2)
    }
}

impl ClassifierPooling {
    pub(super) fn pooling(self) -> Pooling {
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
}
