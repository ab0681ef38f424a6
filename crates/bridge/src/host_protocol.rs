//! What hosts speak: `hosts[].protocol`.

use serde::{Deserialize, Serialize};

/// See the module.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Protocol {
    /// gpu-service, of this version or of 0.2: all work there is.
    #[default]
    #[serde(rename = "gpu-bridge")]
    GpuBridge,
    /// Any server with OpenAI's `/v1/embeddings`, such as vLLM, text-embeddings-inference, Ollama or llama.cpp:
    /// embeddings alone.
    #[serde(rename = "openai")]
    OpenAi,
}
