//! The daemon as a process: its one line, its signals, its exit status, and what it refuses to start with.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

mod support;

use std::process::Stdio;

use clap::CommandFactory;
use gpu_service::config::Config;
use reqwest::Client;
use serde_json::json;
use support::{Answer, MINILM, bulk, client, models, until};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

fn daemon(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-service"));
    command.args(["--port", "0", "--device", "cpu", "--offline", "--model-path"]).arg(models());
    command.args(arguments).env("RUST_LOG", "info").kill_on_drop(true);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

struct Daemon {
    child: Child,
    line: String,
    url: String,
    client: Client,
}

impl Daemon {
    async fn start(arguments: &[&str]) -> Self {
        Self::of(daemon(arguments)).await
    }

    /// Once it says that it is ready.
    async fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).await.unwrap();
        let url =
            line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_default().to_owned();
        Self { child, line, url, client: client() }
    }

    async fn post(&self, body: String) -> reqwest::Result<Answer> {
        let response = self.client.post(format!("{}/embed", self.url)).body(body).send().await?;
        Ok(Answer::of(response).await)
    }

    async fn get(&self, path: &str) -> reqwest::Result<Answer> {
        Ok(Answer::of(self.client.get(format!("{}{path}", self.url)).send().await?).await)
    }

    async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().await.unwrap().success());
    }

    async fn exit(mut self) -> (Option<i32>, String) {
        let status = tokio::time::timeout(support::PATIENCE, self.child.wait()).await.unwrap().unwrap();
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).await.unwrap();
        (status.code(), log)
    }

    async fn busy(&self) {
        until(|| async { self.get("/status").await.ok()?.json()["active_jobs"].get(0).map(drop) }).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn told_to_stop_it_finishes_what_it_has_and_takes_nothing_new() {
    let daemon = Daemon::start(&["--model-bertscore", MINILM]).await;
    let expected = format!("(cpu, models bertscore:{MINILM}, embed:{MINILM})\n");
    assert!(daemon.line.starts_with("gpu-service ready on http://127.0.0.1:"), "{}", daemon.line);
    assert!(daemon.line.ends_with(&expected), "{}", daemon.line);

    let running = daemon.post(bulk(400, 40));
    let meanwhile = async {
        daemon.busy().await;
        daemon.signal("TERM").await;
        let health =
            until(|| async { daemon.get("/health").await.ok().filter(|answer| answer.status == 503) }).await;
        (health, daemon.post(bulk(1, 1)).await.unwrap())
    };
    let (finished, (health, refused)) = tokio::join!(running, meanwhile);
    assert_eq!(health.json()["status"], "draining");
    assert_eq!(refused.refusal(), (503, "draining".to_owned()));
    assert!(!refused.header("retry-after").is_empty());
    assert_eq!(finished.unwrap().status, 200);
    let (code, log) = daemon.exit().await;
    assert_eq!(code, Some(0), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_it_at_once() {
    let daemon = Daemon::start(&["--model-bertscore", MINILM]).await;
    let url = format!("{}/embed", daemon.url);
    let caller = tokio::spawn(daemon.client.post(url).body(bulk(1000, 200)).send());
    daemon.busy().await;
    daemon.signal("TERM").await;
    until(|| async { daemon.get("/health").await.ok().filter(|answer| answer.status == 503) }).await;
    daemon.signal("INT").await;
    assert_eq!(daemon.exit().await.0, Some(130));
    assert!(caller.await.unwrap().is_err());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn its_threads_spin_briefly_unless_told_how_to_wait() {
    for (told, spins) in [(None, true), (Some("active"), false)] {
        let mut command = daemon(&["--model-embed", MINILM, "--model-bertscore", MINILM]);
        command.env_remove("OMP_WAIT_POLICY").env_remove("GOMP_SPINCOUNT");
        if let Some(policy) = told {
            command.env("OMP_WAIT_POLICY", policy);
        }
        let daemon = Daemon::of(command).await;
        let environment = std::fs::read(format!("/proc/{}/environ", daemon.child.id().unwrap())).unwrap();
        let settings = environment.split(|&byte| byte == 0);
        assert_eq!(settings.into_iter().any(|setting| setting == b"GOMP_SPINCOUNT=10000"), spins, "{told:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_model_that_is_missing_does_not_keep_it_from_serving_the_other() {
    let daemon = Daemon::start(&["--model-bertscore", "nobody/nothing"]).await;
    assert!(daemon.line.ends_with(&format!("(cpu, models embed:{MINILM})\n")), "{}", daemon.line);
    assert_eq!(daemon.get("/health").await.unwrap().status, 200);
    assert_eq!(daemon.post(bulk(1, 1)).await.unwrap().status, 200);
    let info = daemon.get("/info").await.unwrap().json();
    let entry =
        info["models"].as_array().unwrap().iter().find(|model| model["name"] == "nobody/nothing").unwrap();
    assert!(entry["error"].as_str().unwrap().contains("isn't on this machine"), "{entry}");
    let request = daemon.client.post(format!("{}/bertscore", daemon.url));
    let request = request.body(r#"{"candidates":["a"],"references":["b"]}"#);
    let answer = Answer::of(request.send().await.unwrap()).await;
    assert_eq!(answer.refusal(), (503, "model_unavailable".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("GPU_MODEL_PATH"), "{answer:?}");
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=11).contains(&seconds)));
    daemon.signal("TERM").await;
    let (code, log) = daemon.exit().await;
    assert_eq!(code, Some(0));
    assert!(log.contains("nobody/nothing"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_refuses_to_start_with_what_can_not_work_and_says_why() {
    let cases: [(&[&str], &str); 8] = [
        (&["--host", "0.0.0.0"], "GPU_ALLOW_ANONYMOUS"),
        (&["--device", "cuda:99"], "cuda:99"),
        (&["--device", "abacus"], "abacus"),
        (&["--api-keys-file", "/nowhere/keys"], "/nowhere/keys"),
        (&["--allowed-models", "a["], "GPU_ALLOWED_MODELS"),
        (&["--dtype", "auto,m=int8"], "bfloat16"),
        (&["--memory-budget-mb", "0"], "MiB"),
        (&["--hf-endpoint", "hub.example"], "hf-endpoint"),
    ];
    for (arguments, words) in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gpu-service"));
        let output = command.args(["--port", "0"]).args(arguments).output().await.unwrap();
        let log = String::from_utf8_lossy(&output.stderr);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{arguments:?}: {log}");
        assert!(log.contains(words), "{arguments:?}: {log}");
        assert!(output.stdout.is_empty());
    }
}

/// Every variable of the daemon, of its log, of its threads and of its HTTP client, each left empty.
fn blank(mut command: Command) -> Command {
    let options = Config::command();
    let own = options.get_arguments().filter_map(|option| option.get_env());
    let others =
        ["RUST_LOG", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "XDG_CACHE_HOME", "HTTPS_PROXY", "NO_PROXY"];
    command.envs(own.map(|name| (name, ""))).envs(others.map(|name| (name, "")));
    command
}

#[tokio::test]
async fn an_empty_variable_counts_as_none() {
    let daemon = Daemon::of(blank(daemon(&[]))).await;
    assert!(daemon.line.starts_with("gpu-service ready on http://127.0.0.1:"), "{}", daemon.exit().await.1);
    let info = daemon.get("/info").await.unwrap().json();
    let limits = json!({ "max_batch_size": 10_000, "max_text_length": 10_000, "max_concurrent": 256 });
    assert_eq!(info["limits"], limits, "{info}");
    daemon.signal("TERM").await;
    let (code, log) = daemon.exit().await;
    assert!(code == Some(0) && log.contains(" INFO "), "{log}");
}

#[tokio::test]
async fn an_empty_port_is_the_default_one() {
    let mut command = blank(Command::new(env!("CARGO_BIN_EXE_gpu-service")));
    let output = command.args(["--host", "0.0.0.0"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("0.0.0.0:8765") && said.contains("API_KEY"), "{said}");
}
