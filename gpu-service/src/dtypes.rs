//! `GPU_DTYPE`: the number format of the weights, of all models and of single ones.
//!
//! `float32` alone says it for all models; `auto,NAME=float16,ORG/NAME=bfloat16` says it for single ones too, each by its
//! name in any spelling. `auto` is float32, which equals the references; nothing else is chosen by itself.

use std::str::FromStr;

use gpu_bridge_encoder::Dtype;
use gpu_bridge_protocol::Task;

use crate::model_name::ModelName;

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dtypes {
    all: Dtype,
    single: Vec<(ModelName, Dtype)>,
}

impl Dtypes {
    /// The format of a model's weights, for what it is used for.
    pub fn of(&self, name: &ModelName, task: Task) -> Dtype {
        let name = name.canonical(task);
        let found = self.single.iter().find(|(single, _)| single.canonical(task) == name);
        found.map_or(self.all, |(_, dtype)| *dtype)
    }
}

impl FromStr for Dtypes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut dtypes = Self { all: Dtype::Float32, single: Vec::new() };
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                None => dtypes.all = dtype(part)?,
                Some((name, choice)) => {
                    let name: ModelName = name
                        .trim()
                        .parse()
                        .map_err(|error: crate::model_name::BadModelName| error.to_string())?;
                    dtypes.single.push((name, dtype(choice.trim())?));
                }
            }
        }
        Ok(dtypes)
    }
}

fn dtype(text: &str) -> Result<Dtype, String> {
    match text {
        "auto" | "float32" => Ok(Dtype::Float32),
        "float16" => Ok(Dtype::Float16),
        "bfloat16" => Ok(Dtype::BFloat16),
        _ => Err(format!("{text:?} is no number format; use auto, float32, float16 or bfloat16")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(setting: &str, name: &str) -> Dtype {
        setting.parse::<Dtypes>().unwrap().of(&name.parse().unwrap(), Task::Embed)
    }

    #[test]
    fn one_format_for_all_and_others_by_name() {
        let setting = "auto, BAAI/bge-m3=bfloat16,all-MiniLM-L6-v2=float16";
        assert_eq!(of(setting, "BAAI/bge-m3"), Dtype::BFloat16);
        assert_eq!(of(setting, "sentence-transformers/all-MiniLM-L6-v2"), Dtype::Float16);
        assert_eq!(of(setting, "org/other"), Dtype::Float32);
        assert_eq!(of("float16", "org/other"), Dtype::Float16);
        assert_eq!(of("", "org/other"), Dtype::Float32);
        let rankers: Dtypes = "cross-encoder/x=float16".parse().unwrap();
        let of = |task| rankers.of(&"x".parse().unwrap(), task);
        assert_eq!((of(Task::Rerank), of(Task::Embed)), (Dtype::Float16, Dtype::Float32));
    }

    #[test]
    fn what_is_no_format_or_no_name_is_an_error_that_says_so() {
        assert!("int8".parse::<Dtypes>().unwrap_err().contains("bfloat16"));
        assert!("auto,../x=float16".parse::<Dtypes>().unwrap_err().contains("never a path"));
    }
}
