//! What a call does when hosts misbehave.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use gpu_bridge_core::{CallOptions, HostHealth, HostReply};
use serde_json::json;
use support::*;
use tokio::time::Instant;

fn health_of(bridge: &gpu_bridge_core::Bridge) -> Vec<HostHealth> {
    bridge.hosts().iter().map(|host| host.health).collect()
}

#[tokio::test(start_paused = true)]
async fn concurrent_calls_are_spread_evenly() {
    let fleet = Fleet::new(vec![healthy(30), healthy(5), healthy(90)]);
    let bridge = fleet.bridge(&json!({}));
    let calls = (0..99).map(|_| {
        let bridge = bridge.clone();
        tokio::spawn(async move { bridge.embed(texts(1), CallOptions::default()).await.unwrap() })
    });
    for call in calls.collect::<Vec<_>>() {
        call.await.unwrap();
    }
    let counts: Vec<_> = bridge.hosts().iter().map(|host| (host.requests, host.in_flight)).collect();
    assert_eq!(counts, [(33, 0), (33, 0), (33, 0)]);
}

#[tokio::test(start_paused = true)]
async fn weights_set_the_shares() {
    let fleet = Fleet::new(vec![healthy(1), healthy(1)]);
    let hosts = json!([{ "url": "http://h0", "weight": 3 }, { "url": "http://h1" }]);
    let bridge = fleet.bridge(&json!({ "hosts": hosts }));
    for _ in 0..40 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    let counts: Vec<_> = bridge.hosts().iter().map(|host| host.requests).collect();
    assert_eq!(counts, [30, 10]);
}

