//! What a sentence-transformers model is made of: modules.json, and what its modules do after the pooling.
//!
//! The order of the modules is the model's, whatever it is; only the last Normalize is left to the [`VectorHead`], so that a
//! caller may do without it. What is not supported is refused by name: leaving a module out would give vectors that look right
//! and are not.
//!
//! [`VectorHead`]: crate::VectorHead

mod dense;
mod layer_norm;
mod listing;
mod settings;
mod stages;

use std::path::Path;

use gpu_bridge_checkpoint::ModelFolder;
use serde::Deserialize;
use tch::Device;

pub(crate) use self::listing::{Class, Module};
pub(crate) use self::settings::Settings;
pub(crate) use self::stages::Stages;
use crate::Error;
use crate::pooling::Pooling;

const SUPPORTED: &str =
    "a Transformer, a Pooling, then any of Dense, LayerNorm, Normalize and Dropout on whole vectors";

/// A model's modules.
#[derive(Debug)]
pub(crate) struct Pipeline {
    /// The folder of the transformer: config, weights and tokenizer.
    pub(crate) transformer: ModelFolder,
    pooling: Option<ModelFolder>,
    /// What follows the pooling, but for a last Normalize.
    steps: Vec<Module>,
    /// Whether vectors are scaled to length 1 at the end.
    pub(crate) normalize: bool,
}

impl Pipeline {
    /// Reads modules.json. A folder without one is a bare transformer.
    pub(crate) fn load(dir: &Path) -> Result<Self, Error> {
        let root = ModelFolder::new(dir);
        let Some(modules) = Module::list(&root, SUPPORTED)? else {
            return Ok(Self { transformer: root, pooling: None, steps: Vec::new(), normalize: false });
        };
        let mut modules = modules.into_iter();
        let transformer = expect(&root, modules.next(), Class::Transformer)?;
        let pooling = expect(&root, modules.next(), Class::Pooling)?;
        let mut steps: Vec<Module> = modules.collect();
        if let Some(wrong) = steps.iter().find(|module| !module.class.follows_pooling()) {
            return Err(wrong.unsupported(&root, SUPPORTED));
        }
        let normalize = steps.pop_if(|module| module.class == Class::Normalize);
        normalize.iter().try_for_each(Module::check_keys)?;
        Ok(Self { transformer, pooling: Some(pooling), steps, normalize: normalize.is_some() })
    }

    /// The pooling for states `hidden` wide.
    pub(crate) fn pooling(&self, hidden: usize) -> Result<Pooling, Error> {
        match &self.pooling {
            Some(folder) => Pooling::load(folder, hidden),
            None => default_pooling(&self.transformer),
        }
    }

    /// The modules after the pooling, which gives vectors `width` wide.
    pub(crate) fn stages(&self, width: usize, device: Device) -> Result<Stages, Error> {
        Stages::load(&self.steps, width, device)
    }
}

fn expect(root: &ModelFolder, module: Option<Module>, class: Class) -> Result<ModelFolder, Error> {
    match module {
        Some(module) if module.class == class => Ok(module.folder),
        Some(module) => Err(module.unsupported(root, SUPPORTED)),
        None => {
            let problem = format!("It ends before a {class:?} module. Fetch the model again.");
            Err(root.problem("modules.json", problem).into())
        }
    }
}

#[derive(Deserialize)]
struct Causality {
    architectures: Option<Vec<String>>,
    is_causal: Option<bool>,
}

