//! Fetching from a hub: what is taken, where it lands, and what happens when the hub or the network misbehave.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

#[path = "support/hub.rs"]
mod hub;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gpu_service::hf_cache::HfCache;
use gpu_service::hub::{Hub, HubError, HubSettings, Meter};
use hub::{COMMIT, Fault, TOKEN, TestHub, etag};
use tempfile::TempDir;

const NAME: &str = "org/model";

/// A hub with a model, and a cache to fetch it into.
struct World {
    hub: TestHub,
    home: TempDir,
    weights: Vec<u8>,
}

fn owned(files: &[(&str, &[u8])]) -> Vec<(String, Vec<u8>)> {
    files.iter().map(|(name, content)| ((*name).to_owned(), content.to_vec())).collect()
}

impl World {
    async fn new() -> Self {
        let weights: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let hub = TestHub::start().await;
        let modules = br#"[{"idx":0,"path":""},{"idx":1,"path":"1_Pooling"}]"#;
        hub.add(
            NAME,
            owned(&[
                ("1_Pooling/config.json", b"{\"pooling_mode_mean_tokens\": true}"),
                ("README.md", b"# Model"),
                ("config.json", b"{\"model_type\": \"bert\"}"),
                ("model.safetensors", &weights),
                ("modules.json", modules),
                ("onnx/model.onnx", &[1; 5000]),
                ("pytorch_model.bin", &[2; 5000]),
                ("tokenizer.json", b"{}"),
            ]),
        );
        Self { hub, home: tempfile::tempdir().unwrap(), weights }
    }

    fn cache(&self) -> HfCache {
        HfCache::new(self.home.path().to_owned())
    }

    fn client(&self, token: Option<&str>) -> Hub {
        let settings = HubSettings {
            endpoint: self.hub.url.parse().unwrap(),
            token: token.map(str::to_owned),
            offline: false,
            retry_pause: Duration::ZERO,
        };
        Hub::new(settings, self.cache())
    }

    async fn fetch(&self, name: &str) -> Result<PathBuf, HubError> {
        self.client(None).fetch(name, &Meter::default()).await
    }

    /// Fetches in vain and gives the reason.
    async fn refusal(&self, name: &str) -> String {
        let error = self.fetch(name).await.unwrap_err().to_string();
        assert_eq!(self.cache().find(name), None, "{error}");
        error
    }

    fn blob(&self) -> PathBuf {
        self.cache().repo(NAME).blob(&etag(&self.weights))
    }

    fn part(&self) -> PathBuf {
        self.cache().repo(NAME).part(&etag(&self.weights))
    }
}

fn files(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match path.is_dir() {
            true => files.extend(self::files(&path).into_iter().map(|inner| format!("{name}/{inner}"))),
            false => files.push(name),
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn a_model_lands_in_the_caches_own_layout_with_what_it_needs_and_no_more() {
    let world = World::new().await;
    let meter = Meter::default();
    let folder = world.client(None).fetch(NAME, &meter).await.unwrap();
    let repo = world.home.path().join("models--org--model");
    assert_eq!(folder, repo.join("snapshots").join(COMMIT));
    let wanted =
        ["1_Pooling/config.json", "config.json", "model.safetensors", "modules.json", "tokenizer.json"];
    assert_eq!(files(&folder), wanted);
    assert_eq!(fs::read_to_string(repo.join("refs/main")).unwrap(), COMMIT);
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), world.weights);
    let link = fs::read_link(folder.join("1_Pooling/config.json")).unwrap();
    assert!(link.starts_with("../../../blobs"), "{}", link.display());
    let blobs = files(&repo.join("blobs"));
    assert!(blobs.len() == 5 && blobs.contains(&etag(&world.weights)), "{blobs:?}");
    let bytes: u64 = wanted.iter().map(|file| fs::metadata(folder.join(file)).unwrap().len()).sum();
    assert_eq!(meter.read(), (bytes, bytes));
    assert_eq!(world.cache().find(NAME), Some(folder));
}

