//! Models on their way into memory and out of it: fetched and loaded once, within a budget, by request and by hand.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

#[path = "support/hub.rs"]
mod hub;
#[path = "support/tiny.rs"]
mod models;
mod support;
#[path = "../../crates/encoder/tests/tiny/mod.rs"]
mod tiny;

use futures_util::future::join_all;
use gpu_bridge_protocol::Task;
use gpu_service::model::ModelKey;
use gpu_service::registry::ModelLease;
use hub::{Fault, TestHub};
use serde_json::{Value, json};
use support::{Answer, Running, until};
use tempfile::TempDir;

/// A service with a folder of models and a hub.
struct World {
    running: Running,
    hub: TestHub,
    folder: TempDir,
}

impl World {
    /// With `here` in its folder, each of a MiB, the first one as default.
    async fn new(here: &[&str], arguments: &[&str]) -> Self {
        let (hub, folder) = (TestHub::start().await, tempfile::tempdir().unwrap());
        for (seed, name) in here.iter().enumerate() {
            models::place(folder.path(), name, 1, seed);
        }
        let place = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (path, cache, home) = (place(""), place("no-cache"), place("no-home"));
        let mut all = vec!["gpu-service", "--port", "0", "--device", "cpu", "--hf-endpoint", &hub.url];
        all.extend(["--model-path", &path, "--cache", &cache, "--hf-home", &home]);
        all.extend(["--model-embed", here[0], "--model-bertscore", here[0]]);
        let running = Running::of(&[&all, arguments].concat()).await;
        Self { running, hub, folder }
    }

    async fn embed(&self, model: &str) -> Answer {
        self.running.post("/embed", &json!({"texts": ["cat dog"], "model": model}).to_string()).await
    }

    async fn manage(&self, route: &str, model: &str) -> Answer {
        self.running.post(route, &json!({"model": model, "task": "embed"}).to_string()).await
    }

    /// The model, held as a request holds it.
    async fn hold(&self, model: &str) -> ModelLease {
        let name = model.parse().unwrap();
        self.running.service.registry.get(&ModelKey::embed(&name), &name).await.unwrap()
    }

    /// Embedders in memory, sorted.
    fn loaded(&self) -> Vec<String> {
        let entries = self.running.service.registry.info().into_iter();
        entries
            .filter(|entry| entry.error.is_none() && entry.task == Task::Embed)
            .map(|entry| entry.name)
            .collect()
    }

    async fn loading(&self) -> Vec<Value> {
        self.running.get("/status").await.json()["loading"].as_array().unwrap().clone()
    }

