//! Good requests: what the answers hold, in both formats, and that a model is loaded once.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

mod support;

use futures_util::future::join_all;
use gpu_bridge_protocol::{EmbedResponse, HostLoad, Vectors};
use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, MINILM, Running};

fn embeddings(answer: &Answer) -> EmbedResponse {
    assert_eq!(answer.status, 200, "{answer:?}");
    serde_json::from_slice(&answer.body).unwrap()
}

fn length(vector: &[f32]) -> f32 {
    vector.iter().map(|number| number * number).sum::<f32>().sqrt()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn safetensors_and_json_carry_the_same_vectors() {
    let running = Running::start(&[]).await;
    let body =
        json!({"texts": ["A cat.", "", "日本語 👍", "word ".repeat(400)], "model": MINILM}).to_string();
    let json = running.post("/embed", &body).await;
    let headers = [("accept", "application/vnd.safetensors, application/json")];
    let bulk = running.send(Method::POST, "/embed", &headers, &body).await;
    assert_eq!(bulk.header("content-type"), "application/vnd.safetensors");
    let response = embeddings(&json);
    assert_eq!((response.dimensions, response.embeddings.len()), (384, 4));
    assert_eq!((response.model.as_str(), &response.truncated), (MINILM, &vec![3]));
    assert_eq!(response.usage.tokens, 5 + 2 + 6 + 256);
    assert!(response.embeddings.iter().all(|vector| (length(vector) - 1.0).abs() < 1e-5));
    assert_eq!(Vectors::from_safetensors(&bulk.body).unwrap(), Vectors::try_from(response).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vector_does_not_depend_on_its_neighbours() {
    let running = Running::start(&["--max-batch-tokens", "64"]).await;
    let texts: Vec<String> = (0..40).map(|index| "tok ".repeat(index % 13 + 1)).collect();
    let together = embeddings(&running.post("/embed", &json!({ "texts": texts }).to_string()).await);
    for (text, vector) in texts.iter().zip(&together.embeddings).take(13) {
        let alone = embeddings(&running.post("/embed", &json!({ "texts": [text] }).to_string()).await);
        let far = alone.embeddings[0].iter().zip(vector).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-5, "{text:?} is {far} away");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn vectors_are_cut_and_scaled_as_asked() {
    let running = Running::start(&[]).await;
    let ask = async |extra: &str| {
        let body = format!(r#"{{"texts":["A small cat sleeps."]{extra}}}"#);
        embeddings(&running.post("/embed", &body).await).embeddings.remove(0)
    };
    let (plain, cut, raw) =
        (ask("").await, ask(r#","dimensions":8"#).await, ask(r#","normalize":false"#).await);
    assert_eq!(cut.len(), 8);
    assert_eq!(ask(r#","truncate_dim":8"#).await, plain[..8]);
    assert_eq!(
        ask(r#","prompt_name":"query""#).await,
        plain,
        "every model knows it, as no prompt unless said"
    );
    assert!((length(&cut) - 1.0).abs() < 1e-5 && (length(&raw) - 1.0).abs() > 0.1);
    let scale = length(&plain[..8]);
    assert!(cut.iter().zip(&plain).all(|(cut, plain)| (cut - plain / scale).abs() < 1e-6));
    assert!(raw.iter().zip(&plain).all(|(number, plain)| (number / length(&raw) - plain).abs() < 1e-5));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reply_says_who_it_is_how_long_it_took_and_how_busy_the_host_is() {
    let running = Running::start(&[]).await;
    let headers = [("x-request-id", "trace-7")];
    let answer = running.send(Method::POST, "/embed", &headers, r#"{"texts":["a"]}"#).await;
    assert_eq!(answer.header("x-request-id"), "trace-7");
    let info = running.get("/info").await.json();
    assert_eq!(info["models"][1]["fingerprint"], answer.header("x-model-fingerprint"), "{info}");
    for phase in ["queue;dur=", "tokenize;dur=", "inference;dur="] {
        assert!(answer.header("server-timing").contains(phase), "{answer:?}");
    }
    let refused = running.post("/embed", "{").await;
    assert!(!refused.header("x-request-id").is_empty());
    // The device counts a batch once its answers are on their way.
    support::until(async || {
        let refused = running.post("/embed", "{").await;
        let load = HostLoad::from_header(refused.header("endpoint-load-metrics")).unwrap();
        (load.named_metrics.tokens_per_second > 0.0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cold_model_is_loaded_once_for_a_hundred_callers_and_then_kept() {
    let running = Running::start(&[]).await;
    assert_eq!(running.service.registry.loads(), 2);
    let body = r#"{"candidates":["a cat"],"references":["the cat"],"num_layers":2}"#;
    let answers = join_all((0..100).map(|_| running.post("/bertscore", body))).await;
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    assert_eq!(running.service.registry.loads(), 3);
    let known = format!(r#"{{"texts":["a"],"model":"sentence-transformers/{MINILM}"}}"#);
    let response = embeddings(&running.post("/embed", &known).await);
    assert_eq!(response.model, format!("sentence-transformers/{MINILM}"));
    assert_eq!(running.service.registry.loads(), 3);
    let info = running.get("/info").await.json();
    assert_eq!(info["loaded_models"], json!([format!("bertscore:{MINILM}"), format!("embed:{MINILM}")]));
    assert_eq!(info["models"].as_array().unwrap().len(), 3);
    assert_eq!((&info["pytorch_version"], &info["vram_total_mb"]), (&json!("2.11.0"), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_know_paraphrases_layers_and_the_best_of_several_references() {
    let running = Running::start(&[]).await;
    let score = async |body: Value| running.post("/bertscore", &body.to_string()).await.json();
    let (near, far) = ("A cat sat on the mat.", "Interest rates rose again.");
    let single = score(
        json!({"candidates": [near, near, "", "x ".repeat(600)], "references": [near, far, near, far], "lang": "EN"}),
    )
    .await;
    assert_eq!(single["model"], MINILM, "English is what the default model is for");
    assert_eq!((&single["num_layers"], &single["truncated"]), (&json!(6), &json!([3])));
    let f1 = numbers(&single["f1"]);
    assert!((f1[0] - 1.0).abs() < 1e-5 && f1[1] < 0.6 && f1[2] == 0.0, "{f1:?}");
    let several =
        score(json!({"candidates": [near, far], "references": [[far, near], [near]], "num_layers": 5})).await;
    assert_eq!(several["num_layers"], 5);
    let f1 = numbers(&several["f1"]);
    assert!((f1[0] - 1.0).abs() < 1e-5 && f1[1] < 0.7, "{f1:?}");
    let one = score(json!({"candidates": [near], "references": [near], "idf": true})).await;
    assert_eq!(numbers(&one["f1"]), [0.0], "one reference leaves nothing to weigh");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_pairs_over_few_texts_are_encoded_once_and_scored_in_order() {
    let running = Running::start(&["--max-batch-tokens", "128"]).await;
    let texts: Vec<String> = (0..20).map(|index| format!("text {index} {}", "more ".repeat(index))).collect();
    let cross = |of: fn(usize) -> usize| (0..400).map(|pair| texts[of(pair)].clone()).collect::<Vec<_>>();
    let body =
        json!({"candidates": cross(|pair| pair / 20), "references": cross(|pair| pair % 20)}).to_string();
    let answer = running.post("/bertscore", &body).await.json();
    let (precision, recall) = (numbers(&answer["precision"]), numbers(&answer["recall"]));
    for (pair, precision) in precision.iter().enumerate() {
        let mirrored = (pair % 20) * 20 + pair / 20;
        assert!((precision - recall[mirrored]).abs() < 1e-5, "pair {pair}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scores_are_rescaled_by_the_published_baseline_of_the_models_name() {
    // MiniLM under the name of a model that has a baseline: the table knows a model by its name alone.
    let folder = support::renamed(MINILM, "google-bert/bert-base-uncased");
    let running = Running::start(&["--model-path", folder.path().to_str().unwrap()]).await;
    let (near, far) = ("A cat sat on the mat.", "Interest rates rose again.");
    let score = async |rescale: bool| {
        let body = json!({
            "candidates": [near, near, ""], "references": [[near], [far, "The cat sat."], [near]], "lang": "EN", "num_layers": 5,
            "model_type": "google-bert/bert-base-uncased", "rescale_with_baseline": rescale,
        });
        let answer = running.post("/bertscore", &body.to_string()).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    };
    let (plain, rescaled) = (score(false).await, score(true).await);
    let baselines = [("precision", 0.401_823_2), ("recall", 0.401_791), ("f1", 0.400_329)];
    for (name, baseline) in baselines {
        for (plain, rescaled) in numbers(&plain[name]).into_iter().zip(numbers(&rescaled[name])) {
            let expected = (plain - baseline) / (1.0 - baseline);
            assert!((rescaled - expected).abs() < 1e-5, "{name}: {rescaled} is not {expected}");
        }
    }
    assert!(
        numbers(&rescaled["f1"])[2] < -0.6,
        "an empty text is below what unrelated texts score: {rescaled}"
    );
}
