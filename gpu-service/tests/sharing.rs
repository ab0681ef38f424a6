//! Requests beside each other: progress, fairness, deadlines, callers that go away, a full house.

// Helpers of a test fail it like the test itself.
#![allow(clippy::unwrap_used)]

mod support;

use reqwest::Method;
use serde_json::Value;
use support::{Running, bulk, until};

const SINGLE: &str = r#"{"texts":["one short query"]}"#;

/// Polls `/status` until `found` finds something in it.
async fn watch<T>(running: &Running, found: impl Fn(&Value) -> Option<T>) -> T {
    until(|| async { found(&running.get("/status").await.json()) }).await
}

fn idle(status: &Value) -> Option<()> {
    let queue = &status["queue"];
    let quiet = queue["queued_tokens"] == 0 && queue["in_flight"] == 0;
    (quiet && status["active_jobs"].as_array().is_some_and(Vec::is_empty)).then_some(())
}

#[tokio::test(flavor = "multi_thread")]
async fn status_shows_a_job_moving_and_a_single_query_overtakes_it() {
    let running = Running::start(&[]).await;
    let body = bulk(300, 60);
    let job = running.send(Method::POST, "/embed", &[("x-request-id", "bulk")], &body);
    let beside = async {
        let first = watch(&running, |status| {
            let job = status["active_jobs"].get(0)?.clone();
            (job["progress"].as_f64()? > 0.0).then_some((job, status["queue"].clone()))
        });
        let (job, queue) = first.await;
        let answer = running.post("/embed", SINGLE).await;
        let still = running.get("/status").await.json();
        (job, queue, answer, still)
    };
    let (bulk, (job, queue, single, still)) = tokio::join!(job, beside);
    assert_eq!((bulk.status, single.status), (200, 200));
    assert_eq!((&job["id"], &job["type"], &job["items"]), (&"bulk".into(), &"embed".into(), &300.into()));
    assert_eq!(job["model"], support::MINILM);
    assert!(job["started_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{job}");
    let progress = |job: &Value| job["progress"].as_f64().unwrap();
    assert!(progress(&job) > 0.0 && progress(&job) < 1.0, "{job}");
    assert_eq!(
        (&queue["in_flight"], &queue["max_concurrent"], &queue["available_slots"]),
        (&1.into(), &256.into(), &255.into())
    );
    assert!(
        queue["queued_tokens"].as_u64().unwrap() > 0 && queue["tokens_per_second"].as_f64().unwrap() > 0.0
    );
    let later = &still["active_jobs"][0];
    assert!(
        later["id"] == "bulk" && progress(later) > progress(&job),
        "the query waited for the job: {still}"
    );
    watch(&running, idle).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_past_its_deadline_leaves_the_queue_unserved() {
    let running = Running::start(&[]).await;
    let late = running.send(Method::POST, "/embed", &[("x-request-deadline-ms", "0")], SINGLE).await;
    assert_eq!(late.refusal(), (504, "deadline_exceeded".to_owned()));
    let late =
        running.send(Method::POST, "/embed", &[("x-request-deadline-ms", "1500")], &bulk(400, 200)).await;
    assert_eq!(late.refusal(), (504, "deadline_exceeded".to_owned()));
    assert!(late.json()["detail"].as_str().unwrap().contains("1500 ms"));
    watch(&running, idle).await;
    let bad = running.send(Method::POST, "/embed", &[("x-request-deadline-ms", "soon")], SINGLE).await;
    assert_eq!(bad.refusal(), (422, "invalid_field".to_owned()));
    assert_eq!(running.post("/embed", SINGLE).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_takes_its_work_along() {
    let running = Running::start(&[]).await;
    let request = running.request(Method::POST, "/embed", &[], &bulk(400, 200));
    let caller = tokio::spawn(request.send());
    watch(&running, |status| (status["active_jobs"].get(0)?["progress"].as_f64()? > 0.0).then_some(())).await;
    caller.abort();
    watch(&running, idle).await;
    assert_eq!(running.post("/embed", SINGLE).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_house_says_so_at_once_and_when_to_come_back() {
    let running = Running::start(&["--max-concurrent", "1"]).await;
    let request = running.request(Method::POST, "/embed", &[], &bulk(400, 200));
    let caller = tokio::spawn(request.send());
    watch(&running, |status| (status["queue"]["queued_tokens"].as_u64()? > 0).then_some(())).await;
    let large = " ".repeat(20_000_000);
    assert_eq!(running.post("/embed", &large).await.refusal(), (503, "overloaded".to_owned()));
    let turned_away = running.post("/embed", SINGLE).await;
    assert_eq!(turned_away.refusal(), (503, "overloaded".to_owned()));
    let seconds: u64 = turned_away.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds));
    caller.abort();
    watch(&running, idle).await;
    assert_eq!(running.post("/embed", SINGLE).await.status, 200);
}