#[tokio::test]
async fn what_is_there_is_not_fetched_again() {
    let world = World::new().await;
    world.fetch(NAME).await.unwrap();
    world.hub.seen();
    let meter = Meter::default();
    world.client(None).fetch(NAME, &meter).await.unwrap();
    let (hub, blobs) = world.hub.seen();
    assert!(blobs.is_empty() && hub.iter().filter(|seen| seen.method == "GET").count() == 1, "{hub:?}");
    let (done, total) = meter.read();
    assert!(done == total && total > 400_000);
}

#[tokio::test]
async fn the_token_opens_a_gated_model_and_reaches_no_other_host() {
    let world = World::new().await;
    world.hub.gate_model(NAME);
    let refusal = world.refusal(NAME).await;
    assert!(refusal.contains("HF_TOKEN") && refusal.contains("answered 401"), "{refusal}");
    world.hub.seen();
    world.client(Some(TOKEN)).fetch(NAME, &Meter::default()).await.unwrap();
    let (hub, blobs) = world.hub.seen();
    assert!(hub.iter().all(|seen| seen.token), "{hub:?}");
    assert!(!blobs.is_empty() && blobs.iter().all(|seen| !seen.token), "{blobs:?}");
}

#[tokio::test]
async fn a_cut_file_is_gone_on_with_at_the_byte_where_it_stopped() {
    let world = World::new().await;
    for after in [150_000, 100_000] {
        world.hub.fault(Fault::Cut(after));
    }
    let meter = Meter::default();
    let folder = world.client(None).fetch(NAME, &meter).await.unwrap();
    assert_eq!(fs::read(folder.join("model.safetensors")).unwrap(), world.weights);
    let ranges: Vec<_> = world.hub.seen().1.into_iter().map(|seen| seen.range).collect();
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    let start = |range: &Option<String>| {
        range.as_ref().map_or(0, |range| range[6..].trim_end_matches('-').parse::<u64>().unwrap())
    };
    assert_eq!(start(&ranges[0]), 0);
    assert!((1..=150_000).contains(&start(&ranges[1])), "{ranges:?}");
    assert!(start(&ranges[2]) > start(&ranges[1]) && start(&ranges[2]) <= 250_000, "{ranges:?}");
    assert_eq!(meter.read().0, meter.read().1);
}

#[tokio::test]
async fn a_fetch_that_failed_is_gone_on_with_by_the_next() {
    let world = World::new().await;
    world.hub.fault(Fault::Cut(200_000));
    for _ in 0..5 {
        world.hub.fault(Fault::Status(503));
    }
    let refusal = world.refusal(NAME).await;
    assert!(refusal.contains("answered 503 when asked for model.safetensors"), "{refusal}");
    let kept = fs::metadata(world.part()).unwrap().len();
    assert!(kept > 0 && !world.blob().exists());
    world.hub.seen();
    world.fetch(NAME).await.unwrap();
    let (_, blobs) = world.hub.seen();
    assert_eq!(blobs[0].range, Some(format!("bytes={kept}-")));
    assert_eq!(fs::read(world.blob()).unwrap(), world.weights);
    assert!(!world.part().exists());
}

