//! Every bad input gets its status, its code and a sentence that names the value; the next good request works.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

mod support;

use reqwest::Method;
use serde_json::json;
use support::Running;

const GOOD: &str = r#"{"texts":["good"]}"#;

/// Route, body, status, code, field, and what the sentence must contain.
type Case = (&'static str, String, u16, &'static str, Option<&'static str>, &'static str);

fn cases() -> Vec<Case> {
    let long = "ä".repeat(10_001);
    let pairs = |candidates: usize, references: usize| {
        json!({"candidates": vec!["a"; candidates], "references": vec!["b"; references]}).to_string()
    };
    let score = |extra: &str| format!(r#"{{"candidates":["a"],"references":["b"],{extra}}}"#);
    let embed = |extra: &str| format!(r#"{{"texts":["a"],{extra}}}"#);
    vec![
        ("/embed", String::new(), 400, "invalid_json", None, "isn't JSON"),
        ("/embed", "{texts".into(), 400, "invalid_json", None, "line 1 column 2"),
        ("/embed", r#"{"texts":["a"]} trailing"#.into(), 400, "invalid_json", None, "trailing characters"),
        ("/embed", r#"{"texts":["\ud800"]}"#.into(), 400, "invalid_json", None, "hex escape"),
        ("/embed", r#"{"texts":[]}"#.into(), 400, "empty_batch", Some("texts"), "at least one text"),
        (
            "/embed",
            json!({"texts": vec!["a"; 51]}).to_string(),
            413,
            "batch_too_large",
            Some("texts"),
            "51 entries and the limit is 50; split the request, or have GPU_MAX_BATCH_SIZE raised.",
        ),
        (
            "/embed",
            json!({"texts": ["a", long]}).to_string(),
            413,
            "text_too_long",
            Some("texts[1]"),
            "10001 characters and the limit is 10000; shorten the text or split it, or have GPU_MAX_TEXT_LENGTH raised.",
        ),
        ("/embed", " ".repeat(1024 * 1024 + 1), 413, "body_too_large", None, "1048576 bytes"),
        ("/embed", "{}".into(), 422, "invalid_field", Some("texts"), "missing field"),
        ("/embed", "[1]".into(), 422, "invalid_field", None, "The body"),
        ("/embed", r#"{"texts":"a"}"#.into(), 422, "invalid_field", Some("texts"), "expected a sequence"),
        (
            "/embed",
            r#"{"texts":["a",null]}"#.into(),
            422,
            "invalid_field",
            Some("texts[1]"),
            "expected a string",
        ),
        (
            "/embed",
            embed(r#""normalize":"yes""#),
            422,
            "invalid_field",
            Some("normalize"),
            "expected a boolean",
        ),
        (
            "/embed",
            embed(r#""dimensions":0"#),
            422,
            "invalid_field",
            Some("dimensions"),
            "is 0 but the model gives 384",
        ),
        (
            "/embed",
            embed(r#""dimensions":385"#),
            422,
            "invalid_field",
            Some("dimensions"),
            "ask for 1 to 384",
        ),
        ("/embed", embed(r#""prompt_name":"web""#), 422, "invalid_field", Some("prompt_name"), "\"web\""),
        ("/embed", embed(r#""truncate_dim":385"#), 422, "invalid_field", Some("truncate_dim"), "gives 384"),
        (
            "/embed",
            embed(r#""truncate_dim":8,"dimensions":8"#),
            422,
            "invalid_field",
            Some("truncate_dim"),
            "both given",
        ),
        ("/embed", embed(r#""model":"../../etc""#), 422, "invalid_field", Some("model"), "never a path"),
        (
            "/embed",
            embed(r#""model":"nobody/nothing""#),
            404,
            "model_not_found",
            None,
            "There is all-MiniLM-L6-v2",
        ),
        ("/bertscore", pairs(0, 0), 400, "empty_batch", Some("candidates"), "is empty"),
        (
            "/bertscore",
            pairs(2, 3),
            400,
            "length_mismatch",
            Some("references"),
            "2 candidates and 3 references",
        ),
        ("/bertscore", pairs(51, 51), 413, "batch_too_large", Some("candidates"), "51 entries"),
        (
            "/bertscore",
            r#"{"candidates":["a"],"references":[[]]}"#.into(),
            400,
            "empty_batch",
            Some("references"),
            "is empty",
        ),
        (
            "/bertscore",
            r#"{"candidates":["a","b"],"references":[["x"],[]]}"#.into(),
            400,
            "empty_batch",
            Some("references[1]"),
            "is empty",
        ),
        (
            "/bertscore",
            r#"{"candidates":["a"],"references":[1]}"#.into(),
            422,
            "invalid_field",
            Some("references"),
            "a list of texts, or a list of lists",
        ),
        (
            "/bertscore",
            json!({"candidates": ["a"], "references": [["b", long]]}).to_string(),
            413,
            "text_too_long",
            Some("references[0][1]"),
            "10001",
        ),
        ("/bertscore", score(r#""num_layers":7"#), 422, "invalid_field", Some("num_layers"), "has 6 layers"),
        ("/bertscore", score(r#""num_layers":-1"#), 422, "invalid_field", Some("num_layers"), "-1"),
        (
            "/bertscore",
            score(r#""rescale_with_baseline":true,"lang":"en""#),
            422,
            "invalid_field",
            Some("rescale_with_baseline"),
            "No baseline is published for all-MiniLM-L6-v2 in the language `en`; this language has them for albert",
        ),
        (
            "/bertscore",
            score(r#""rescale_with_baseline":true"#),
            422,
            "invalid_field",
            Some("lang"),
            "send one of cs, de, en",
        ),
        ("/bertscore", score(r#""model_type":"a//b""#), 422, "invalid_field", Some("model_type"), "a//b"),
        ("/bertscore", score(r#""lang":"zh""#), 404, "model_not_found", None, "bert-base-chinese"),
        ("/nothing", GOOD.into(), 404, "route_not_found", None, "/nothing"),
        ("/health", GOOD.into(), 405, "method_not_allowed", None, "POST"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_input_is_refused_in_a_sentence_and_harms_nobody() {
    let running = Running::start(&["--max-batch-size", "50", "--max-body-mb", "1"]).await;
    for (route, body, status, code, field, words) in cases() {
        let answer = running.post(route, &body).await;
        let (error, shown) = (answer.json(), body.chars().take(60).collect::<String>());
        assert_eq!(answer.refusal(), (status, code.to_owned()), "{route} {shown}: {error}");
        assert_eq!(error["field"].as_str(), field, "{route} {shown}: {error}");
        let detail = error["detail"].as_str().unwrap();
        assert!(detail.contains(words), "{route} {shown}: {detail}");
        assert!(
            detail.starts_with(|c: char| c.is_uppercase() || "`\"/".contains(c)),
            "no sentence: {detail}"
        );
        assert!(detail.ends_with('.'), "no sentence: {detail}");
        let good = running.post("/embed", GOOD).await;
        assert_eq!(good.status, 200, "after {route} {shown}");
    }
    assert_eq!(running.get("/health").await.status, 200);
    let info = running.get("/info").await.json();
    assert!(!info.to_string().contains("\"error\":\""), "a caller's mistake is told to everybody: {info}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_not_allowed_is_unknown() {
    let running = Running::start(&["--allowed-models", "BAAI/*"]).await;
    let answer = running.post("/embed", r#"{"texts":["a"],"model":"other/model"}"#).await;
    assert_eq!(answer.refusal(), (404, "model_not_found".to_owned()));
    assert!(answer.json()["detail"].as_str().unwrap().contains("BAAI/*"), "{answer:?}");
    assert_eq!(running.post("/embed", GOOD).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_key_and_no_key_get_the_same_answer_before_the_body_is_read() {
    let running = Running::start(&["--api-key", "secret"]).await;
    assert_eq!(running.get("/health").await.status, 200);
    let info = running.get("/info").await.json();
    assert!(!info.to_string().contains("\"error\":\""), "a caller's mistake is told to everybody: {info}");
    let no_key: [(&str, &str); 0] = [];
    let mut bodies = Vec::new();
    for headers in [no_key.as_slice(), &[("x-api-key", "wrong")], &[("authorization", "Basic secret")]] {
        for (method, path) in [(Method::GET, "/info"), (Method::POST, "/embed"), (Method::GET, "/nothing")] {
            let answer = running.send(method, path, headers, "{").await;
            assert_eq!(answer.refusal(), (401, "unauthorized".to_owned()), "{path} {headers:?}");
            bodies.push(answer.body);
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    for headers in [[("x-api-key", "secret")], [("authorization", "Bearer secret")]] {
        assert_eq!(running.send(Method::POST, "/embed", &headers, GOOD).await.status, 200, "{headers:?}");
        assert_eq!(running.send(Method::GET, "/status", &headers, "").await.status, 200, "{headers:?}");
    }
}
