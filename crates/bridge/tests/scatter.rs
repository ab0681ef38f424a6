//! Large calls over several hosts: nothing lost, everything in order, at the hosts' speeds together.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use gpu_bridge_core::protocol::{BertScoreRequest, EmbedRequest, References, Vectors};
use gpu_bridge_core::{Bridge, CallOptions, Error, HostHealth, OnProgress, TransportError};
use serde_json::json;
use support::service::{Service, numbered, tokens};
use support::*;
use tokio::time::Instant;

const PATIENT: u64 = 3_600_000;

fn request(texts: Vec<String>) -> EmbedRequest {
    EmbedRequest { texts, ..Default::default() }
}

async fn embed(bridge: &Bridge, texts: Vec<String>) -> Result<Vectors, Error> {
    bridge.embed(request(texts), within(PATIENT)).await
}

/// Every vector is that of its text.
fn check_order(vectors: &Vectors, count: usize) {
    assert_eq!(vectors.len(), count);
    let numbers = vectors.data.chunks(2).map(|vector| vector[0] as usize);
    assert!(numbers.eq(0..count), "the vectors are out of order");
}

fn share(fleet: &Fleet, host: usize) -> usize {
    fleet.hosts_asked("/embed").iter().filter(|&&asked| asked == host).count()
}

