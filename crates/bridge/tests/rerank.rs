//! Reranking over several hosts: the order, the best few, and what happens to answers that can't be.

#![allow(clippy::unwrap_used, reason = "a test that unwraps nothing fails, as it should")]

mod support;

use std::collections::HashSet;

use gpu_bridge_core::protocol::{Document, DocumentText, RerankRequest, RerankResponse};
use gpu_bridge_core::{CallOptions, Error};
use serde_json::{Value, json};
use support::service::{Service, numbered, relevance};
use support::*;

const PATIENT: u64 = 3_600_000;

fn request(documents: Vec<String>) -> RerankRequest {
    let documents = documents.into_iter().map(Document::Bare).collect();
    RerankRequest { query: "q".to_owned(), documents, ..Default::default() }
}

async fn rerank(hosts: Vec<Host>, request: RerankRequest) -> Result<RerankResponse, Error> {
    Fleet::new(hosts).bridge(&json!({})).rerank(request, within(PATIENT)).await
}

/// What a host answers whatever it is asked.
fn saying(results: &Value) -> Host {
    let answer = json!({ "results": results, "model": "m" });
    Box::new(move |request, _| {
        let rerank = request.url.path() == "/rerank";
        Reaction::Reply(ms(1), if rerank { reply(200, &answer) } else { good(request) })
    })
}

fn result(index: usize, score: f64) -> Value {
    json!({ "index": index, "relevance_score": score })
}

fn order(answer: &RerankResponse) -> Vec<usize> {
    answer.results.iter().map(|result| result.index).collect()
}

#[tokio::test(start_paused = true)]
async fn the_best_come_first_and_equals_in_their_order() {
    let scores = || json!([result(3, 0.9), result(1, 0.9), result(2, -0.5), result(0, 0.1)]);
    let documents = || numbered(4, 8);
    let all = rerank(vec![saying(&scores())], request(documents())).await.unwrap();
    assert_eq!(order(&all), [1, 3, 0, 2]);
    assert!(all.results.iter().all(|result| result.document.is_none()));
    for top_n in [1, 3, 9] {
        let few = RerankRequest { top_n: Some(top_n), ..request(documents()) };
        let few = rerank(vec![saying(&scores())], few).await.unwrap();
        assert_eq!(order(&few), order(&all)[..top_n.min(4)]);
    }
}

#[tokio::test(start_paused = true)]
async fn texts_come_back_from_the_caller_and_not_from_the_host() {
    let fleet = Fleet::new(vec![Service::new(1e6).host()]);
    let mut asked = RerankRequest { top_n: Some(2), return_documents: Some(true), ..request(numbered(3, 8)) };
    asked.documents[1] = Document::Wrapped(DocumentText { text: "1 wrapped".to_owned() });
    let texts: Vec<_> = asked.documents.iter().map(|document| document.text().to_owned()).collect();
    let answer = fleet.bridge(&json!({})).rerank(asked, CallOptions::default()).await.unwrap();
    assert_eq!(answer.results.len(), 2);
    for result in &answer.results {
        assert_eq!(result.document.as_ref().unwrap().text, texts[result.index]);
    }
    let seen = fleet.seen().into_iter().find(|seen| seen.path == "/rerank").unwrap();
    let body: Value = serde_json::from_slice(&seen.body).unwrap();
    assert_eq!((body.get("return_documents"), body.get("top_n")), (None, None));
}

#[tokio::test(start_paused = true)]
async fn spread_over_hosts_is_the_same_as_on_one() {
    let mut documents = numbered(3_000, 60);
    documents[7].push_str("cut");
    documents[2_999].push_str("cut");
    let one = rerank(vec![Service::new(1e6).host()], request(documents.clone())).await.unwrap();
    assert_eq!((one.results.len(), &one.truncated), (3_000, &vec![7, 2_999]));
    assert!(one.results.iter().all(|result| result.relevance_score == relevance(result.index as f32)));
    let tied = one.results.iter().map(|result| result.relevance_score.to_bits()).collect::<HashSet<_>>();
    assert!(tied.len() < 3_000, "some documents are equal");

    let fleet = Fleet::new([1e3, 4e3].map(|speed| Service::new(speed).host()).into());
    let bridge = fleet.bridge(&json!({}));
    let spread = bridge.rerank(request(documents.clone()), within(PATIENT)).await.unwrap();
    let shares =
        [0, 1].map(|host| fleet.hosts_asked("/rerank").iter().filter(|&&asked| asked == host).count());
    assert!(shares[0] > 1 && shares[1] > 1, "{shares:?}");
    assert_eq!(
        (&spread.results, &spread.truncated, &spread.model),
        (&one.results, &one.truncated, &one.model)
    );
    assert_eq!(spread.usage.tokens, one.usage.tokens);

    let best = RerankRequest { top_n: Some(10), ..request(documents) };
    let best = bridge.rerank(best, within(PATIENT)).await.unwrap();
    assert_eq!(best.results, one.results[..10]);
}

