//! The settings that the hub's own tools read, under their names and with their meaning.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use url::Url;

use crate::hf_cache::HfCache;
use crate::hub::{Hub, HubSettings, RETRY_PAUSE};
use crate::user_cache::user_cache;

/// See the module.
#[derive(Debug, Clone, Args)]
pub struct HubArgs {
    /// Home of the Hugging Face cache and token [default: ~/.cache/huggingface]
    #[arg(long, env = "HF_HOME")]
    pub hf_home: Option<PathBuf>,
    /// The Hugging Face cache [default: `hub` in HF_HOME]
    #[arg(long, env = "HF_HUB_CACHE")]
    pub hf_hub_cache: Option<PathBuf>,
    /// Where models are fetched from
    #[arg(long, env = "HF_ENDPOINT", default_value = "https://huggingface.co", value_parser = endpoint)]
    pub hf_endpoint: Url,
    /// Token for models that aren't open to everybody [default: what HF_TOKEN_PATH holds]
    #[arg(long, env = "HF_TOKEN", hide_env_values = true)]
    pub hf_token: Option<String>,
    /// File with the token [default: `token` in HF_HOME]
    #[arg(long, env = "HF_TOKEN_PATH")]
    pub hf_token_path: Option<PathBuf>,
    /// Fetch nothing: only what is on this machine is served [values: 1, true, yes, on]
    #[arg(long, env = "HF_HUB_OFFLINE", default_missing_value = "1", num_args = 0..=1, require_equals = true)]
    pub offline: Option<String>,
    /// As HF_HUB_OFFLINE, which goes first
    #[arg(long, env = "TRANSFORMERS_OFFLINE", hide = true)]
    pub transformers_offline: Option<String>,
}

impl HubArgs {
    /// The cache that Python's tools use as well.
    pub fn cache(&self) -> HfCache {
        HfCache::new(given(&self.hf_hub_cache).unwrap_or_else(|| self.home().join("hub")))
    }

    /// The way to the hub.
    pub fn hub(&self) -> Hub {
        let settings = HubSettings {
            endpoint: self.hf_endpoint.clone(),
            token: self.token(),
            offline: self.is_offline(),
            retry_pause: RETRY_PAUSE,
        };
        Hub::new(settings, self.cache())
    }

    fn home(&self) -> PathBuf {
        given(&self.hf_home).unwrap_or_else(|| user_cache().join("huggingface"))
    }

    fn token(&self) -> Option<String> {
        let file =
            || fs::read_to_string(given(&self.hf_token_path).unwrap_or_else(|| self.home().join("token")));
        let token = self.hf_token.clone().or_else(|| file().ok())?;
        Some(token.trim().to_owned()).filter(|token| !token.is_empty())
    }

    fn is_offline(&self) -> bool {
        let said = [&self.offline, &self.transformers_offline].into_iter().flatten();
        let first = said.into_iter().find(|value| !value.is_empty());
        first.is_some_and(|value| ["1", "true", "yes", "on"].contains(&value.to_lowercase().as_str()))
    }
}

/// An empty path counts as none.
fn given(path: &Option<PathBuf>) -> Option<PathBuf> {
    path.clone().filter(|path| !path.as_os_str().is_empty())
}

fn endpoint(text: &str) -> Result<Url, String> {
    let text = if text.is_empty() { "https://huggingface.co" } else { text };
    match text.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        Ok(url) => Err(format!("it must be an http or https address, not {}", url.scheme())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        hub: HubArgs,
    }

    fn parse(arguments: &[&str]) -> HubArgs {
        Only::try_parse_from([&["x"], arguments].concat()).unwrap().hub
    }

    #[test]
    fn offline_is_what_the_hubs_tools_call_true() {
        for yes in ["--offline", "--offline=1", "--offline=TRUE", "--offline=Yes", "--offline=on"] {
            assert!(parse(&[yes]).is_offline(), "{yes}");
        }
        assert!(parse(&["--offline=", "--transformers-offline=1"]).is_offline());
        for no in ["--offline=0", "--offline=false", "--offline=2"] {
            assert!(!parse(&[no, "--transformers-offline=1"]).is_offline(), "{no}");
        }
    }

    #[test]
    fn the_cache_and_the_token_are_in_their_home_unless_named() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap();
        fs::write(home.path().join("token"), "hf_file\n").unwrap();
        let args = parse(&["--hf-home", path]);
        assert_eq!(args.cache().path(), home.path().join("hub"));
        assert_eq!(args.token().as_deref(), Some("hf_file"));
        let args = parse(&["--hf-home", path, "--hf-token", "hf_said", "--hf-hub-cache", "/c"]);
        assert_eq!((args.token().as_deref(), args.cache().path()), (Some("hf_said"), "/c".as_ref()));
    }

    #[test]
    fn an_endpoint_is_an_address_of_the_web() {
        assert!(endpoint("https://mirror.example/hf").is_ok());
        for bad in ["mirror.example", "ftp://x", "/x"] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
