//! The daemon's settings: command line first, then environment, then defaults; checked before anything starts. An empty
//! variable counts as none.
//!
//! Variables of 0.2 keep their names and meaning.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::builder::FalseyValueParser;
use clap::{CommandFactory, FromArgMatches, Parser, ValueEnum};
use gpu_bridge_encoder::{Device, physical_cores};
use gpu_bridge_protocol::limits::{DEFAULT_PORT, MAX_TEXT_LENGTH};

use crate::dtypes::Dtypes;
use crate::environment::without_blanks;
use crate::hub_args::HubArgs;
use crate::memory_limit::MemoryLimit;
use crate::model_name::ModelName;
use crate::queue::Budget;
use crate::resolve::Resolver;
use crate::user_cache::home_cache;

/// Tokens a batch on a CPU: larger ones are no faster and keep single queries waiting.
const CPU_BATCH_TOKENS: u64 = 2048;
/// Tokens a batch on a GPU, which needs that many to be busy.
const GPU_BATCH_TOKENS: u64 = 32_768;

/// Serves embeddings, BERTScore and reranking from this machine's device over HTTP.
#[derive(Debug, Clone, Parser)]
#[command(name = "gpu-service", version, about)]
pub struct Config {
    /// Address to listen on
    #[arg(long, env = "HOST", default_value = "127.0.0.1")]
    pub host: String,
    /// Port to listen on; 0 takes a free one
    #[arg(long, env = "PORT", default_value_t = DEFAULT_PORT)]
    pub port: u16,
    /// Key that callers must send; none is asked for where neither this nor a key file is set
    #[arg(long, env = "API_KEY", hide_env_values = true)]
    pub api_key: Option<String>,
    /// File of further keys, a `name:key` a line; read again when it changes
    #[arg(long, env = "API_KEYS_FILE")]
    pub api_keys_file: Option<PathBuf>,
    /// Listen beyond loopback without a key
    #[arg(long, env = "GPU_ALLOW_ANONYMOUS", value_parser = FalseyValueParser::new(), action = clap::ArgAction::SetTrue)]
    pub allow_anonymous: bool,
    /// Requests taken at once, waiting ones included; further ones are answered 503
    #[arg(long, env = "GPU_MAX_CONCURRENT", default_value_t = 256, value_parser = at_least_one)]
    pub max_concurrent: usize,
    /// Most texts in one pass over the device, as in 0.2; batches are cut by tokens where it isn't set
    #[arg(long, env = "GPU_EMBED_BATCH", value_parser = at_least_one)]
    pub embed_batch: Option<usize>,
    /// Texts or pairs a request
    #[arg(long, env = "GPU_MAX_BATCH_SIZE", default_value_t = 10_000, value_parser = at_least_one)]
    pub max_batch_size: usize,
    /// Unicode code points a text
    #[arg(long, env = "GPU_MAX_TEXT_LENGTH", default_value_t = MAX_TEXT_LENGTH, value_parser = at_least_one)]
    pub max_text_length: usize,
    /// Tokens in one pass over the device [default: 2048 on a CPU, 32768 on a GPU]
    #[arg(long, env = "GPU_MAX_BATCH_TOKENS", value_parser = at_least_one)]
    pub max_batch_tokens: Option<usize>,
    /// Most MiB of a request's body
    #[arg(long, env = "GPU_MAX_BODY_MB", default_value_t = 64, value_parser = at_least_one)]
    pub max_body_mb: usize,
    /// Model of /embed where the request names none
    #[arg(long, env = "MODEL_EMBED", default_value = "all-MiniLM-L6-v2")]
    pub model_embed: ModelName,
    /// Model of /bertscore where the request names none
    #[arg(long, env = "MODEL_BERTSCORE", default_value = "microsoft/deberta-xlarge-mnli")]
    pub model_bertscore: ModelName,
    /// Model of /rerank where the request names none [default: none, so that requests must name one]
    #[arg(long, env = "MODEL_RERANK")]
    pub model_rerank: Option<ModelName>,
    /// cuda, cuda:1, mps or cpu [default: the best there is]
    #[arg(long, env = "TORCH_DEVICE")]
    pub device: Option<String>,
    /// Number format of the weights: auto (float32), float32, float16 or bfloat16; for single models NAME=FORMAT after a comma
    #[arg(long, env = "GPU_DTYPE", default_value = "auto")]
    pub dtype: Dtypes,
    /// MiB that models may take on the device, or `none` for no bound [default: four fifths of what is free on a GPU, of the
    /// machine's memory on a CPU]
    #[arg(long, env = "GPU_MEMORY_BUDGET_MB")]
    pub memory_budget_mb: Option<MemoryLimit>,
    /// CPU threads of one pass [default: the physical cores]
    #[arg(long, env = "OMP_NUM_THREADS", value_parser = at_least_one)]
    pub cpu_threads: Option<usize>,
    /// Folders with models, separated by colons: FOLDER/NAME or FOLDER/ORG/NAME
    #[arg(long, env = "GPU_MODEL_PATH", value_delimiter = ':')]
    pub model_path: Vec<PathBuf>,
    /// How long a request waits for its model to be fetched and loaded before it is told to come back
    #[arg(long, env = "GPU_LOAD_PATIENCE_SECONDS", default_value_t = 30)]
    pub load_patience_seconds: u64,
    /// Names and globs of the models that callers may ask for, and that may be fetched from the hub for them, separated by
    /// commas; where unset, all that are on this machine
    #[arg(long, env = "GPU_ALLOWED_MODELS", value_delimiter = ',')]
    pub allowed_models: Vec<String>,
    /// Folder that the set-up fills; models lie in its `models` [default: ~/.cache/openclaw-gpu-bridge]
    #[arg(long, env = "OPENCLAW_GPU_BRIDGE_CACHE")]
    pub cache: Option<PathBuf>,
    /// The hub and its cache
    #[command(flatten)]
    pub hub: HubArgs,
    /// How long running work may take to finish once the service is told to stop
    #[arg(long, env = "SHUTDOWN_GRACE_SECONDS", default_value_t = 30)]
    pub shutdown_grace_seconds: u64,
    /// Form of the log on stderr; RUST_LOG says how much of it
    #[arg(long, env = "LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
}

