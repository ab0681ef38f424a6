//! What calls promise whatever the hosts do: checked input, cancellation, closing, the fleet's reports.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::time::Duration;

use gpu_bridge_core::protocol::References;
use gpu_bridge_core::{Bridge, CallOptions, Config};
use serde_json::{Value, json};
use support::*;

#[tokio::test(start_paused = true)]
async fn wrong_input_is_sent_nowhere() {
    let fleet = Fleet::new(vec![healthy(1)]);
    let bridge = fleet.bridge(&json!({ "limits": { "maxBatchSize": 3, "maxTextLength": 4 } }));
    let embed = |texts: &[&str]| {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        bridge.embed(
            gpu_bridge_core::protocol::EmbedRequest { texts, ..Default::default() },
            CallOptions::default(),
        )
    };
    let mut nested = pairs(2, 2);
    nested.references = References::Multiple(vec![vec!["x".to_owned()], vec![]]);
    let results = [
        (embed(&[]).await.unwrap_err(), "`texts` is empty"),
        (embed(&["a"; 4]).await.unwrap_err(), "`texts` has 4 entries"),
        (embed(&["four", "fives"]).await.unwrap_err(), "`texts[1]` has 5 characters"),
        (
            bridge.bertscore(pairs(2, 1), CallOptions::default()).await.unwrap_err(),
            "2 entries and `references` 1",
        ),
        (bridge.bertscore(nested, CallOptions::default()).await.unwrap_err(), "`references[1]` is empty"),
    ];
    for (error, words) in results {
        assert_eq!(error.code(), "invalid_input");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(embed(&["日本語字"]).await.is_ok(), "characters are code points, not bytes");
    assert_eq!(fleet.hosts_asked("/embed").len() + fleet.hosts_asked("/bertscore").len(), 1);
    assert_eq!(bridge.hosts()[0].failures, 0);
}

#[tokio::test(start_paused = true)]
async fn without_hosts_calls_say_what_to_configure() {
    let fleet = Fleet::new(vec![]);
    let bridge = Bridge::new(Config::from_json(Value::Null).unwrap(), fleet, 1);
    let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "not_configured");
    assert!(error.to_string().contains("hosts"), "{error}");
}