    fn loads(&self) -> u64 {
        self.running.service.registry.loads()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_requests_for_a_cold_model_fetch_and_load_it_once_and_see_it_come() {
    let world = World::new(&["org/a"], &["--allowed-models", "new/*"]).await;
    world.hub.add("new/model", models::files(2, 7));
    world.hub.open(false);
    let before = world.loads();
    let requests = join_all((0..100).map(|_| world.embed("new/model")));
    let beside = async {
        let entry = until(|| async {
            let entry = world.loading().await.into_iter().next()?;
            (entry["bytes_done"].as_u64()? > 1_000_000).then_some(entry)
        });
        let entry = entry.await;
        world.hub.open(true);
        entry
    };
    let (answers, entry) = tokio::join!(requests, beside);
    assert_eq!((&entry["model"], &entry["task"]), (&json!("new/model"), &json!("embed")));
    assert_eq!(entry["phase"], "downloading");
    let (done, total) = (entry["bytes_done"].as_u64().unwrap(), entry["bytes_total"].as_u64().unwrap());
    assert!(done < total && total > 2_000_000, "{entry}");
    assert!((0.4..0.6).contains(&entry["progress"].as_f64().unwrap()), "{entry}");
    assert!(entry["started_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{entry}");
    assert!(answers.iter().all(|answer| answer.status == 200), "{:?}", answers[0]);
    assert_eq!((world.loads() - before, world.hub.seen().1.len()), (1, 1));
    assert!(world.loading().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_waited_long_enough_is_told_when_to_come_back() {
    let arguments = ["--allowed-models", "new/*", "--load-patience-seconds", "0"];
    let world = World::new(&["org/a"], &arguments).await;
    world.hub.add("new/model", models::files(1, 7));
    world.hub.open(false);
    let answer = world.embed("new/model").await;
    assert_eq!(answer.refusal(), (503, "model_loading".to_owned()));
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=300).contains(&seconds)));
    let load = world.manage("/models/load", "new/model").await;
    assert_eq!((load.status, &load.json()["name"]), (202, &json!("new/model")));
    assert_eq!(
        world.manage("/models/unload", "new/model").await.refusal(),
        (503, "model_loading".to_owned())
    );
    world.hub.open(true);
    let load = until(|| async {
        Some(world.manage("/models/load", "new/model").await).filter(|answer| answer.status == 200)
    });
    let entry = load.await.json();
    assert_eq!(entry["fingerprint"].as_str().unwrap().len(), 16, "{entry}");
    assert_eq!(world.embed("new/model").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_allowed_is_fetched_and_the_refusal_says_what_to_do() {
    let world = World::new(&["org/a", "other/b"], &[]).await;
    world.hub.add("new/model", models::files(1, 7));
    let answer = world.embed("new/model").await;
    assert_eq!(answer.refusal(), (404, "model_not_found".to_owned()));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("GPU_ALLOWED_MODELS") && detail.contains("There is org/a, other/b"), "{detail}");
    assert_eq!(world.hub.seen(), (vec![], vec![]), "the hub wasn't even asked");
    assert_eq!(world.embed("other/b").await.status, 200, "what is here is served");

    let world = World::new(&["org/a"], &["--allowed-models", "new/*", "--offline"]).await;
    world.hub.add("new/model", models::files(1, 7));
    let answer = world.embed("new/model").await;
    assert!(answer.json()["detail"].as_str().unwrap().contains("HF_HUB_OFFLINE"), "{answer:?}");
    assert_eq!(world.hub.seen(), (vec![], vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_hub_refuses_is_said_in_the_words_of_the_protocol() {
    let world = World::new(&["org/a"], &["--allowed-models", "new/*"]).await;
    let ask = async |model: &str| {
        let answer = world.embed(model).await;
        (answer.refusal(), answer.json()["detail"].as_str().unwrap().to_owned())
    };
    let (refusal, detail) = ask("new/none").await;
    assert_eq!(refusal, (404, "model_not_found".to_owned()));
    assert!(detail.contains("The hub knows no model new/none"), "{detail}");

    world.hub.add("new/gated", models::files(1, 7));
    world.hub.gate_model("new/gated");
    let (refusal, detail) = ask("new/gated").await;
    assert_eq!(refusal, (404, "model_not_found".to_owned()));
    assert!(detail.contains("HF_TOKEN"), "{detail}");

    world.hub.add("new/wrong", models::files(1, 8));
    world.hub.fault(Fault::Wrong);
    let (refusal, detail) = ask("new/wrong").await;
    assert_eq!(refusal, (503, "model_unavailable".to_owned()));
    assert!(detail.contains("model.safetensors") && detail.contains("SHA-256"), "{detail}");
    assert_eq!(world.embed("new/wrong").await.refusal(), refusal, "it is believed for a while");
    assert_eq!(world.manage("/models/load", "new/wrong").await.status, 200, "unless somebody insists");
    assert_eq!(world.embed("new/wrong").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_models_go_for_new_ones_and_those_in_use_stay() {
    let world = World::new(&["org/a", "org/b", "org/c", "org/d"], &["--memory-budget-mb", "4"]).await;
    models::place(world.folder.path(), "org/large", 5, 1);
    let [a, b] = [world.hold("org/a").await, world.hold("org/b").await];
    drop((a, b));
    // The default is there twice: as an embedder and as a scorer. With b that makes three MiB and a little.
    assert_eq!(world.loaded(), ["org/a", "org/b"]);
    assert_eq!(world.embed("org/c").await.status, 200);
    assert_eq!(world.loaded(), ["org/a", "org/c"], "b went: it was older than c and no default");

    let held = [world.hold("org/a").await, world.hold("org/c").await];
    assert_eq!(world.embed("org/d").await.status, 200, "the scorer went");
    let more = world.hold("org/d").await;
    let answer = world.embed("org/b").await;
    assert_eq!(answer.refusal(), (503, "out_of_memory".to_owned()));
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    for part in ["embed:org/a", "embed:org/c", "embed:org/d", "GPU_MEMORY_BUDGET_MB"] {
        assert!(detail.contains(part), "{detail}");
    }
    assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
    drop((held, more));
    assert_eq!(world.embed("org/b").await.status, 200, "a refusal for want of memory isn't believed");

    let answer = world.embed("org/large").await;
    assert_eq!(answer.refusal(), (503, "out_of_memory".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("of the 4 MiB"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_is_unloaded_once_nobody_uses_it() {
    let world = World::new(&["org/a", "org/b"], &["--load-patience-seconds", "60"]).await;
    let lease = world.hold("org/b").await;
    let unloading = world.manage("/models/unload", "org/b");
    tokio::pin!(unloading);
    // It is out of sight at once, and waits for who still uses it.
    let gone = until(|| async {
        tokio::task::yield_now().await;
        (world.loaded() == ["org/a"]).then_some(())
    });
    tokio::select! {
        () = gone => {}
        answer = &mut unloading => panic!("it didn't wait: {answer:?}"),
    }
    let loads = world.loads();
    assert_eq!(world.embed("org/b").await.status, 200, "who asks meanwhile gets a new copy");
    assert_eq!(world.loads(), loads + 1);
    drop(lease);
    let answer = unloading.await;
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("org/b")));

    assert_eq!(world.manage("/models/unload", "org/b").await.status, 200);
    let answer = world.manage("/models/unload", "org/b").await;
    assert_eq!(answer.refusal(), (404, "model_not_found".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("embed:org/a"), "{answer:?}");
    assert_eq!(world.embed("org/b").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_layer_is_one_copy_whether_it_is_named_or_not() {
    let world = World::new(&["org/a", "org/b"], &[]).await;
    let score = async |layers: Value| {
        let body = json!({"candidates": ["cat"], "references": ["dog"], "model_type": "org/b", "num_layers": layers});
        let answer = world.running.post("/bertscore", &body.to_string()).await;
        (answer.status, answer.json()["num_layers"].clone(), world.loads())
    };
    let loads = world.loads();
    assert_eq!(score(json!(2)).await, (200, json!(2), loads + 1));
    assert_eq!(score(Value::Null).await, (200, json!(2), loads + 1));
    assert_eq!(score(json!(1)).await, (200, json!(1), loads + 2));
    assert_eq!(score(json!(3)).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_format_of_the_weights_is_said_of_all_models_or_of_one() {
    let world = World::new(&["org/a", "org/b"], &["--dtype", "auto,org/b=bfloat16"]).await;
    world.embed("org/b").await;
    let info = world.running.get("/info").await.json();
    let entry = |name: &str| {
        let entries = info["models"].as_array().unwrap().iter();
        entries.into_iter().find(|entry| entry["name"] == name && entry["task"] == "embed").unwrap().clone()
    };
    let (a, b) = (entry("org/a"), entry("org/b"));
    assert_eq!((&a["dtype"], &b["dtype"]), (&json!("float32"), &json!("bfloat16")));
    assert!(b["memory_mb"].as_f64().unwrap() < 0.6 && a["memory_mb"].as_f64().unwrap() > 1.0, "{a} {b}");
    let answer = world.embed("org/b").await;
    assert_eq!(answer.header("x-model-fingerprint"), b["fingerprint"].as_str().unwrap());
    assert_ne!(a["fingerprint"], b["fingerprint"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_believed_until_somebody_loads_by_hand() {
    let world = World::new(&["org/a"], &[]).await;
    assert_eq!(world.embed("org/late").await.status, 404);
    models::place(world.folder.path(), "org/late", 1, 3);
    assert_eq!(world.embed("org/late").await.status, 404, "it isn't looked for on every request");
    assert_eq!(world.manage("/models/load", "org/late").await.status, 200);
    assert_eq!(world.embed("org/late").await.status, 200);
}

/// A service with nothing on its machine but the hub's address.
async fn bare(hub: &TestHub, home: &TempDir, embed: &str, bertscore: &str) -> Running {
    let home = home.path().to_str().unwrap();
    let mut all = vec!["gpu-service", "--port", "0", "--device", "cpu", "--hf-endpoint", &hub.url];
    all.extend(["--cache", home, "--hf-home", home, "--load-patience-seconds", "120"]);
    all.extend(["--model-embed", embed, "--model-bertscore", bertscore]);
    Running::of(&all).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_default_that_is_not_here_is_fetched_by_whatever_name_it_goes() {
    let (hub, home) = (TestHub::start().await, tempfile::tempdir().unwrap());
    hub.add("sentence-transformers/some-model", models::files(1, 1));
    hub.add("FacebookAI/roberta-base", models::files(1, 2));
    hub.moved("roberta-base", "FacebookAI/roberta-base");
    let running = bare(&hub, &home, "some-model", "FacebookAI/roberta-base").await;
    // The scorer came as well, but its table asks for the tenth of its two layers.
    assert_eq!(running.service.registry.labels(), ["embed:some-model"]);
    let cache = home.path().join("hub");
    for name in ["models--sentence-transformers--some-model", "models--roberta-base"] {
        assert!(cache.join(name).join("refs/main").is_file(), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tasks_fetch_a_model_once() {
    let (hub, home) = (TestHub::start().await, tempfile::tempdir().unwrap());
    hub.add("sentence-transformers/some-model", models::files(1, 1));
    let running = bare(&hub, &home, "some-model", "some-model").await;
    assert_eq!(running.service.registry.labels(), ["bertscore:some-model", "embed:some-model"]);
    let (asked, blobs) = hub.seen();
    let modules = asked.iter().filter(|seen| seen.path.ends_with("/config.json") && seen.method == "HEAD");
    // One question and its redirect.
    assert_eq!((modules.count(), blobs.len()), (2, 1), "{asked:?}");
}