/// What the reference does with a model that has no modules.json: the mean of the tokens, or the last one where the model was
/// made to predict the next.
fn default_pooling(transformer: &ModelFolder) -> Result<Pooling, Error> {
    let config: Causality = transformer.json("config.json")?;
    let architecture = config.architectures.as_ref().and_then(|names| names.first());
    let causal = architecture.is_some_and(|name| name.ends_with("ForCausalLM"));
    Ok(if causal && config.is_causal != Some(false) { Pooling::last_token() } else { Pooling::mean() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(kinds: &[&str]) -> Result<Pipeline, Error> {
        let dir = tempfile::tempdir().unwrap();
        let entry = |(idx, kind): (usize, &&str)| serde_json::json!({"idx": idx, "name": "", "path": "", "type": kind});
        let modules: Vec<_> = kinds.iter().enumerate().map(entry).collect();
        std::fs::write(dir.path().join("modules.json"), serde_json::to_vec(&modules).unwrap()).unwrap();
        Pipeline::load(dir.path())
    }

    fn legacy(classes: &[&str]) -> Result<Pipeline, Error> {
        let kinds: Vec<String> =
            classes.iter().map(|class| format!("sentence_transformers.models.{class}")).collect();
        load(&kinds.iter().map(String::as_str).collect::<Vec<_>>())
    }

    #[test]
    fn all_three_spellings_are_read() {
        for kinds in [
            ["models.Transformer", "models.Pooling", "models.Normalize"],
            [
                "base.modules.transformer.Transformer",
                "sentence_transformer.modules.pooling.Pooling",
                "base.modules.normalize.Normalize",
            ],
            [
                "sentence_transformer.modules.Transformer",
                "sentence_transformer.modules.Pooling",
                "sentence_transformer.modules.normalize.Normalize",
            ],
        ] {
            let kinds = kinds.map(|kind| format!("sentence_transformers.{kind}"));
            let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
            assert!(load(&kinds).unwrap().normalize);
            assert!(!load(&kinds[..2]).unwrap().normalize);
        }
    }

    #[test]
    fn only_the_last_normalize_is_left_to_the_head() {
        let classes =
            |pipeline: &Pipeline| pipeline.steps.iter().map(|module| module.class).collect::<Vec<_>>();
        let pipeline = legacy(&["Transformer", "Pooling", "Normalize", "Dense", "Normalize"]).unwrap();
        assert_eq!((classes(&pipeline), pipeline.normalize), (vec![Class::Normalize, Class::Dense], true));
        let pipeline = legacy(&["Transformer", "Pooling", "Normalize", "LayerNorm"]).unwrap();
        assert_eq!(
            (classes(&pipeline), pipeline.normalize),
            (vec![Class::Normalize, Class::LayerNorm], false)
        );
    }

    #[test]
    fn what_is_not_supported_is_named() {
        for wrong in [
            "sentence_transformers.models.CNN",
            "custom_st.Normalize",
            "sentence_transformers.models.Pooling",
        ] {
            let pooled =
                ["sentence_transformers.models.Transformer", "sentence_transformers.models.Pooling", wrong];
            let error = load(&pooled).unwrap_err();
            assert_eq!(error.code(), "unsupported_module");
            assert!(error.to_string().contains(wrong), "{error}");
        }
        assert!(legacy(&["Transformer", "Dense"]).unwrap_err().to_string().contains("Dense"));
        assert!(legacy(&["Transformer"]).unwrap_err().to_string().contains("Pooling"));
        assert!(legacy(&[]).unwrap_err().to_string().contains("Transformer"));
    }

    #[test]
    fn no_modules_file_means_the_mean_or_the_last_token_of_a_causal_model() {
        for (config, expected) in [
            (r#"{"architectures": ["BertModel"]}"#, Pooling::mean()),
            ("{}", Pooling::mean()),
            (r#"{"architectures": ["Qwen3ForCausalLM"]}"#, Pooling::last_token()),
            (r#"{"architectures": ["Qwen3ForCausalLM"], "is_causal": false}"#, Pooling::mean()),
        ] {
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("config.json"), config).unwrap();
            let pipeline = Pipeline::load(dir.path()).unwrap();
            assert_eq!(pipeline.pooling(8).unwrap(), expected, "{config}");
            assert!(!pipeline.normalize);
        }
    }
}
