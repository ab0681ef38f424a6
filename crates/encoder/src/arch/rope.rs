//! The rotary part of config.json: transformers 4 has `rope_theta` and `rope_scaling`, transformers 5 `rope_parameters`.

use serde::Deserialize;

/// One set of rotary settings, in either spelling.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Rope {
    rope_type: Option<String>,
    /// What `rope_type` was called first; configs may hold both.
    #[serde(rename = "type")]
    old_type: Option<String>,
    rope_theta: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

impl Rope {
    /// The base of the wavelengths, where one is given.
    pub(super) fn theta(&self) -> Option<f64> {
        self.rope_theta
    }

    /// What can't be followed, as a full sentence.
    pub(super) fn problem(&self) -> Option<String> {
        let kind = self.rope_type.as_deref().or(self.old_type.as_deref()).unwrap_or("default");
        let part = self.partial_rotary_factor.unwrap_or(1.0);
        if kind != "default" {
            Some(format!("Rotary positions of the type `{kind}` are not supported; only `default` ones are."))
        } else if (part - 1.0).abs() > f64::EPSILON {
            Some(format!(
                "`partial_rotary_factor` is {part}, but only heads that turn as a whole are supported."
            ))
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_read_and_scaling_is_refused_by_name() {
        let read = |json: serde_json::Value| serde_json::from_value::<Rope>(json).unwrap();
        let both = read(serde_json::json!({"type": "yarn", "rope_type": "yarn", "factor": 4.0}));
        assert!(both.problem().unwrap().contains("`yarn`"));
        assert!(
            read(serde_json::json!({"type": "linear", "factor": 2.0}))
                .problem()
                .unwrap()
                .contains("`linear`")
        );
        let plain = read(serde_json::json!({"rope_type": "default", "rope_theta": 1e6}));
        assert_eq!((plain.problem(), plain.theta()), (None, Some(1e6)));
        assert!(read(serde_json::json!({"partial_rotary_factor": 0.5})).problem().unwrap().contains("0.5"));
    }
}