#[tokio::test]
async fn a_connection_that_brings_nothing_is_given_up_with_file_and_place() {
    let world = World::new().await;
    for _ in 0..5 {
        world.hub.fault(Fault::Cut(0));
    }
    let refusal = world.refusal(NAME).await;
    for part in ["model.safetensors from http://127.0.0.1:", "after 0 of 400000 bytes"] {
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[tokio::test]
async fn a_server_that_knows_no_ranges_is_read_from_the_start() {
    let world = World::new().await;
    world.hub.fault(Fault::Cut(100_000));
    world.hub.fault(Fault::Whole);
    let meter = Meter::default();
    world.client(None).fetch(NAME, &meter).await.unwrap();
    assert_eq!(fs::read(world.blob()).unwrap(), world.weights);
    assert_eq!(meter.read().0, meter.read().1);
}

#[tokio::test]
async fn contents_with_another_checksum_are_thrown_away_and_never_found() {
    let world = World::new().await;
    world.hub.fault(Fault::Wrong);
    let refusal = world.refusal(NAME).await;
    for part in ["model.safetensors", "SHA-256", &etag(&world.weights)] {
        assert!(refusal.contains(part), "{refusal}");
    }
    assert!(!world.part().exists() && !world.blob().exists());
    assert!(!world.cache().repo(NAME).main().exists());
    world.fetch(NAME).await.unwrap();
}

#[tokio::test]
async fn a_part_that_is_longer_than_the_file_is_started_over() {
    let world = World::new().await;
    fs::create_dir_all(world.part().parent().unwrap()).unwrap();
    fs::write(world.part(), vec![7; 500_000]).unwrap();
    world.fetch(NAME).await.unwrap();
    assert_eq!(fs::read(world.blob()).unwrap(), world.weights);
}

#[tokio::test]
async fn an_unknown_model_is_one_whatever_status_the_hub_says_it_with() {
    let world = World::new().await;
    for (token, status) in [(None, "401"), (Some(TOKEN), "404")] {
        let error = world.client(token).fetch("org/none", &Meter::default()).await.unwrap_err();
        assert_eq!(error.code(), "model_not_found");
        assert!(
            matches!(error, HubError::NoSuchModel { .. }) && error.to_string().contains(status),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_legacy_name_is_followed_to_where_the_model_is_and_kept_under_its_own() {
    let world = World::new().await;
    world.hub.moved("roberta-large", NAME);
    let folder = world.fetch("roberta-large").await.unwrap();
    assert!(folder.starts_with(world.home.path().join("models--roberta-large")));
    assert_eq!(world.cache().find("roberta-large"), Some(folder));
}

#[tokio::test]
async fn what_a_snapshot_lacks_is_added_to_it() {
    let world = World::new().await;
    let folder = world.fetch(NAME).await.unwrap();
    fs::remove_file(folder.join("model.safetensors")).unwrap();
    assert_eq!(world.cache().find(NAME), None, "it isn't whole any more");
    world.hub.seen();
    assert_eq!(world.fetch(NAME).await.unwrap(), folder);
    assert!(world.hub.seen().1.is_empty(), "its contents were there");
    assert_eq!(world.cache().find(NAME), Some(folder));
}

#[tokio::test]
async fn names_that_lead_out_of_the_cache_are_refused() {
    let world = World::new().await;
    world.hub.add("org/up", owned(&[("config.json", b"{}"), ("modules.json", br#"[{"path":"../../x"}]"#)]));
    assert!(world.refusal("org/up").await.contains("is no folder of the model"));
    world.hub.add("org/slash", owned(&[("config.json", b"{}"), ("model.safetensors", b"x")]));
    world.hub.lie("config.json", "../../../../etag");
    assert!(world.refusal("org/slash").await.contains("no etag"));
    assert!(!world.home.path().join("etag").exists());
}

#[tokio::test]
async fn a_repository_without_weights_is_no_model() {
    let world = World::new().await;
    world.hub.add("org/onnx", owned(&[("config.json", b"{}"), ("onnx/model.onnx", &[1; 5000])]));
    let refusal = world.refusal("org/onnx").await;
    assert!(refusal.contains("org/onnx has no model.safetensors and no pytorch_model.bin"), "{refusal}");
}

#[tokio::test]
async fn a_hub_that_cannot_be_reached_says_where_it_was_looked_for() {
    let mut world = World::new().await;
    // A port that was free a moment ago, and that nobody else gets so soon.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    world.hub.url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let refusal = world.refusal(NAME).await;
    for part in ["can't be reached", "HF_ENDPOINT", "HF_HUB_OFFLINE", world.hub.url.as_str()] {
        assert!(refusal.contains(part), "{refusal}");
    }
}

#[tokio::test]
async fn two_who_fetch_the_same_share_the_work() {
    let world = World::new().await;
    let (one, two) = tokio::join!(world.fetch(NAME), world.fetch(NAME));
    assert_eq!(one.unwrap(), two.unwrap());
    assert_eq!(world.hub.seen().1.len(), 1);
}

#[tokio::test]
async fn a_cache_that_cannot_be_written_says_so() {
    let world = World::new().await;
    fs::write(world.home.path().join("models--org--model"), "in the way").unwrap();
    let refusal = world.refusal(NAME).await;
    assert!(refusal.contains("can't be written") && refusal.contains("HF_HUB_CACHE"), "{refusal}");
}
