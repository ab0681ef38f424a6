//! From a cross-encoder's raw outputs to scores, on the host, so that requests which differ only here share a forward.

/// The last step of the reference's `predict`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScoreActivation {
    /// To a number between 0 and 1.
    Sigmoid,
    /// As it is.
    Identity,
}

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreHead {
    labels: usize,
    activation: ScoreActivation,
}

impl ScoreHead {
    /// As the model says, else as the reference does: the sigmoid for a single label and nothing for several.
    pub(super) fn new(labels: usize, activation: Option<ScoreActivation>) -> Self {
        let usual = if labels == 1 { ScoreActivation::Sigmoid } else { ScoreActivation::Identity };
        Self { labels, activation: activation.unwrap_or(usual) }
    }

    /// How many numbers a pair gets. Only one of a single number can rank.
    pub fn labels(self) -> usize {
        self.labels
    }

    /// Raw outputs to scores, number by number; `raw` leaves them as they are.
    pub fn finish(self, mut logits: Vec<f32>, raw: bool) -> Vec<f32> {
        if self.activation == ScoreActivation::Sigmoid && !raw {
            logits.iter_mut().for_each(|x| *x = 1.0 / (1.0 + (-*x).exp()));
        }
        logits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_label_becomes_a_probability_unless_the_model_or_the_caller_says_otherwise() {
        let logits = || vec![0.0, 1.0, -200.0, 200.0];
        let scores = ScoreHead::new(1, None).finish(logits(), false);
        assert!((scores[1] - 0.731_058_6).abs() < 1e-6);
        assert_eq!((scores[0], scores[2], scores[3]), (0.5, 0.0, 1.0));
        assert_eq!(ScoreHead::new(1, None).finish(logits(), true), logits());
        assert_eq!(ScoreHead::new(1, Some(ScoreActivation::Identity)).finish(logits(), false), logits());
        assert_eq!(ScoreHead::new(3, None).finish(logits(), false), logits());
        assert_ne!(ScoreHead::new(3, Some(ScoreActivation::Sigmoid)).finish(logits(), false), logits());
    }
}