#[tokio::test(start_paused = true)]
async fn one_model_scores_all_documents_of_a_call() {
    let other = Service { fingerprint: Some("f2"), ..Service::new(1e3) };
    let fleet = Fleet::new(vec![other.host(), Service::new(9e3).host()]);
    let bridge = fleet.bridge(&json!({}));
    let answer = bridge.rerank(request(numbered(4_000, 40)), within(PATIENT)).await.unwrap();
    assert_eq!(answer.results.len(), 4_000);
    let asked = fleet.hosts_asked("/rerank");
    let strange = asked.iter().filter(|&&host| host == 0).count();
    assert!((1..=2).contains(&strange), "{strange} slices of {}", asked.len());
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_none_goes_to_another_host() {
    let good = || json!([result(0, 0.1), result(1, 0.2)]);
    for (bad, words) in [
        (json!([result(0, 0.1)]), "1 results came back for 2 documents"),
        (json!([result(0, 0.1), result(0, 0.2)]), "doesn't name document 1 of 2 once"),
        (json!([result(0, 0.1), result(7, 0.2)]), "doesn't name document 1 of 2 once"),
        (json!([result(0, 0.1), result(1, 1e39)]), "document 1 scores inf"),
    ] {
        let answer = rerank(vec![saying(&bad), saying(&good())], request(numbered(2, 8))).await.unwrap();
        assert_eq!(order(&answer), [1, 0]);
        let error = rerank(vec![saying(&bad)], request(numbered(2, 8))).await.unwrap_err();
        assert_eq!(error.code(), "bad_response");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn another_host_may_have_the_model_or_the_route() {
    for code in ["model_not_found", "route_not_found"] {
        let without: Host = Box::new(move |_, _| Reaction::Reply(ms(1), refusal(404, code)));
        let fleet = Fleet::new(vec![without, Service::new(1e6).host()]);
        fleet.bridge(&json!({})).rerank(request(numbered(3, 8)), CallOptions::default()).await.unwrap();
        assert_eq!(fleet.hosts_asked("/rerank"), [0, 1]);
    }
    let without: Host = Box::new(|_, _| Reaction::Reply(ms(1), refusal(404, "model_not_found")));
    assert_eq!(rerank(vec![without], request(numbered(1, 8))).await.unwrap_err().code(), "model_not_found");
}

#[tokio::test(start_paused = true)]
async fn a_slice_is_refused_by_the_calls_index() {
    let picky = || -> Host {
        Box::new(|request, _| {
            let body: RerankRequest = serde_json::from_slice(&request.body).unwrap_or_default();
            match body.documents.iter().position(|document| document.text().starts_with("3500 ")) {
                None => Service::new(1e5).react(request),
                Some(at) => {
                    let detail = format!("`documents[{at}]` has 60 characters and the limit is 50.");
                    Reaction::Reply(ms(1), reply(413, &json!({ "detail": detail, "code": "text_too_long" })))
                }
            }
        })
    };
    let error = rerank(vec![picky(), picky()], request(numbered(4_000, 40))).await.unwrap_err();
    assert_eq!(error.code(), "invalid_input");
    assert!(error.to_string().contains("`documents[3500]`"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn wrong_input_is_sent_nowhere() {
    let fleet = Fleet::new(vec![Service::new(1e6).host()]);
    let bridge = fleet.bridge(&json!({ "limits": { "maxBatchSize": 3, "maxTextLength": 4 } }));
    let documents = |texts: &[&str]| request(texts.iter().map(|&text| text.to_owned()).collect());
    for (request, words) in [
        (documents(&[]), "`documents` is empty"),
        (documents(&["a"; 4]), "`documents` has 4 entries"),
        (documents(&["four", "fives"]), "`documents[1]` has 5 characters"),
        (RerankRequest { query: "fives".to_owned(), ..documents(&["a"]) }, "`query` has 5 characters"),
        (RerankRequest { top_n: Some(0), ..documents(&["a"]) }, "`top_n` is 0"),
    ] {
        let error = bridge.rerank(request, CallOptions::default()).await.unwrap_err();
        assert_eq!(error.code(), "invalid_input");
        assert!(error.to_string().contains(words), "{error}");
    }
    assert!(fleet.hosts_asked("/rerank").is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_configured_model_fills_in_for_an_absent_one() {
    let fleet = Fleet::new(vec![Service::new(1e6).host()]);
    let bridge = fleet.bridge(&json!({ "models": { "rerank": "r" } }));
    let own = RerankRequest { model: Some("own".to_owned()), ..request(numbered(2, 8)) };
    for (asked, model) in [(request(numbered(2, 8)), "r"), (own, "own")] {
        assert_eq!(bridge.rerank(asked, CallOptions::default()).await.unwrap().model, model);
    }
}
