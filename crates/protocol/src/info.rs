//! `GET /info`: what a host is and has.

use serde::{Deserialize, Serialize};

use crate::Task;

/// The device and the models of a service.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InfoResponse {
    /// `cuda:0`, `mps`, `cpu`.
    pub device: String,
    /// The device's own name, such as `NVIDIA H100`.
    pub device_name: String,
    /// Memory of the device in MiB; `null` where the device is the CPU.
    #[serde(default)]
    pub vram_total_mb: Option<u64>,
    /// Memory of the device in use, in MiB; `null` where the device is the CPU.
    #[serde(default)]
    pub vram_used_mb: Option<u64>,
    /// Version of libtorch.
    pub pytorch_version: String,
    /// Version of CUDA, `null` without it.
    #[serde(default)]
    pub cuda_version: Option<String>,
    /// `embed:NAME` or `bertscore:NAME` for each model in memory.
    pub loaded_models: Vec<String>,
    /// Version of the service. Services of 0.2 don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What one request may hold. Services of 0.2 don't say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Details of the models in memory, and the reason for each default model that couldn't be had.
    #[serde(default)]
    pub models: Vec<ModelInfo>,
}

/// What one request may hold, and how many are taken at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Texts or pairs a request.
    pub max_batch_size: usize,
    /// Unicode code points a text.
    pub max_text_length: usize,
    /// Requests at once, waiting ones included.
    pub max_concurrent: usize,
}

/// A model a service holds, or failed to get.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// As requests name it.
    pub name: String,
    /// What it is loaded for.
    pub task: Task,
    /// `float32`, `float16` or `bfloat16`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dtype: Option<String>,
    /// Length of its vectors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<usize>,
    /// Tokens it reads of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_seq_length: Option<usize>,
    /// Memory of its weights, in MiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_mb: Option<f64>,
    /// Digest of weights, config and dtype: equal digests give equal answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Why the model couldn't be had; absent for one that is in memory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_of_a_0_2_service_is_read() {
        let body = r#"{"device":"cpu","device_name":"cpu","vram_total_mb":null,"vram_used_mb":null,
            "pytorch_version":"2.6.0","cuda_version":null,"loaded_models":["embed:all-MiniLM-L6-v2"]}"#;
        let info: InfoResponse = serde_json::from_str(body).unwrap();
        assert_eq!((info.vram_total_mb, info.cuda_version, info.models.len()), (None, None, 0));
    }
}