fn steady(speeds: [f64; 3]) -> Vec<Host> {
    speeds.into_iter().map(|speed| Service::new(speed).host()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_large_call_is_spread_and_comes_back_in_order() {
    let fleet = Fleet::new(steady([1e3, 4e3, 7e3]));
    let bridge = fleet.bridge(&json!({}));
    let mut texts = numbered(4_000, 40);
    texts[5].push_str("cut");
    texts[3_999].push_str("cut");
    let tokens: f64 = texts.iter().map(|text| tokens(text)).sum();
    let vectors = embed(&bridge, texts).await.unwrap();
    check_order(&vectors, 4_000);
    assert_eq!(vectors.truncated, [5, 3_999]);
    assert_eq!(vectors.usage.tokens, tokens as u64);
    assert!((0..3).all(|host| share(&fleet, host) > 0), "{:?}", fleet.hosts_asked("/embed"));
    assert!(bridge.hosts().iter().all(|host| host.in_flight == 0 && host.failures == 0));
}

/// Seconds for a call of so many tokens, and the bridge's seconds for it.
async fn timed(hosts: Vec<Host>, count: usize) -> (f64, f64) {
    let fleet = Fleet::new(hosts);
    let bridge = fleet.bridge(&json!({}));
    let texts = numbered(count, 200);
    let tokens: f64 = texts.iter().map(|text| tokens(text)).sum();
    let begun = Instant::now();
    check_order(&embed(&bridge, texts).await.unwrap(), count);
    (tokens, begun.elapsed().as_secs_f64())
}

#[tokio::test(start_paused = true)]
async fn three_unequal_hosts_give_98_percent_of_their_sum() {
    let (tokens, seconds) = timed(steady([2e3, 8e3, 14e3]), 20_000).await;
    let achieved = tokens / 24e3 / seconds;
    assert!(achieved >= 0.98, "{achieved}");
}

#[tokio::test(start_paused = true)]
async fn when_the_fastest_drops_to_30_percent_the_rest_make_up_for_it() {
    for drop_at in [10, 20, 30] {
        let mut hosts = steady([2e3, 8e3, 14e3]);
        let falls = move |at: Duration| if at.as_secs() < drop_at { 14e3 } else { 0.3 * 14e3 };
        hosts[2] = Service::on(Device::new(falls)).host();
        let (tokens, seconds) = timed(hosts, 20_000).await;
        let before = drop_at as f64;
        let oracle = before + (tokens - before * 24e3) / (10e3 + 0.3 * 14e3);
        let achieved = oracle / seconds;
        assert!(achieved >= 0.97, "drop after {drop_at} s: {achieved}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_small_call_goes_to_one_host_whole() {
    let fleet = Fleet::new(steady([1e6, 1e6, 1e6]));
    let bridge = fleet.bridge(&json!({}));
    for _ in 0..3 {
        check_order(&embed(&bridge, numbered(100, 40)).await.unwrap(), 100);
    }
    assert_eq!(fleet.hosts_asked("/embed"), [0, 1, 2]);
}

#[tokio::test(start_paused = true)]
async fn a_batch_larger_than_a_host_takes_is_split_whether_it_says_so_or_not() {
    for says_limits in [true, false] {
        let service = Service { most: 30, says_limits, ..Service::new(1e6) };
        let fleet = Fleet::new(vec![service.host()]);
        let bridge = fleet.bridge(&json!({}));
        bridge.start();
        tokio::time::sleep(ms(2_000)).await;
        check_order(&embed(&bridge, numbered(100, 10)).await.unwrap(), 100);
        let asked = fleet.hosts_asked("/embed").len();
        assert!(if says_limits { asked == 4 } else { asked <= 8 }, "{asked} requests");
        assert_eq!((bridge.hosts()[0].health, bridge.hosts()[0].failures), (HostHealth::Healthy, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hosts_take_in_small_pieces_only_is_spread_whatever_its_size() {
    let service = Service { most: 5, ..Service::new(1e6) };
    let fails = service.clone();
    let fails: Host = Box::new(move |request, _| match request.url.path() {
        "/embed" => Reaction::Reply(ms(10), refusal(500, "inference_failed")),
        _ => fails.react(request),
    });
    let fleet = Fleet::new(vec![fails, service.host()]);
    let bridge = fleet.bridge(&json!({ "retries": { "budgetPercent": 0 } }));
    bridge.start();
    tokio::time::sleep(ms(2_000)).await;
    check_order(&embed(&bridge, numbered(200, 10)).await.unwrap(), 200);
    assert!(share(&fleet, 0) <= 6, "{} slices were lost at once", share(&fleet, 0));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_cut_is_offered_to_a_host_that_may_take_it() {
    let service = Service { most: 190, says_limits: false, ..Service::new(1e5) };
    let fleet = Fleet::new(vec![service.host()]);
    let bridge = fleet.bridge(&json!({}));
    check_order(&embed(&bridge, numbered(191, 10)).await.unwrap(), 191);
    let scores = bridge.bertscore(pairs_of(150, true), within(PATIENT)).await.unwrap();
    assert_eq!(scores.f1.len(), 150, "95 is only a guess of what the host takes");
}

#[tokio::test(start_paused = true)]
async fn a_call_may_be_bounded_and_a_slice_is_refused_by_the_calls_index() {
    let refuses = || -> Host {
        Box::new(|request, _| {
            let body: EmbedRequest = serde_json::from_slice(&request.body).unwrap_or_default();
            match body.texts.iter().position(|text| text.starts_with("3500 ")) {
                None => Service::new(1e5).react(request),
                Some(at) => {
                    let detail = format!("`texts[{at}]` has 60 characters and the limit is 50.");
                    let refusal =
                        json!({ "detail": detail, "code": "text_too_long", "field": format!("texts[{at}]") });
                    Reaction::Reply(ms(1), reply(413, &refusal))
                }
            }
        })
    };
    let fleet = Fleet::new(vec![refuses(), refuses()]);
    let bridge = fleet.bridge(&json!({ "limits": { "maxBatchSize": 4_000 } }));
    let error = embed(&bridge, numbered(4_001, 40)).await.unwrap_err();
    assert_eq!((error.code(), fleet.hosts_asked("/embed").len()), ("invalid_input", 0));
    let error = embed(&bridge, numbered(4_000, 40)).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("invalid_input", Some(413)));
    assert!(error.to_string().contains("`texts[3500]`"), "{error}");
    assert_eq!((bridge.hosts()[0].in_flight, fleet.open()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_death_of_a_host_in_mid_call_loses_nothing() {
    let service = Service::new(7e3);
    let dies: Host = Box::new(move |request, at| match at.as_secs() {
        0..3 => service.react(request),
        _ => Reaction::Fail(ms(0), TransportError::Unreachable("refused".to_owned())),
    });
    let mut hosts = steady([1e3, 4e3, 0.0]);
    hosts[2] = dies;
    let fleet = Fleet::new(hosts);
    let bridge = fleet.bridge(&json!({ "retries": { "budgetPercent": 0 } }));
    check_order(&embed(&bridge, numbered(6_000, 40)).await.unwrap(), 6_000);
    assert!(share(&fleet, 2) > 2);
}

#[tokio::test(start_paused = true)]
async fn a_host_with_another_model_is_left_out() {
    let other = Service { fingerprint: Some("f2"), ..Service::new(1e3) };
    let fleet = Fleet::new(vec![other.host(), Service::new(9e3).host(), Service::new(9e3).host()]);
    let bridge = fleet.bridge(&json!({}));
    check_order(&embed(&bridge, numbered(4_000, 40)).await.unwrap(), 4_000);
    let before = share(&fleet, 0);
    assert!((1..=2).contains(&before), "{before} slices");
    check_order(&embed(&bridge, numbered(4_000, 40)).await.unwrap(), 4_000);
    assert_eq!(share(&fleet, 0), before, "it is known by now");
}

#[tokio::test(start_paused = true)]
async fn where_no_host_of_the_same_model_is_left_the_error_names_the_hosts() {
    let service = Service::new(9e3);
    let dies: Host = Box::new(move |request, at| match at.as_secs() {
        0..2 => service.react(request),
        _ => Reaction::Fail(ms(0), TransportError::Unreachable("refused".to_owned())),
    });
    let other = Service { fingerprint: Some("f2"), ..Service::new(1e3) };
    let fleet = Fleet::new(vec![dies, other.host()]);
    let error = embed(&fleet.bridge(&json!({})), numbered(20_000, 40)).await.unwrap_err();
    assert_eq!(error.code(), "model_mismatch");
    for word in ["gpu-1", "gpu-2", "f1", "f2"] {
        assert!(error.to_string().contains(word), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn hosts_of_0_2_work_together_and_not_with_later_ones() {
    let old = |speed| Service { fingerprint: None, ..Service::new(speed) };
    let fleet = Fleet::new(vec![old(3e3).host(), old(5e3).host()]);
    let vectors = embed(&fleet.bridge(&json!({})), numbered(4_000, 40)).await.unwrap();
    check_order(&vectors, 4_000);
    assert!(share(&fleet, 0) > 2 && share(&fleet, 1) > 2);

    let fleet = Fleet::new(vec![old(1e3).host(), Service::new(5e3).host()]);
    check_order(&embed(&fleet.bridge(&json!({})), numbered(4_000, 40)).await.unwrap(), 4_000);
    assert!(share(&fleet, 0) <= 2, "nothing shows that its model is the same");
}

fn pairs_of(count: usize, idf: bool) -> BertScoreRequest {
    let mut request = pairs(0, 0);
    request.candidates = numbered(count, 100);
    request.references = References::Single(numbered(count, 60));
    request.idf = Some(idf);
    request
}

#[tokio::test(start_paused = true)]
async fn bertscore_is_cut_between_blocks_of_64_pairs() {
    let fleet = Fleet::new(steady([1e3, 4e3, 7e3]));
    let bridge = fleet.bridge(&json!({}));
    let scores = bridge.bertscore(pairs_of(2_000, false), within(PATIENT)).await.unwrap();
    let numbers: Vec<_> = (0..2_000).map(|number| number as f32).collect();
    assert_eq!((&scores.precision, &scores.recall), (&numbers, &numbers));
    let offsets = scores.f1.iter().enumerate().map(|(at, &place)| at - place as usize);
    assert!(offsets.clone().all(|begun| begun % 64 == 0), "a slice began within a block");
    assert!(offsets.collect::<std::collections::HashSet<_>>().len() > 5);
    assert_eq!(scores.num_layers, Some(3));
}

#[tokio::test(start_paused = true)]
async fn bertscore_with_document_frequencies_goes_to_one_host_whole() {
    let fleet = Fleet::new(steady([4e3, 4e3, 4e3]));
    let bridge = fleet.bridge(&json!({}));
    let scores = bridge.bertscore(pairs_of(2_000, true), within(PATIENT)).await.unwrap();
    assert_eq!((fleet.hosts_asked("/bertscore").len(), scores.f1[1_999]), (1, 1_999.0));

    let small = Service { most: 100, ..Service::new(1e3) };
    let fleet = Fleet::new(vec![small.clone().host(), small.host()]);
    let error = fleet.bridge(&json!({})).bertscore(pairs_of(200, true), within(PATIENT)).await.unwrap_err();
    assert_eq!((error.code(), error.status(), error.attempts().len()), ("invalid_input", Some(413), 2));
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_for_every_slice_with_its_host() {
    let fleet = Fleet::new(steady([1e3, 4e3, 7e3]));
    let told = Arc::new(Mutex::new(vec![]));
    let seen = Arc::clone(&told);
    let on_progress = OnProgress::new(move |progress| {
        seen.lock().unwrap().push((progress.done, progress.total, progress.host.to_owned()));
    });
    let options = CallOptions { on_progress: Some(on_progress), ..within(PATIENT) };
    fleet.bridge(&json!({})).embed(request(numbered(2_000, 40)), options).await.unwrap();
    let told = told.lock().unwrap();
    assert_eq!(told.len(), fleet.hosts_asked("/embed").len());
    assert!(told.is_sorted_by_key(|(done, ..)| *done) && told.iter().all(|(_, total, _)| *total == 2_000));
    assert_eq!(told.last().unwrap().0, 2_000);
    assert!(["gpu-1", "gpu-2", "gpu-3"].iter().all(|name| told.iter().any(|(.., host)| host == name)));
}

#[tokio::test(start_paused = true)]
async fn an_aborted_or_expired_call_lets_go_of_every_host() {
    let fleet = Fleet::new(steady([1e3, 4e3, 7e3]));
    let bridge = fleet.bridge(&json!({}));
    let options = within(PATIENT);
    let cancel = options.cancel.clone();
    let (result, ()) = tokio::join!(bridge.embed(request(numbered(9_000, 40)), options), async {
        tokio::time::sleep(ms(1_500)).await;
        cancel.cancel();
    });
    assert_eq!(result.unwrap_err().code(), "aborted");
    let error = bridge.embed(request(numbered(9_000, 40)), within(1_500)).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert!(error.to_string().contains("gpu-1, gpu-2, gpu-3 were still at work"), "{error}");
    assert!(bridge.hosts().iter().all(|host| host.in_flight == 0 && host.failures == 0));
    assert_eq!(fleet.open(), 0);
}

/// Does well until it meets one text.
fn wary(status: u16, code: &'static str) -> Host {
    Box::new(move |request, _| {
        let poisoned = String::from_utf8_lossy(&request.body).contains("poison");
        Reaction::Reply(ms(5), if poisoned { refusal(status, code) } else { good(request) })
    })
}

/// What a call says in which one text is too much for every host.
async fn poisoned(status: u16, code: &'static str) -> String {
    let fleet = Fleet::new((0..3).map(|_| wary(status, code)).collect());
    let bridge = fleet.bridge(&json!({}));
    let mut texts = numbered(4_000, 40);
    texts[2_777].push_str("poison");
    let error = embed(&bridge, texts).await.unwrap_err().to_string();
    let fine = numbered(4_000, 40);
    assert_eq!(bridge.embed(request(fine), within(PATIENT)).await.unwrap().len(), 4_000, "after: {error}");
    error
}

#[tokio::test(start_paused = true)]
async fn a_call_that_no_host_can_do_says_which_texts_it_was() {
    let refused = poisoned(413, "body_too_large").await;
    assert!(refused.contains("status 413: No (`texts[2777]`)"), "{refused}");
    let failed = poisoned(500, "inference_failed").await;
    let (_, items) = failed.split_once("gpu-1: status 500: No (`texts[").unwrap();
    let ends: Vec<usize> = items.split(['[', ']']).filter_map(|word| word.parse().ok()).take(2).collect();
    assert!(ends.len() == 2 && (ends[0]..=ends[1]).contains(&2_777), "{failed}");
}