#[tokio::test(start_paused = true)]
async fn least_busy_leaves_a_slow_host_alone() {
    let fleet = Fleet::new(vec![healthy(1000), healthy(10)]);
    let bridge = fleet.bridge(&json!({ "loadBalancing": "least-busy" }));
    let slow = tokio::spawn({
        let bridge = bridge.clone();
        async move { bridge.embed(texts(1), CallOptions::default()).await }
    });
    tokio::time::sleep(ms(5)).await;
    for _ in 0..20 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    slow.await.unwrap().unwrap();
    assert_eq!(bridge.hosts().iter().map(|host| host.requests).collect::<Vec<_>>(), [1, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_dead_host_fails_no_call_and_is_soon_left_out() {
    let fleet = Fleet::new(vec![dead(), healthy(10)]);
    let bridge = fleet.bridge(&json!({}));
    for _ in 0..50 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    assert!(fleet.hosts_asked("/embed").iter().filter(|&&host| host == 0).count() <= 5);
    assert_eq!(health_of(&bridge), [HostHealth::Unhealthy, HostHealth::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn a_host_that_fails_two_of_three_requests_is_left_out() {
    let count = AtomicUsize::new(0);
    let flaky: Host = Box::new(move |request, _| match request.url.path() {
        "/embed" if count.fetch_add(1, Ordering::SeqCst) % 3 != 2 => {
            Reaction::Reply(ms(1), refusal(500, "inference_failed"))
        }
        _ => Reaction::Reply(ms(1), good(request)),
    });
    let fleet = Fleet::new(vec![flaky, healthy(1)]);
    let bridge = fleet.bridge(&json!({ "retries": { "budgetPercent": 100 } }));
    for _ in 0..200 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    assert_eq!(health_of(&bridge), [HostHealth::Unhealthy, HostHealth::Healthy]);
    assert!((20..25).contains(&bridge.hosts()[0].requests), "{}", bridge.hosts()[0].requests);
}

#[tokio::test(start_paused = true)]
async fn the_death_of_a_host_with_many_calls_in_flight_fails_none() {
    let dies: Host = Box::new(|request, at| {
        let lost = || gpu_bridge_core::TransportError::ConnectionLost("reset".to_owned());
        match at.as_secs() {
            0..2 if request.url.path() == "/embed" => Reaction::Fail(ms(2_000) - at, lost()),
            0..2 => Reaction::Reply(ms(1), good(request)),
            _ => Reaction::Fail(ms(0), lost()),
        }
    });
    let fleet = Fleet::new(vec![dies, healthy(2_000)]);
    let bridge = fleet.bridge(&json!({}));
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let bridge = bridge.clone();
            tokio::spawn(async move { bridge.embed(texts(1), CallOptions::default()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(fleet.hosts_asked("/embed").len(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_restarted_host_gets_work_again_within_seconds() {
    let restarted: Host = Box::new(|request, at| match at.as_secs() {
        0..300 => Reaction::Fail(ms(0), gpu_bridge_core::TransportError::Unreachable("refused".to_owned())),
        _ => Reaction::Reply(ms(1), good(request)),
    });
    let fleet = Fleet::new(vec![restarted, healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    bridge.start();
    tokio::time::sleep(ms(307_000)).await;
    let mut shares = vec![];
    for second in [0, 3, 12] {
        tokio::time::sleep(ms(second * 1_000)).await;
        let before = bridge.hosts()[0].requests;
        for _ in 0..200 {
            bridge.embed(texts(1), CallOptions::default()).await.unwrap();
        }
        shares.push(bridge.hosts()[0].requests - before);
    }
    assert!(0 < shares[0] && shares[0] < shares[1] && shares[1] < shares[2], "it starts slowly: {shares:?}");
    assert_eq!(shares[2], 100);
}

#[tokio::test(start_paused = true)]
async fn health_checks_are_spread_at_random_about_their_interval() {
    let fleet = Fleet::new(vec![healthy(1), healthy(1), dead()]);
    let bridge = fleet.bridge(&json!({}));
    bridge.start();
    tokio::time::sleep(ms(3_600_000)).await;
    let gaps = |host: usize| -> Vec<f64> {
        let checks: Vec<_> =
            fleet.seen().into_iter().filter(|seen| seen.host == host && seen.path == "/health").collect();
        checks.windows(2).map(|two| (two[1].at - two[0].at).as_secs_f64()).collect()
    };
    for (host, interval) in [(0, 30.0), (1, 30.0), (2, 5.0)] {
        let gaps = gaps(host);
        let within = 0.79 * interval..1.21 * interval;
        assert!(gaps.iter().all(|gap| within.contains(gap)), "host {host}: {gaps:?}");
        let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
        assert!((mean / interval - 1.0).abs() < 0.05, "host {host}: {mean} s on average");
        let wide =
            gaps.iter().any(|gap| *gap < 0.9 * interval) && gaps.iter().any(|gap| *gap > 1.1 * interval);
        assert!(wide, "host {host} is checked in step: {gaps:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hanging_host_costs_seconds_and_not_the_deadline() {
    let fleet = Fleet::new(vec![hanging(), healthy(10)]);
    let bridge = fleet.bridge(&json!({}));
    let begun = Instant::now();
    let calls: Vec<_> = (0..16)
        .map(|_| {
            let bridge = bridge.clone();
            tokio::spawn(async move { bridge.embed(texts(1), CallOptions::default()).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert!(begun.elapsed() < ms(6_500), "{:?}", begun.elapsed());
    assert!(fleet.hosts_asked("/health").len() < 8, "checks are shared");
    let begun = Instant::now();
    bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    assert!(begun.elapsed() < ms(100), "the host is known to hang");
}

#[tokio::test(start_paused = true)]
async fn long_work_is_waited_for_while_the_host_answers_its_health() {
    let slow: Host = Box::new(|request, _| {
        let after = if request.url.path() == "/embed" { 40_000 } else { 1 };
        Reaction::Reply(ms(after), good(request))
    });
    let fleet = Fleet::new(vec![slow, healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    assert_eq!(fleet.hosts_asked("/embed"), [0]);
}

#[tokio::test(start_paused = true)]
async fn the_last_host_is_waited_for_until_the_deadline() {
    let fleet = Fleet::new(vec![hanging()]);
    let bridge = fleet.bridge(&json!({ "timeout": 45 }));
    let begun = Instant::now();
    let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.host(), begun.elapsed().as_secs()), ("timeout", Some("gpu-1"), 45));
    assert_eq!(bridge.hosts()[0].in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn a_parked_host_is_left_alone_and_another_asked_at_once() {
    let fleet = Fleet::new(vec![answering(|| parked(20)), healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    let begun = Instant::now();
    for _ in 0..20 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    assert!(begun.elapsed() < ms(100));
    assert_eq!(fleet.hosts_asked("/embed").iter().filter(|&&host| host == 0).count(), 1);
    assert_eq!(health_of(&bridge), [HostHealth::Parked, HostHealth::Healthy]);
    assert_eq!(bridge.hosts()[0].failures, 0);
}

#[tokio::test(start_paused = true)]
async fn when_all_are_parked_the_first_to_return_is_waited_for() {
    let busy_until = |second: u64, pause: u64| -> Host {
        Box::new(move |request, at| {
            let busy = at.as_secs() < second && request.url.path() == "/embed";
            Reaction::Reply(ms(1), if busy { parked(pause) } else { good(request) })
        })
    };
    let fleet = Fleet::new(vec![busy_until(9, 30), busy_until(4, 5)]);
    let bridge = fleet.bridge(&json!({}));
    let begun = Instant::now();
    bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    assert!((5_000..5_200).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    assert_eq!(fleet.hosts_asked("/embed"), [0, 1, 1]);
}

/// It stops, is gone for two seconds, and is started again.
fn restarting() -> Host {
    Box::new(|request, at| match at.as_secs() {
        0 => Reaction::Reply(ms(1), stopping()),
        1 | 2 => Reaction::Fail(ms(0), unreachable()),
        _ => Reaction::Reply(ms(1), good(request)),
    })
}

fn stopping() -> HostReply {
    let mut reply = refusal(503, "draining");
    reply.headers.insert("retry-after", 30.into());
    reply
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_is_restarted_at_once_fails_no_call_and_serves_them_when_it_is_back() {
    let fleet = Fleet::new(vec![restarting(), restarting()]);
    let bridge = fleet.bridge(&json!({}));
    bridge.start();
    let begun = Instant::now();
    let early = bridge.embed(texts(1), CallOptions::default());
    let late = async {
        tokio::time::sleep(ms(1_500)).await;
        bridge.embed(texts(1), CallOptions::default()).await
    };
    let (early, late) = tokio::join!(early, late);
    early.and(late).unwrap();
    assert!(begun.elapsed() < ms(12_000), "{:?}", begun.elapsed());
}

/// After two seconds it stops, asking for 30 s; it is gone for two, does for two what one that isn't up yet does, and is
/// well.
fn restarting_by(not_yet: fn() -> Reaction) -> Host {
    Box::new(move |request, at| match (at.as_secs(), request.url.path()) {
        (2 | 3, "/embed") => Reaction::Reply(ms(1), stopping()),
        (2 | 3, _) => Reaction::Reply(ms(1), health("draining")),
        (4 | 5, _) => Reaction::Fail(ms(0), unreachable()),
        (6 | 7, _) => not_yet(),
        _ => Reaction::Reply(ms(1), good(request)),
    })
}

/// What `/health` of a host that isn't well says.
fn health(status: &str) -> HostReply {
    reply(503, &json!({ "status": status, "device": "cpu" }))
}

/// For how long such a host, beside another one, has no work when it is back.
async fn idle_after_restart(not_yet: fn() -> Reaction, interval: u64) -> Duration {
    let (back, fleet) = (ms(8_000), Fleet::new(vec![restarting_by(not_yet), healthy(1)]));
    let bridge = fleet.bridge(&json!({ "healthCheckIntervalSeconds": interval }));
    let served = |seen: &Seen| seen.host == 0 && seen.path == "/embed" && seen.at >= back;
    loop {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
        if let Some(first) = fleet.seen().into_iter().find(served) {
            return first.at - back;
        }
        tokio::time::sleep(ms(20)).await;
    }
}

/// However it comes back, and however rarely hosts are checked that are well; else it would be the 30 s that it asked for.
#[tokio::test(start_paused = true)]
async fn the_pause_of_a_host_that_stops_ends_with_its_process() {
    let gone: fn() -> Reaction = || Reaction::Fail(ms(0), unreachable());
    let starting: fn() -> Reaction = || Reaction::Reply(ms(1), health("starting"));
    for (interval, at_most) in [(1, 3_000), (30, 7_000)] {
        for (word, not_yet) in [("gone", gone), ("starting", starting)] {
            let idle = idle_after_restart(not_yet, interval).await;
            assert!(idle < ms(at_most), "{word}, checked every {interval} s: {idle:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_deadline_ends_the_call_at_once() {
    let fleet = Fleet::new(vec![answering(|| parked(60)), answering(|| parked(50))]);
    let bridge = fleet.bridge(&json!({}));
    let begun = Instant::now();
    let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert!(begun.elapsed() < ms(100));
    assert_eq!((error.code(), error.status()), ("overloaded", Some(503)));
    assert_eq!(error.retry_after().unwrap().as_secs(), 50);
    assert_eq!(error.attempts().len(), 2);
    let again = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert_eq!(
        (again.code(), fleet.hosts_asked("/embed").len()),
        ("overloaded", 2),
        "nobody was asked again"
    );
    let told = again.to_string();
    assert!(
        ["gpu-1: status 503", "gpu-2: status 503", "50"].iter().all(|words| told.contains(words)),
        "{told}"
    );
    assert!(again.attempts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_says_zero_is_not_hammered() {
    let fleet = Fleet::new(vec![answering(|| parked(0))]);
    let bridge = fleet.bridge(&json!({}));
    let error = bridge.embed(texts(1), within(2_000)).await.unwrap_err();
    assert_eq!(error.code(), "overloaded");
    assert!(fleet.hosts_asked("/embed").len() <= 11, "{}", fleet.hosts_asked("/embed").len());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_key_is_found_shown_and_tried_again_on_the_interval() {
    let locked_for_a_minute: Host = Box::new(|request, at| {
        let locked = at.as_secs() < 60 && request.url.path() != "/health";
        Reaction::Reply(ms(1), if locked { refusal(401, "unauthorized") } else { good(request) })
    });
    let fleet = Fleet::new(vec![locked_for_a_minute, healthy(1)]);
    let bridge = fleet.bridge(&json!({ "apiKey": "s3cret" }));
    bridge.start();
    tokio::time::sleep(ms(2_000)).await;
    assert_eq!(health_of(&bridge), [HostHealth::Unauthorized, HostHealth::Healthy]);
    let report = bridge.health(CallOptions::default()).await.unwrap();
    assert_eq!(report.hosts[0].error.as_ref().unwrap().code, "unauthorized");
    for _ in 0..4 {
        bridge.embed(texts(1), CallOptions::default()).await.unwrap();
    }
    assert_eq!(fleet.hosts_asked("/embed"), [1; 4]);
    tokio::time::sleep(ms(100_000)).await;
    assert_eq!(health_of(&bridge), [HostHealth::Healthy, HostHealth::Healthy]);
}

#[tokio::test(start_paused = true)]
async fn when_every_host_refuses_the_key_that_is_the_error() {
    let locked = || answering(|| refusal(401, "unauthorized"));
    let fleet = Fleet::new(vec![locked(), locked()]);
    let bridge = fleet.bridge(&json!({}));
    for _ in 0..3 {
        let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
        assert_eq!((error.code(), error.status(), error.attempts().len()), ("unauthorized", Some(401), 2));
    }
    assert_eq!(bridge.hosts()[0].failures, 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_request_is_sent_once_and_leaves_the_host_healthy() {
    for (status, code) in [(400, "length_mismatch"), (413, "text_too_long"), (422, "invalid_field")] {
        let fleet = Fleet::new(vec![answering(move || refusal(status, code)), healthy(1)]);
        let bridge = fleet.bridge(&json!({}));
        let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
        assert_eq!(
            (error.code(), error.status(), error.host()),
            ("invalid_input", Some(status), Some("gpu-1"))
        );
        assert_eq!(fleet.hosts_asked("/embed"), [0]);
        let host = &bridge.hosts()[0];
        assert_eq!((host.health, host.failures, &host.last_error), (HostHealth::Healthy, 0, &None));
    }
}

#[tokio::test(start_paused = true)]
async fn another_host_may_have_the_model() {
    let without = || answering(|| refusal(404, "model_not_found"));
    let fleet = Fleet::new(vec![without(), healthy(1)]);
    fleet.bridge(&json!({})).embed(texts(1), CallOptions::default()).await.unwrap();
    assert_eq!(fleet.hosts_asked("/embed"), [0, 1]);

    let fleet = Fleet::new(vec![without(), answering(|| refusal(503, "model_unavailable"))]);
    let bridge = fleet.bridge(&json!({}));
    let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.attempts().len()), ("model_not_found", 2));
    assert_eq!(health_of(&bridge), [HostHealth::Healthy; 2], "other models may be there");
}

#[tokio::test(start_paused = true)]
async fn a_host_without_the_model_is_not_asked_for_it_for_a_minute() {
    let without: Host = Box::new(|request, at| {
        let model = serde_json::from_slice::<serde_json::Value>(&request.body);
        let absent = model.is_ok_and(|request| request["model"] == "big") && at.as_secs() < 50;
        Reaction::Reply(ms(1), if absent { refusal(404, "model_not_found") } else { good(request) })
    });
    let fleet = Fleet::new(vec![without, healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    let ask = |model: Option<&str>| {
        let mut request = texts(1);
        request.model = model.map(str::to_owned);
        bridge.embed(request, CallOptions::default())
    };
    for _ in 0..10 {
        ask(Some("big")).await.unwrap();
    }
    assert_eq!(bridge.hosts()[0].requests, 1, "it has said so");
    for _ in 0..10 {
        ask(None).await.unwrap();
    }
    assert_eq!(bridge.hosts()[0].requests, 6, "it serves other models");
    // Until then the other host is preferred, which has it in memory.
    tokio::time::sleep(ms(400_000)).await;
    for _ in 0..10 {
        ask(Some("big")).await.unwrap();
    }
    assert_eq!(bridge.hosts()[0].requests, 11, "it is asked again, and has it now");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_has_the_model_in_memory_is_preferred() {
    let other: Host = Box::new(|request, _| {
        let info = json!({ "device": "cpu", "device_name": "CPU", "pytorch_version": "2.11.0",
                           "loaded_models": ["embed:other"] });
        let is_info = request.url.path() == "/info";
        Reaction::Reply(ms(1), if is_info { reply(200, &info) } else { good(request) })
    });
    let fleet = Fleet::new(vec![other, healthy(1)]);
    let bridge = fleet.bridge(&json!({}));
    bridge.start();
    tokio::time::sleep(ms(2_000)).await;
    let mut asked = vec![];
    for model in ["m", "other", "third"] {
        for _ in 0..10 {
            let mut request = texts(1);
            request.model = Some(model.to_owned());
            bridge.embed(request, CallOptions::default()).await.unwrap();
        }
        asked.push(bridge.hosts()[0].requests);
    }
    assert_eq!(asked[..2], [0, 10]);
    assert!([10, 20].contains(&asked[2]), "the first to load the third one keeps it: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_host_without_the_model_is_asked_where_no_other_is_left() {
    let without = || answering(|| refusal(404, "model_not_found"));
    let fleet = Fleet::new(vec![without(), without()]);
    let bridge = fleet.bridge(&json!({}));
    for _ in 0..3 {
        let error = bridge.embed(texts(1), CallOptions::default()).await.unwrap_err();
        assert_eq!((error.code(), error.attempts().len()), ("model_not_found", 2));
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_loads_is_waited_for_without_parking_the_host() {
    let loading: Host = Box::new(|request, at| {
        let loading = at.as_secs() < 3 && request.url.path() == "/bertscore";
        let mut refusal = refusal(503, "model_loading");
        refusal.headers.insert("retry-after", 2.into());
        Reaction::Reply(ms(1), if loading { refusal } else { good(request) })
    });
    let fleet = Fleet::new(vec![loading]);
    let bridge = fleet.bridge(&json!({ "models": { "bertscore": "big" } }));
    let (scores, vectors) = tokio::join!(
        bridge.bertscore(pairs(2, 2), CallOptions::default()),
        bridge.embed(texts(1), within(100)),
    );
    assert_eq!((scores.unwrap().model.as_str(), vectors.unwrap().len()), ("big", 1));
}

#[tokio::test(start_paused = true)]
async fn an_address_that_leads_elsewhere_is_a_wrong_configuration() {
    let elsewhere = || answering(|| reply(404, &json!({ "detail": "Not Found" })));
    let fleet = Fleet::new(vec![elsewhere()]);
    let error = fleet.bridge(&json!({})).embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert_eq!((error.code(), error.status()), ("invalid_config", Some(404)));
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_something_else_goes_to_another_host() {
    let vectors = |embeddings: serde_json::Value| {
        answering(move || reply(200, &json!({ "embeddings": embeddings, "model": "m", "dimensions": 2 })))
    };
    for wrong in [json!([[1.0, 2.0]]), json!([]), json!([[1.0], [1.0]]), json!([[1.0, null], [1.0, 1.0]])] {
        let fleet = Fleet::new(vec![vectors(wrong), healthy(1)]);
        let bridge = fleet.bridge(&json!({}));
        assert_eq!(bridge.embed(texts(2), CallOptions::default()).await.unwrap().len(), 2);
        assert_eq!((bridge.hosts()[0].failures, fleet.hosts_asked("/embed").len()), (1, 2));
    }
    let fleet = Fleet::new(vec![healthy(1)]);
    let mut request = texts(1);
    request.dimensions = Some(3);
    let error = fleet.bridge(&json!({})).embed(request, CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "bad_response", "a host of 0.2 ignores `dimensions`");
}

#[tokio::test(start_paused = true)]
async fn a_failure_gets_a_second_round_when_no_host_is_left() {
    let count = AtomicUsize::new(0);
    let moody: Host = Box::new(move |request, _| match request.url.path() {
        "/embed" if count.fetch_add(1, Ordering::SeqCst) == 0 => {
            Reaction::Reply(ms(1), refusal(500, "inference_failed"))
        }
        _ => Reaction::Reply(ms(1), good(request)),
    });
    let fleet = Fleet::new(vec![moody]);
    fleet.bridge(&json!({})).embed(texts(1), CallOptions::default()).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn all_hosts_failed_says_who_and_why() {
    let fleet = Fleet::new(vec![dead(), answering(|| refusal(500, "inference_failed"))]);
    let error = fleet.bridge(&json!({})).embed(texts(1), CallOptions::default()).await.unwrap_err();
    assert_eq!(error.code(), "all_hosts_failed");
    assert_eq!(
        error.to_string(),
        "All hosts failed for /embed: gpu-2: status 500: No; gpu-1: can't be reached: connection refused."
    );
    let codes: Vec<_> = error.attempts().iter().map(|attempt| attempt.code.as_str()).collect();
    assert_eq!(codes, ["unreachable", "inference_failed", "inference_failed", "unreachable"]);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_that_fails_gets_few_retries() {
    let failing = || answering(|| refusal(500, "inference_failed"));
    let fleet = Fleet::new(vec![failing(), failing()]);
    let bridge = fleet.bridge(&json!({ "retries": { "budgetPercent": 20 } }));
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let bridge = bridge.clone();
            tokio::spawn(async move { bridge.embed(texts(1), CallOptions::default()).await.is_err() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    let sent = fleet.hosts_asked("/embed").len();
    assert!((255..=270).contains(&sent), "{sent} requests for 200 calls");
}

/// Takes a moment, a little longer for one request in ten, and answers none from then on but stays well.
fn stuck_from(then: Duration) -> Host {
    let count = AtomicUsize::new(0);
    Box::new(move |request, at| {
        let (embed, odd) =
            (request.url.path() == "/embed", count.fetch_add(1, Ordering::SeqCst).is_multiple_of(10));
        match embed && at >= then {
            true => Reaction::Hang,
            false => Reaction::Reply(ms(if odd { 90 } else { 30 }), good(request)),
        }
    })
}

/// Calls without a pause until then.
async fn busy(bridge: gpu_bridge_core::Bridge, until: Instant) -> usize {
    let mut calls = 0;
    while Instant::now() < until {
        bridge.embed(texts(1), within(15_000)).await.unwrap();
        calls += 1;
    }
    calls
}

#[tokio::test(start_paused = true)]
async fn requests_that_a_host_never_answers_are_answered_by_others_though_it_says_that_it_is_well() {
    let never = ms(1_000_000);
    let fleet = Fleet::new(vec![stuck_from(ms(2_500)), stuck_from(never), stuck_from(never)]);
    let bridge = fleet.bridge(&json!({}));
    let until = Instant::now() + ms(18_000);
    let callers: Vec<_> = (0..16).map(|_| tokio::spawn(busy(bridge.clone(), until))).collect();
    for caller in callers {
        assert!(caller.await.unwrap() > 50);
    }
}
