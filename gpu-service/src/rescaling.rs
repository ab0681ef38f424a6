//! Rescaling a BERTScore request's scores by a published baseline, where it asks for that: found out before the model is
//! loaded, because a request without a baseline is refused rather than answered with plain numbers.

use gpu_bridge_encoder::Error;
use gpu_bridge_encoder::bertscore::{Baseline, Baselines, Score};
use gpu_bridge_protocol::{BertScoreRequest, Task};

use crate::error::ServiceError;
use crate::model_name::ModelName;

/// The baselines to rescale by; none where scores are answered as they are.
#[derive(Debug)]
pub struct Rescaling(Option<Baselines>);

/// The same for one layer.
#[derive(Debug, Clone, Copy)]
pub struct LayerRescaling(Option<Baseline>);

impl Rescaling {
    /// What the request asks for with the model `name`.
    ///
    /// # Errors
    /// `invalid_field` for a missing language, and where no baseline is published.
    pub fn asked(request: &BertScoreRequest, name: &ModelName) -> Result<Self, ServiceError> {
        if request.rescale_with_baseline != Some(true) {
            return Ok(Self(None));
        }
        let lang = request.lang.as_deref().ok_or_else(no_language)?;
        let found = Baselines::find(lang, name.canonical(Task::Bertscore).as_str());
        found.map(|baselines| Self(Some(baselines))).map_err(|error| no_baseline(&error))
    }

    /// For scores on a layer.
    ///
    /// # Errors
    /// `invalid_field` where the baselines end before it.
    pub fn on_layer(&self, layer: usize) -> Result<LayerRescaling, ServiceError> {
        let found = self.0.as_ref().map(|baselines| baselines.layer(layer)).transpose();
        found.map(LayerRescaling).map_err(|error| no_baseline(&error))
    }
}

impl LayerRescaling {
    /// The scores to answer.
    pub fn of(self, scores: Vec<Score>) -> Vec<Score> {
        match self.0 {
            Some(baseline) => scores.into_iter().map(|score| baseline.rescale(score)).collect(),
            None => scores,
        }
    }
}

fn no_language() -> ServiceError {
    let known: Vec<&str> = Baselines::languages().into_iter().collect();
    let reason = format!(
        "`rescale_with_baseline` is true but `lang` is missing, and baselines are published by language; send one of {}.",
        known.join(", ")
    );
    ServiceError::invalid_field("lang", reason)
}

fn no_baseline(error: &Error) -> ServiceError {
    ServiceError::invalid_field("rescale_with_baseline", error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(rescale: Option<bool>, lang: Option<&str>, name: &str) -> Result<Rescaling, ServiceError> {
        let request = BertScoreRequest {
            candidates: Vec::new(),
            references: gpu_bridge_protocol::References::Single(Vec::new()),
            lang: lang.map(str::to_owned),
            model_type: None,
            num_layers: None,
            idf: None,
            rescale_with_baseline: rescale,
        };
        Rescaling::asked(&request, &name.parse().unwrap())
    }

    #[test]
    fn the_default_model_has_a_baseline_for_english() {
        let rescaling = asked(Some(true), Some("en"), "microsoft/deberta-xlarge-mnli").unwrap();
        let score = Score { precision: 0.0, recall: 0.0, f1: 0.0 };
        let rescaled = rescaling.on_layer(40).unwrap().of(vec![score])[0];
        assert!((rescaled.precision + 1.07).abs() < 0.01, "an empty text's: {rescaled:?}");
        assert_eq!(rescaling.on_layer(49).unwrap_err().field(), Some("rescale_with_baseline"));
    }

    #[test]
    fn nothing_is_rescaled_unless_asked_for_and_nothing_without_a_baseline() {
        let score = Score { precision: 0.5, recall: 0.5, f1: 0.5 };
        for rescale in [None, Some(false)] {
            let plain = asked(rescale, None, "org/model").unwrap().on_layer(3).unwrap();
            assert_eq!(plain.of(vec![score]), [score]);
        }
        assert_eq!(asked(Some(true), None, "roberta-large").unwrap_err().field(), Some("lang"));
        let error = asked(Some(true), Some("en"), "org/model").unwrap_err();
        assert!(error.to_string().contains("org/model"), "{error}");
    }
}