/// On the real clock, which has gone on by the time that a host is looked for.
#[tokio::test]
async fn a_deadline_that_leaves_no_time_is_said_to_have_passed() {
    let fleet = Fleet::new(vec![healthy(1)]);
    let options = CallOptions { timeout: Some(Duration::from_nanos(1)), ..Default::default() };
    let error = fleet.bridge(&json!({})).embed(texts(1), options).await.unwrap_err();
    assert_eq!((error.code(), error.attempts().len()), ("timeout", 0));
    let message = "The deadline of 0.000000001 s passed before any host could be asked for /embed;";
    assert!(error.to_string().starts_with(message), "{error}");
    assert!(fleet.hosts_asked("/embed").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_deadline_that_passes_between_two_tries_is_told_from_a_host_at_work() {
    let fleet = Fleet::new(vec![dead()]);
    let error = fleet.bridge(&json!({})).embed(texts(1), within(20)).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    let words = "No answer to /embed within 0.02 s: the next try was yet to come; before that, gpu-1: ";
    assert!(error.to_string().starts_with(words), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_aborted_call_ends_at_once_and_lets_go_of_its_host() {
    let fleet = Fleet::new(vec![hanging()]);
    let bridge = fleet.bridge(&json!({}));
    let options = CallOptions::default();
    let cancel = options.cancel.clone();
    let (result, ()) = tokio::join!(bridge.embed(texts(1), options), async {
        tokio::time::sleep(ms(500)).await;
        cancel.cancel();
    });
    assert_eq!(result.unwrap_err().code(), "aborted");
    let host = &bridge.hosts()[0];
    assert_eq!((host.in_flight, host.failures), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn closing_ends_calls_and_health_checks() {
    let fleet = Fleet::new(vec![hanging(), hanging()]);
    let bridge = fleet.bridge(&json!({}));
    let call = tokio::spawn({
        let bridge = bridge.clone();
        async move { bridge.embed(texts(1), CallOptions::default()).await }
    });
    tokio::time::sleep(ms(1_500)).await;
    bridge.close().await;
    assert_eq!(call.await.unwrap().unwrap_err().code(), "closed");
    assert_eq!(bridge.embed(texts(1), CallOptions::default()).await.unwrap_err().code(), "closed");
    let asked = fleet.seen().len();
    tokio::time::sleep(ms(300_000)).await;
    assert_eq!((fleet.seen().len(), fleet.open()), (asked, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_bridge_stops_its_health_checks() {
    let fleet = Fleet::new(vec![healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    bridge.start();
    tokio::time::sleep(ms(200_000)).await;
    let asked = fleet.hosts_asked("/health").len();
    assert!((5..=9).contains(&asked), "{asked} checks in 200 s");
    drop(bridge);
    tokio::time::sleep(ms(200_000)).await;
    assert_eq!(fleet.hosts_asked("/health").len(), asked);
}

#[tokio::test(start_paused = true)]
async fn requests_carry_key_deadline_and_one_id_for_all_attempts() {
    let fleet = Fleet::new(vec![answering(|| refusal(500, "inference_failed")), healthy(1)]);
    let hosts = json!([{ "url": "http://h0", "apiKey": "own" }, { "url": "http://h1" }]);
    let bridge = fleet.bridge(&json!({ "hosts": hosts, "apiKey": "shared" }));
    bridge.embed(texts(1), within(9_000)).await.unwrap();
    let seen: Vec<_> = fleet.seen().into_iter().filter(|seen| seen.path == "/embed").collect();
    let header = |index: usize, name: &str| seen[index].headers[name].to_str().unwrap().to_owned();
    assert_eq!((header(0, "x-api-key"), header(1, "x-api-key")), ("own".to_owned(), "shared".to_owned()));
    assert_eq!(
        (header(0, "x-request-deadline-ms"), header(1, "x-request-deadline-ms")),
        ("9000".to_owned(), "8999".to_owned())
    );
    assert_eq!(header(0, "x-request-id"), header(1, "x-request-id"));
}

#[tokio::test(start_paused = true)]
async fn a_dead_host_is_nested_in_the_reports_of_the_others() {
    let fleet = Fleet::new(vec![dead(), hanging(), healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    let health = serde_json::to_value(bridge.health(CallOptions::default()).await.unwrap()).unwrap();
    assert_eq!((&health["status"], &health["device"]), (&json!("ok"), &json!("cpu")));
    assert_eq!(health["hosts"][0]["error"]["code"], "unreachable");
    assert_eq!(health["hosts"][1]["error"]["code"], "unresponsive");
    assert_eq!(
        health["hosts"][2],
        json!({ "name": "gpu-3", "url": "http://h2", "status": "ok", "device": "cpu" })
    );

    let info = serde_json::to_value(bridge.info(CallOptions::default()).await.unwrap()).unwrap();
    assert_eq!((&info["device_name"], &info["hosts"][2]["device_name"]), (&json!("CPU"), &json!("CPU")));
    let status = serde_json::to_value(bridge.status(CallOptions::default()).await.unwrap()).unwrap();
    assert_eq!(
        (&status["queue"]["max_concurrent"], &status["active_jobs"][0]["host"]),
        (&json!(2), &json!("gpu-3"))
    );
    assert_eq!(status["hosts"][2]["active_jobs"][0]["type"], "embed");
}

#[tokio::test(start_paused = true)]
async fn a_report_fails_only_when_no_host_answers() {
    let fleet = Fleet::new(vec![dead(), dead()]);
    let bridge = fleet.bridge(&json!({}));
    let error = bridge.health(CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.attempts().len()), ("all_hosts_failed", 2));
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_in_camel_case_and_hold_the_reported_load() {
    let loaded: Host = Box::new(|request, _| {
        let mut reply = good(request);
        let load = r#"JSON {"application_utilization":0.5,"mem_utilization":0,"named_metrics":{"queue_tokens":12,"in_flight":3,"tokens_per_second":900}}"#;
        reply.headers.insert("endpoint-load-metrics", load.parse().unwrap());
        Reaction::Reply(ms(1), reply)
    });
    let fleet = Fleet::new(vec![loaded]);
    let bridge = fleet.bridge(&json!({ "apiKey": "s3cret" }));
    bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    bridge.health(CallOptions::default()).await.unwrap();
    let snapshot = serde_json::to_value(bridge.hosts()).unwrap();
    let expected = json!([{
        "name": "gpu-1", "url": "http://h0", "protocol": "gpu-bridge", "health": "healthy", "breaker": "closed",
        "weight": 1.0, "device": "cpu", "inFlight": 0, "requests": 1, "failures": 0,
        "retries": 0, "hedges": 0, "hedgesWon": 0, "tokens": 4, "idleSeconds": 0.002, "memoryUtilization": 0.0,
        "queueInFlight": 3.0, "queueTokens": 12.0, "tokensPerSecond": 900.0, "loadedModels": ["embed:m"],
    }]);
    assert_eq!(snapshot, expected);
}

#[tokio::test(start_paused = true)]
async fn a_host_of_0_2_is_not_given_credit_for_fields_it_ignores() {
    let fleet = Fleet::new(vec![healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    let mut request = texts(1);
    request.normalize = Some(false);
    let error = bridge.embed(request, CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "bad_response");
    assert!(error.to_string().contains("ignores `normalize`"), "{error}");
    let mut request = pairs(1, 1);
    request.idf = Some(true);
    let error = bridge.bertscore(request, CallOptions::default()).await.unwrap_err();
    assert!(error.to_string().contains("ignores `idf`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_configured_models_fill_in_for_absent_ones() {
    let fleet = Fleet::new(vec![healthy(1)]);
    let bridge = fleet.bridge(&json!({ "models": { "embed": "e", "bertscore": "b" } }));
    assert_eq!(bridge.embed(texts(1), CallOptions::default()).await.unwrap().model, "e");
    assert_eq!(bridge.bertscore(pairs(1, 1), CallOptions::default()).await.unwrap().model, "b");
    let mut request = texts(1);
    request.model = Some("own".to_owned());
    assert_eq!(bridge.embed(request, CallOptions::default()).await.unwrap().model, "own");
}

#[tokio::test(start_paused = true)]
async fn scores_that_do_not_fit_the_pairs_are_no_answer() {
    let short = || {
        answering(|| {
            reply(200, &json!({ "precision": [1.0], "recall": [1.0, 1.0], "f1": [1.0, 1.0], "model": "m" }))
        })
    };
    let fleet = Fleet::new(vec![short()]);
    let error = fleet.bridge(&json!({})).bertscore(pairs(2, 2), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "bad_response");
    assert!(error.to_string().contains("`precision` has 1 scores for 2 pairs"), "{error}");
}