/// See [`Config::log_format`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One object a line.
    Json,
}

impl Config {
    /// From this process's command line and environment.
    ///
    /// # Errors
    /// clap's, which say what is wrong with which option, or are the help that was asked for.
    pub fn read() -> Result<Self, clap::Error> {
        Self::from_arg_matches(&without_blanks(Self::command()).try_get_matches()?)
    }

    /// The models that requests needn't name.
    pub fn default_models(&self) -> Vec<ModelName> {
        let always = [self.model_embed.clone(), self.model_bertscore.clone()];
        always.into_iter().chain(self.model_rerank.clone()).collect()
    }

    /// The key, if one is set; an empty one counts as none.
    pub fn key(&self) -> Option<&str> {
        self.api_key.as_deref().filter(|key| !key.is_empty())
    }

    /// The key file, if one is set; an empty path counts as none.
    pub fn key_file(&self) -> Option<PathBuf> {
        self.api_keys_file.clone().filter(|path| !path.as_os_str().is_empty())
    }

    /// Whether callers need a key.
    pub fn asks_for_keys(&self) -> bool {
        self.key().is_some() || self.key_file().is_some()
    }

    /// Patterns of the models that callers may ask for; none at all allows every model.
    pub fn allowed_patterns(&self) -> Vec<String> {
        let patterns = self.allowed_models.iter().map(|pattern| pattern.trim());
        patterns.filter(|pattern| !pattern.is_empty()).map(str::to_owned).collect()
    }

    /// Whether the service may listen on `address`: anyone could use it where no key is asked for.
    pub fn may_listen_on(&self, address: IpAddr) -> bool {
        address.is_loopback() || self.asks_for_keys() || self.allow_anonymous
    }

    /// How much one pass over `device` may hold.
    pub fn budget(&self, device: Device) -> Budget {
        let default = if device == Device::Cpu { CPU_BATCH_TOKENS } else { GPU_BATCH_TOKENS };
        let tokens = self.max_batch_tokens.map_or(default, |tokens| tokens as u64);
        Budget { tokens, items: self.embed_batch.unwrap_or(usize::MAX) }
    }

    /// Most bytes of a request's body.
    pub fn max_body_bytes(&self) -> usize {
        self.max_body_mb.saturating_mul(1024 * 1024)
    }

    /// CPU threads of one pass: what the operator said, else a thread for each physical core we may use.
    pub fn threads(&self) -> usize {
        self.cpu_threads.unwrap_or_else(physical_cores)
    }

    /// Where models are looked for on this machine.
    pub fn resolver(&self) -> Resolver {
        let cache = self.cache.clone().unwrap_or_else(|| home_cache().join("openclaw-gpu-bridge"));
        let named = self.model_path.iter().filter(|folder| !folder.as_os_str().is_empty()).cloned();
        Resolver::new(named.chain([cache.join("models")]), self.hub.cache())
    }
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("it must be at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("it must be a whole number".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
        Config::try_parse_from([&["gpu-service"], arguments].concat())
    }

    #[test]
    fn beyond_loopback_a_key_is_needed_unless_the_operator_says_otherwise() {
        let (public, local) = ("0.0.0.0".parse().unwrap(), "127.0.0.1".parse().unwrap());
        let open = parse(&[]).unwrap();
        assert!(open.may_listen_on(local) && !open.may_listen_on(public));
        assert!(!parse(&["--api-key", ""]).unwrap().may_listen_on(public));
        assert!(parse(&["--api-key", "k"]).unwrap().may_listen_on(public));
        assert!(parse(&["--allow-anonymous"]).unwrap().may_listen_on(public));
    }

    #[test]
    fn a_limit_of_nothing_and_a_path_for_a_model_are_refused() {
        for bad in [["--max-concurrent", "0"], ["--model-embed", "../x"], ["--max-batch-size", "many"]] {
            assert!(parse(&bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_pass_is_cut_by_tokens_and_by_texts_only_where_asked() {
        let budget = parse(&[]).unwrap().budget(Device::Cpu);
        assert_eq!(budget, Budget { tokens: 2048, items: usize::MAX });
        let budget = parse(&["--embed-batch", "32", "--max-batch-tokens", "9"]).unwrap().budget(Device::Cpu);
        assert_eq!(budget, Budget { tokens: 9, items: 32 });
    }
}
